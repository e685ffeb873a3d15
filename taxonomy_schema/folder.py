"""Folders on this machine -> leaves. No symbolic link is followed."""

import os
import stat
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

from taxonomy_schema.entries import LEAF_FILES, TreeEntry, entry_findings
from taxonomy_schema.errors import TreeError
from taxonomy_schema.files import ATTRIBUTION, MAX_BYTES, QNA, LeafFiles
from taxonomy_schema.findings import Finding
from taxonomy_schema.kinds import ROOTS

_FILE: Final = "100644"
_LINK: Final = "120000"
_OTHER: Final = "000000"


def read_folder(root: Path, under: str = "") -> dict[str, LeafFiles]:
    """Every leaf in a folder that holds a taxonomy, by id, in order; with `under`, those at or below that path.

    Symbolic links are not followed.

    Raises:
        TreeError: no such folder, or it cannot be read.

    """
    names = leaf_names(list_folder(root, under))
    return {leaf_id: read_leaf(root, leaf_id, found) for leaf_id, found in sorted(names.items())}


def leaf_names(entries: Iterable[TreeEntry]) -> dict[str, set[str]]:
    """Leaf id -> which of a leaf's files stand in its folder."""
    names: dict[str, set[str]] = {}
    for entry in entries:
        leaf_id, _, name = entry.path.rpartition("/")
        if entry.mode == _FILE and name in LEAF_FILES:
            names.setdefault(leaf_id, set()).add(name)
    return names


def read_leaf(root: Path, leaf_id: str, names: Collection[str]) -> LeafFiles:
    """One leaf of a folder, of which these files are there.

    Raises:
        TreeError: a file cannot be read (any more).

    """
    folder = f"{root}/{leaf_id}"
    return LeafFiles(
        id=leaf_id,
        qna=read_file(f"{folder}/{QNA}") if QNA in names else None,
        attribution=read_file(f"{folder}/{ATTRIBUTION}") if ATTRIBUTION in names else None,
    )


def folder_findings(root: Path, under: str = "") -> tuple[Finding, ...]:
    """What is wrong with the folder itself: links, misnamed files, files outside any leaf.

    Raises:
        TreeError: no such folder, or it cannot be read.

    """
    entries = list_folder(root, under)
    return entry_findings(entries, {entry.path for entry in entries})


def list_folder(root: Path, under: str = "") -> tuple[TreeEntry, ...]:
    """Every entry below the three roots, or below `under`, as a tree would list it.

    Raises:
        TreeError: no such folder, or it cannot be read.

    """
    if not (root / under).is_dir():
        raise TreeError(f"{root / under} is not a folder. Name the folder that holds {', '.join(ROOTS)}.")
    found: list[TreeEntry] = []
    for start in [under] if under else ROOTS:
        if (root / start).is_symlink():
            found.append(TreeEntry(_LINK, "", start))
        elif (root / start).is_dir():
            _walk(root, start, found)
    return tuple(sorted(found, key=lambda entry: entry.path))


def list_one(root: Path, folder: str) -> tuple[TreeEntry, ...]:
    """The files right in one folder; none where there is no such folder (any more)."""
    found: list[TreeEntry] = []
    try:
        with os.scandir(f"{root}/{folder}") as inside:
            found.extend(_entry(folder, entry) for entry in inside if not entry.is_dir(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as error:
        raise TreeError(f"{root}/{folder} cannot be read: {error.strerror}.") from error
    return tuple(sorted(found, key=lambda entry: entry.path))


def _entry(folder: str, entry: os.DirEntry[str]) -> TreeEntry:
    mode = _LINK if entry.is_symlink() else _FILE if entry.is_file(follow_symlinks=False) else _OTHER
    return TreeEntry(mode, "", f"{folder}/{entry.name}")


def _walk(root: Path, start: str, found: list[TreeEntry]) -> None:
    waiting = [start]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(f"{root}/{folder}") as inside:
                for entry in inside:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(f"{folder}/{entry.name}")
                    else:
                        found.append(_entry(folder, entry))
        except OSError as error:
            raise TreeError(f"{root / folder} cannot be read: {error.strerror}.") from error


def read_file(path: str) -> bytes | None:
    """A regular file's first bytes: one more than the limit, so that the limit shows. No link is followed.

    Raises:
        TreeError: it cannot be read.

    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise TreeError(f"{path} cannot be read: {error.strerror}.") from error
    with os.fdopen(descriptor, "rb") as file:
        return file.read(MAX_BYTES + 1) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None


def read_shown(root: Path, path: str) -> str | None:
    """A file of a folder as text, to show lines of; `None` where there is none (any more), or a link."""
    try:
        content = read_file(f"{root}/{path}")
    except TreeError:
        return None
    return content.decode("utf-8", "replace") if content is not None else None
