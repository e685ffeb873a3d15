"""What Git knows of a folder without reading its files: the commit it stands on, and which paths differ from it."""

import subprocess
from pathlib import Path
from typing import NamedTuple

from taxonomy_schema.errors import TreeError
from taxonomy_schema.gitio import git, quiet_environment
from taxonomy_schema.kinds import ROOTS

_STATUS = (
    "status",
    "--porcelain=v2",
    "--branch",
    "-z",
    "--no-renames",
    "--untracked-files=all",
    "--ignored=traditional",
    "--",
)


class GitState(NamedTuple):
    """`head` is empty before the first commit; `dirty` are paths that differ from it, are new, or are ignored."""

    head: str
    dirty: frozenset[str]


class Asked:
    """`git status` under way, so that this process can get ready meanwhile."""

    def __init__(self, root: Path) -> None:
        """Start it; a folder that is no repository's top is not asked about."""
        self._process: subprocess.Popen[bytes] | None = None
        if not (root / ".git").exists():
            return
        try:
            self._process = subprocess.Popen(
                [
                    "git",
                    "-C",
                    str(root),
                    "-c",
                    "core.fsmonitor=false",
                    *_STATUS,
                    *(f"{one}/" for one in ROOTS),
                ],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                stdin=subprocess.DEVNULL,
                env=quiet_environment(),
            )
        except OSError:
            return

    def answer(self) -> GitState | None:
        """What Git says; `None` where it cannot."""
        if self._process is None:
            return None
        out, _ = self._process.communicate()
        return read_status(out) if self._process.returncode == 0 else None


def read_status(out: bytes) -> GitState:
    """Read `git status --porcelain=v2 --branch -z` of paths that were not renamed."""
    head, dirty = "", set()
    for line in out.split(b"\0"):
        kind, _, rest = line.partition(b" ")
        if kind == b"#" and rest.startswith(b"branch.oid "):
            said = rest[len(b"branch.oid ") :].decode()
            head = "" if said.startswith("(") else said
        elif kind in {b"?", b"!"}:
            dirty.add(rest)
        elif kind == b"1":
            dirty.add(rest.split(b" ", 7)[-1])
        elif kind == b"u":
            dirty.add(rest.split(b" ", 9)[-1])
    return GitState(head, frozenset(path.decode("utf-8", "surrogateescape") for path in dirty))


def changed_between(root: Path, old: str, new: str) -> frozenset[str] | None:
    """Paths under the roots that differ between two commits; `None` if Git cannot tell (any more)."""
    try:
        out = git(root, "diff-tree", "-r", "-z", "--name-only", "--no-renames", old, new, "--", *ROOTS)
    except TreeError:
        return None
    return frozenset(path.decode("utf-8", "surrogateescape") for path in out.split(b"\0") if path)
