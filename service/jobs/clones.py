"""Bare clones of the taxonomies. Credentials travel in the environment of one Git process, never in its arguments."""

import fcntl
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from service.errors import GitHubBusy, GitHubFailed, RepositoryMoved
from service.github.client import GitHub
from service.settings import REPOSITORY_NAME, Settings

_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_TIMEOUT_SECONDS = 600
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "https_proxy", "http_proxy", "no_proxy")


def clone_of(settings: Settings, repository: str) -> Path:
    """Where the clone lies; raises ValueError for what is no repository's name (it becomes a path)."""
    if not REPOSITORY_NAME.fullmatch(repository) or ".." in repository:
        raise ValueError(f"{repository!r} is no OWNER/NAME")
    return settings.clones_folder / f"{repository}.git"


def has_commit(clone: Path, commit: str) -> bool:
    if not _COMMIT.fullmatch(commit) or not clone.exists():
        return False
    return _git(clone, "cat-file", "-e", f"{commit}^{{commit}}", check=False).returncode == 0


def read_file(clone: Path, commit: str, path: str) -> bytes | None:
    """A file's bytes at a commit; None when there is no such file."""
    if not has_commit(clone, commit):
        raise GitHubFailed(f"{clone} has no commit {commit}", mend="Fetch first.")
    shown = _git(clone, "cat-file", "blob", f"{commit}:{path}", check=False)
    return shown.stdout if shown.returncode == 0 else None


def make_sure_of(
    settings: Settings, github: GitHub, repository: str, commits: Sequence[str], *, number: int = 0
) -> Path:
    """Have these commits in the clone, fetching the branches and the pull request only when one is missing.

    Raises GitHubBusy when Git could not fetch, RepositoryMoved when that is why, GitHubFailed when a commit is not
    there even then.
    """
    clone = clone_of(settings, repository)
    if not all(has_commit(clone, commit) for commit in commits):
        fetch(settings, github, repository, number=number)
    missing = [commit for commit in commits if not has_commit(clone, commit)]
    if missing:
        raise GitHubFailed(
            f"{repository} has no commit {missing[0]} (any more)",
            mend="A push took it away; the new head counts.",
        )
    return clone


def fetch(settings: Settings, github: GitHub, repository: str, *, number: int = 0) -> Path:
    """Bring all branches, and one pull request's head, up to date."""
    clone = clone_of(settings, repository)
    url, headers = github.clone_url(repository)
    refs = ["+refs/heads/*:refs/heads/*"]
    if number:
        refs.append(f"+refs/pull/{number}/head:refs/graft/pull/{number}")
    with _alone(clone):
        if not (clone / "HEAD").exists():
            _git(None, "init", "--quiet", "--bare", str(clone))
            _git(clone, "config", "gc.auto", "0")  # heads that a push replaced stay readable
        fetched = _git(
            clone,
            *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"),
            *("--", url, *refs),
            check=False,
            environment=_authorised(headers),
        )
    if fetched.returncode != 0:
        _say_if_moved(github, repository)
        said = fetched.stderr.decode(errors="replace").strip().splitlines()
        raise GitHubBusy(f"git fetch from {repository}: {said[-1] if said else 'failed'}", retry_after=30)
    return clone


def _say_if_moved(github: GitHub, repository: str) -> None:
    """Git says of a repository that was renamed no more than that it could not be fetched. Raises RepositoryMoved."""
    try:
        github.find(repository)
    except RepositoryMoved:
        raise
    except GitHubFailed:
        return  # then what Git said is all that is known


def _authorised(headers: dict[str, str]) -> dict[str, str]:
    """Git settings as environment variables: command lines can be read by anybody on the machine.

    No redirect is followed: Git would go on with our headers wherever it was sent.
    """
    options = [("http.followRedirects", "false")]
    options += [("http.extraHeader", f"{name}: {value}") for name, value in headers.items()]
    variables = {"GIT_CONFIG_COUNT": str(len(options))}
    for index, (key, value) in enumerate(options):
        variables[f"GIT_CONFIG_KEY_{index}"] = key
        variables[f"GIT_CONFIG_VALUE_{index}"] = value
    return variables


def _git(
    clone: Path | None, *arguments: str, check: bool = True, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    alone = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    where = ["-C", str(clone)] if clone else []
    try:
        return subprocess.run(
            ["git", *where, *arguments],
            capture_output=True,
            check=check,
            timeout=_TIMEOUT_SECONDS,
            env=kept | alone | {"LC_ALL": "C"} | (environment or {}),
        )
    except subprocess.TimeoutExpired as error:
        raise GitHubBusy(f"git {arguments[0]} took too long", retry_after=60) from error


@contextmanager
def _alone(clone: Path) -> Iterator[None]:
    """One fetch at a time into a clone, over all processes of this machine."""
    clone.parent.mkdir(parents=True, exist_ok=True)
    with clone.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
