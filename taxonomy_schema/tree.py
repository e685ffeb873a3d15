"""Git trees and folders -> leaves, and two trees -> which leaves changed. No checkout, and no link is followed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from taxonomy_schema.entries import LEAF_FILES, TreeEntry, entry_findings, is_file, leaf_objects
from taxonomy_schema.errors import TreeError
from taxonomy_schema.files import ATTRIBUTION, MAX_BYTES, QNA, LeafFiles
from taxonomy_schema.findings import Finding
from taxonomy_schema.folder import read_folder
from taxonomy_schema.gitio import git, read_blobs, resolve
from taxonomy_schema.kinds import ROOTS

# Two versions of qna.yaml this alike (in per cent, by Git's measure) are one leaf that moved.
_MOVED_FROM: Final = 75

__all__ = [
    "LeafChange",
    "TreeEntry",
    "changed_leaves",
    "changed_paths",
    "list_tree",
    "merge_base",
    "read_entries",
    "read_folder",
    "read_tree",
    "tree_findings",
]


@dataclass(frozen=True, slots=True)
class LeafChange:
    """What a change does to one leaf; `old_id` is where a moved leaf was."""

    id: str
    status: Literal["added", "changed", "moved", "removed"]
    old_id: str | None = None


def read_tree(repository: Path, commit: str) -> dict[str, LeafFiles]:
    """Every leaf at a commit, by id, in order.

    Raises:
        TreeError: no repository there, no such commit, or an object is missing.

    """
    return read_entries(repository, list_tree(repository, commit))


def tree_findings(repository: Path, commit: str) -> tuple[Finding, ...]:
    """What is wrong with the tree itself: links, submodules, misnamed files, files outside any leaf.

    Raises:
        TreeError: no repository there, or no such commit.

    """
    entries = list_tree(repository, commit)
    return entry_findings(entries, {entry.path for entry in entries})


def list_tree(repository: Path, commit: str) -> tuple[TreeEntry, ...]:
    """Every entry under the three roots.

    Raises:
        TreeError: no repository there, or no such commit.

    """
    listing = git(
        repository,
        "ls-tree",
        "-r",
        "-z",
        "--full-tree",
        resolve(repository, commit),
        "--",
        *(f"{root}/" for root in ROOTS),
    )
    entries = []
    for line in listing.split(b"\0"):
        if line:
            head, path = line.split(b"\t", 1)
            mode, _, object_id = head.decode().split(" ")
            entries.append(TreeEntry(mode, object_id, path.decode("utf-8", "backslashreplace")))
    return tuple(entries)


def read_entries(
    repository: Path, entries: Iterable[TreeEntry], wanted: frozenset[str] | None = None
) -> dict[str, LeafFiles]:
    """The leaves among a tree's entries, or only the wanted ones.

    Raises:
        TreeError: an object is missing.

    """
    files: dict[str, dict[str, str]] = {}
    for entry in entries:
        leaf_id, _, name = entry.path.rpartition("/")
        if name in LEAF_FILES and is_file(entry) and (wanted is None or leaf_id in wanted):
            files.setdefault(leaf_id, {})[name] = entry.object_id
    ids = [object_id for names in files.values() for object_id in names.values()]
    contents = dict(zip(ids, read_blobs(repository, ids, MAX_BYTES), strict=True)) if ids else {}
    return {
        leaf_id: LeafFiles(
            id=leaf_id,
            qna=contents[names[QNA]] if QNA in names else None,
            attribution=contents[names[ATTRIBUTION]] if ATTRIBUTION in names else None,
        )
        for leaf_id, names in sorted(files.items())
    }


def changed_leaves(repository: Path, base: str, head: str) -> tuple[LeafChange, ...]:
    """What `head` does to the leaves since it left `base` (since their merge base).

    A leaf is changed also when only its attribution is. Order: by id.

    Raises:
        TreeError: an unknown commit, or two without a common ancestor.

    """
    start = merge_base(repository, base, head)
    before = leaf_objects(list_tree(repository, start))
    after = leaf_objects(list_tree(repository, head))
    moved = _moves(repository, start, resolve(repository, head), before, after)
    changes = [LeafChange(id=new, status="moved", old_id=old) for new, old in moved.items()]
    for leaf_id in sorted((before.keys() | after.keys()) - moved.keys() - set(moved.values())):
        if leaf_id not in before:
            changes.append(LeafChange(id=leaf_id, status="added"))
        elif leaf_id not in after:
            changes.append(LeafChange(id=leaf_id, status="removed"))
        elif before[leaf_id] != after[leaf_id]:
            changes.append(LeafChange(id=leaf_id, status="changed"))
    return tuple(sorted(changes, key=lambda change: change.id))


def changed_paths(repository: Path, start: str, head: str) -> set[str]:
    """Paths that are new or different at `head` against `start`, both full ids.

    Raises:
        TreeError: an object is missing.

    """
    out = git(
        repository,
        "diff-tree",
        "-r",
        "-z",
        "--name-only",
        "--no-renames",
        "--diff-filter=d",
        "--no-commit-id",
        start,
        head,
    )
    return {path.decode("utf-8", "backslashreplace") for path in out.split(b"\0") if path}


def merge_base(repository: Path, base: str, head: str) -> str:
    """The commit from which `head` left `base`.

    Raises:
        TreeError: an unknown commit, or two without a common ancestor.

    """
    ids = resolve(repository, base), resolve(repository, head)
    try:
        return git(repository, "merge-base", *ids).decode().strip()
    except TreeError as error:
        raise TreeError(
            f"{base} and {head} have no common ancestor in {repository}. Fetch the whole history, not a shallow one."
        ) from error


def _moves(
    repository: Path,
    start: str,
    head: str,
    before: Mapping[str, Mapping[str, str]],
    after: Mapping[str, Mapping[str, str]],
) -> dict[str, str]:
    """New id -> old id of the leaves whose qna.yaml moved to a folder that was no leaf, and left none behind."""
    if not (before.keys() - after.keys() and after.keys() - before.keys()):
        return {}
    out = git(
        repository, "diff-tree", "-r", "-z", "--diff-filter=R", "--name-status", "--no-commit-id",
        f"--find-renames={_MOVED_FROM}%", "-l0", start, head,
    )  # fmt: skip
    parts = [part.decode("utf-8", "backslashreplace") for part in out.split(b"\0")]
    moves: dict[str, str] = {}
    for old, new in zip(parts[1::3], parts[2::3], strict=False):
        old_id, _, old_name = old.rpartition("/")
        new_id, _, new_name = new.rpartition("/")
        if old_name == new_name == QNA and old_id not in after and new_id not in before and old_id in before:
            moves[new_id] = old_id
    return moves
