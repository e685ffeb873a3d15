"""A bare Git repository, read and written through the `git` command.

Names that come from outside are resolved to commit ids first (`GitRepo.resolve`); only ids reach other commands.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import GitError

ZERO = "0" * 40
_SHA = re.compile(r"[0-9a-f]{40}\Z")
_LOG_FORMAT = "%H%x1f%T%x1f%P%x1f%an%x1f%ae%x1f%aI%x1f%cn%x1f%ce%x1f%cI%x1f%B"
_REPO_SETTINGS = {
    "core.hooksPath": "/dev/null",
    "core.logAllRefUpdates": "false",
    "gc.auto": "0",
    "http.receivepack": "true",
    "receive.hideRefs": "refs/pull",
    "receive.fsckObjects": "true",
    "uploadpack.allowAnySHA1InWant": "true",
    "uploadpack.allowFilter": "true",
}


def git_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment in which no setting of the machine or its user changes what Git does."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        **(extra or {}),
    }


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    date: str


@dataclass(frozen=True)
class CommitData:
    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str


@dataclass(frozen=True)
class TreeEntry:
    mode: str
    kind: str
    sha: str
    size: int | None
    path: str

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


class GitRepo:
    """One bare repository. Every method raises `GitError` with Git's words when the command fails."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path, *, default_branch: str) -> GitRepo:
        path.mkdir(parents=True, exist_ok=True)
        repo = cls(path)
        repo.run("init", "--quiet", "--bare", f"--initial-branch={default_branch}", ".")
        for key, value in _REPO_SETTINGS.items():
            repo.run("config", key, value)
        return repo

    def run(self, *arguments: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None) -> bytes:
        code, out, err = self.attempt(*arguments, stdin=stdin, environment=environment)
        if code != 0:
            said = err.decode(errors="replace").strip()
            raise GitError(f"git {arguments[0]} failed in {self.path.name}: {said}")
        return out

    def attempt(
        self, *arguments: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None
    ) -> tuple[int, bytes, bytes]:
        """Exit status, output and errors, for commands whose refusal is an answer."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            input=stdin,
            capture_output=True,
            env=git_environment(environment),
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def resolve(self, name: str, kind: str = "commit") -> str | None:
        """The id of the object that `name` (branch, tag, full ref or id) points at, or None."""
        if not name or name.startswith("-") or any(c in name for c in " ~^:?*[\\\0\n") or ".." in name:
            return None
        candidates = [name] if name.startswith("refs/") or _SHA.match(name) else [
            f"refs/heads/{name}", f"refs/tags/{name}", f"refs/{name}", name,
        ]  # fmt: skip
        for candidate in candidates:
            code, out, _ = self.attempt("rev-parse", "--verify", "--quiet", f"{candidate}^{{{kind}}}")
            if code == 0:
                return out.decode().strip()
        return None

    def refs(self) -> dict[str, str]:
        """Every ref but `refs/pull/`, which is the server's own, with the object it points at."""
        lines = self.run("for-each-ref", "--format=%(refname) %(objectname)").decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines)
        return {name: sha for name, sha in pairs if not name.startswith("refs/pull/")}

    def set_ref(self, name: str, sha: str, old: str | None = None) -> None:
        """Moves a ref; with `old`, only if it still points there (40 zeros: only if it is new)."""
        self.run("update-ref", name, sha, *([] if old is None else [old]))

    def delete_ref(self, name: str) -> None:
        self.run("update-ref", "-d", name)

    def object_type(self, sha: str) -> str | None:
        code, out, _ = self.attempt("cat-file", "-t", sha)
        return out.decode().strip() if code == 0 else None

    def blob(self, sha: str) -> bytes:
        return self.run("cat-file", "blob", sha)

    def tree(self, treeish: str, *, recursive: bool = False, path: str = "") -> list[TreeEntry]:
        """Entries of a tree; with `path`, of the folder (a trailing slash) or the entry itself."""
        flags = ["-r", "-t"] if recursive else []
        tail = ["--", path] if path else []
        out = self.run("--literal-pathspecs", "ls-tree", "-z", "-l", *flags, treeish, *tail)
        entries = []
        for record in out.decode(errors="surrogateescape").split("\0")[:-1]:
            facts, name = record.split("\t", 1)
            mode, kind, sha, size = facts.split()
            entries.append(TreeEntry(mode, kind, sha, None if size == "-" else int(size), name))
        return entries

    def entry(self, treeish: str, path: str) -> TreeEntry | None:
        found = self.tree(treeish, path=path.strip("/"))
        return found[0] if found else None

    def commit(self, sha: str) -> CommitData:
        return next(self.log(sha, limit=1))

    def log(self, *revisions: str, limit: int = 250, path: str | None = None) -> Iterator[CommitData]:
        """Commits reachable from ids (or `a..b` of ids), newest first."""
        tail = ["--", path] if path else ["--"]
        out = self.run("--literal-pathspecs", "log", "-z", "--topo-order", f"--max-count={limit}",
                       f"--format={_LOG_FORMAT}",
                       *revisions, *tail)  # fmt: skip
        for record in out.decode(errors="replace").split("\0"):
            if not record.strip():
                continue
            sha, tree, parents, an, ae, ad, cn, ce, cd, message = record.lstrip("\n").split("\x1f", 9)
            yield CommitData(
                sha=sha, tree=tree, parents=tuple(parents.split()),
                author=Person(an, ae, ad), committer=Person(cn, ce, cd), message=message.rstrip("\n"),
            )  # fmt: skip

    def merge_base(self, first: str, second: str) -> str | None:
        code, out, _ = self.attempt("merge-base", first, second)
        return out.decode().strip() if code == 0 else None

    def ahead_behind(self, base: str, head: str) -> tuple[int, int]:
        """How many commits only `head` has, and how many only `base` has."""
        out = self.run("rev-list", "--left-right", "--count", f"{base}...{head}").decode().split()
        return int(out[1]), int(out[0])

    def merge_tree(self, base: str, head: str) -> str | None:
        """The tree that merging gives, or None when the two conflict."""
        code, out, err = self.attempt("merge-tree", "--write-tree", "--no-messages", base, head)
        if code > 1:
            raise GitError(f"git merge-tree failed: {err.decode(errors='replace').strip()}")
        return out.decode().split()[0] if code == 0 else None

    def write_commit(self, tree: str, parents: list[str], message: str, author: Person) -> str:
        environment = {
            "GIT_AUTHOR_NAME": author.name, "GIT_AUTHOR_EMAIL": author.email, "GIT_AUTHOR_DATE": author.date,
            "GIT_COMMITTER_NAME": author.name, "GIT_COMMITTER_EMAIL": author.email,
            "GIT_COMMITTER_DATE": author.date,
        }  # fmt: skip
        flags = [flag for parent in parents for flag in ("-p", parent)]
        out = self.run("commit-tree", *flags, tree, stdin=message.encode(), environment=environment)
        return out.decode().strip()

    def fetch(self, source: Path, sha: str, ref: str) -> None:
        """Brings a commit of another repository on this machine here, under `ref`."""
        self.run("fetch", "--quiet", "--no-tags", "--force", str(source), f"{sha}:{ref}")
