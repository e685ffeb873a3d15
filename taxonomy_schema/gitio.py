"""Git's plumbing, read-only: arguments as lists, replies bounded, settings of the machine left out."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final

from taxonomy_schema.errors import TreeError

_CHUNK: Final = 1 << 20
_ENVIRONMENT: Final = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
}


def quiet_environment() -> dict[str, str]:
    """The process's own environment without what would point Git at another repository or at settings of the caller."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, **_ENVIRONMENT}


def git(repository: Path, *arguments: str) -> bytes:
    """Standard output of one Git command.

    Raises:
        TreeError: Git is not there, or the command failed; the message holds Git's own words.

    """
    try:
        done = subprocess.run(
            ["git", "-C", str(repository), *arguments],
            capture_output=True,
            check=False,
            env=quiet_environment(),
        )
    except OSError as error:
        raise TreeError(f"Git could not be started ({error}). Install Git and put it on the PATH.") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise TreeError(f"git {arguments[0]} failed in {repository}: {said[-1] if said else done.returncode}")
    return done.stdout


def resolve(repository: Path, commit: str) -> str:
    """The full id of a commit given by id or name.

    Raises:
        TreeError: there is no such commit, or no repository.

    """
    try:
        out = git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}")
    except TreeError as error:
        git_dir_of(repository)
        raise TreeError(
            f"{repository.absolute()} has no commit {commit!r}. Fetch it, or name another."
        ) from error
    return out.decode().strip()


def git_dir_of(folder: Path) -> Path:
    """Where Git keeps the repository that the folder is in.

    Raises:
        TreeError: it is in none.

    """
    try:
        said = git(folder, "rev-parse", "--absolute-git-dir")
    except TreeError as error:
        raise TreeError(
            f"{folder.absolute()} is in no Git repository. Go to a clone of the taxonomy, or name one."
        ) from error
    return Path(os.fsdecode(said.rstrip(b"\n")))


def read_blobs(repository: Path, ids: Sequence[str], limit: int) -> Iterator[bytes]:
    """The content of each blob, in order, cut after `limit` + 1 bytes.

    The ids go in through a file, not a pipe: a pipe on both sides can block when both are full.

    Raises:
        TreeError: an object is missing or Git failed.

    """
    import tempfile  # `graft lint` asks Git for less, and would wait for it

    with tempfile.TemporaryFile() as asked:
        asked.write("".join(f"{one}\n" for one in ids).encode())
        asked.seek(0)
        with subprocess.Popen(
            ["git", "-C", str(repository), "cat-file", "--batch"],
            stdin=asked,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=quiet_environment(),
        ) as process:
            assert process.stdout is not None  # noqa: S101 - asked for above
            for one in ids:
                yield _reply(process.stdout, one, limit, repository)


def _reply(stream: IO[bytes], asked: str, limit: int, repository: Path) -> bytes:
    header = stream.readline().split()
    if len(header) != 3 or header[1] != b"blob":  # noqa: PLR2004 - id, type, size
        raise TreeError(f"{repository} lacks the object {asked}. Fetch the repository again, in full.")
    size = int(header[2])
    kept = stream.read(min(size, limit + 1))
    left = size - len(kept) + 1  # the reply ends with a line feed
    while left > 0:
        skipped = stream.read(min(left, _CHUNK))
        if not skipped:
            raise TreeError(f"Git stopped while reading {asked} from {repository}. Try again.")
        left -= len(skipped)
    return kept
