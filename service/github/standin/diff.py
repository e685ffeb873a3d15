"""What changed between two commits, as GitHub's list of files with a patch each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .git import GitRepo

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_STATUS = {"A": "added", "M": "modified", "D": "removed", "R": "renamed", "C": "copied", "T": "changed"}
_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")
_PATCH_LIMIT = 400_000


@dataclass(frozen=True)
class FileChange:
    path: str
    previous: str | None
    status: str
    sha: str
    additions: int
    deletions: int
    patch: str | None


def changes(repo: GitRepo, base: str, head: str) -> list[FileChange]:
    """Files that differ between two trees, in Git's order, renames found, patches from the first `@@` on."""
    raw = _raw(repo.run("diff", "--raw", "-z", "-M", "--abbrev=40", base, head))
    numbers = _numbers(repo.run("diff", "--numstat", "-z", "-M", base, head))
    text = repo.run("diff", "-M", "--no-color", base, head).decode(errors="replace")
    patches = re.split(r"^diff --git ", text, flags=re.MULTILINE)[1:]
    found = []
    for (status, sha, previous, path), (added, removed), patch in zip(raw, numbers, patches, strict=True):
        start = patch.find("\n@@")
        body = patch[start + 1 :].rstrip("\n") if start >= 0 and len(patch) <= _PATCH_LIMIT else None
        found.append(FileChange(path, previous, _STATUS.get(status, "changed"), sha, added, removed, body))
    return found


def hunks(patch: str) -> list[tuple[range, str]]:
    """The lines of the new side that each hunk of a patch shows, and its text."""
    found = []
    for text in re.split(r"^(?=@@ -)", patch, flags=re.MULTILINE):
        head = _HUNK.match(text)
        if head is not None:
            first = int(head[1])
            found.append((range(first, first + int(head[2] or 1)), text.rstrip("\n")))
    return found


def position(patch: str, line: int) -> int | None:
    """How many lines below a patch's first `@@` a line of the new side is shown; None where it is not shown.

    Later `@@` lines count, too: https://docs.github.com/rest/pulls/comments
    """
    at = 0
    for below, text in enumerate(patch.split("\n")):
        head = _HUNK.match(text)
        if head is not None:
            at = int(head[1]) - 1
        elif not text.startswith(("-", "\\")):  # `\ No newline at end of file` is no line
            at += 1
            if at == line:
                return below
    return None


@lru_cache(maxsize=32)
def patches(folder: Path, base: str, head: str) -> Mapping[str, str]:
    """Path -> patch, of what differs between two commits of the bare repository in `folder`."""
    return {file.path: file.patch or "" for file in changes(GitRepo(folder), base, head)}


def _raw(out: bytes) -> list[tuple[str, str, str | None, str]]:
    fields = iter(out.decode(errors="replace").split("\0")[:-1])
    found = []
    for facts in fields:
        _, _, old, new, status = facts.lstrip(":").split()
        path = next(fields)
        previous = None
        if status[0] in "RC":
            previous, path = path, next(fields)
        found.append((status[0], old if status[0] == "D" else new, previous, path))
    return found


def _numbers(out: bytes) -> list[tuple[int, int]]:
    fields = iter(out.decode(errors="replace").split("\0")[:-1])
    found = []
    for facts in fields:
        added, removed, path = facts.split("\t")
        if not path:  # a rename: its two names follow
            next(fields)
            next(fields)
        found.append((0 if added == "-" else int(added), 0 if removed == "-" else int(removed)))
    return found
