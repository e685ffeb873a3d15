"""The entries of a tree, from Git or from a folder: which make up leaves, and which do not belong."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from taxonomy_schema.files import ATTRIBUTION, QNA
from taxonomy_schema.findings import Finding, Place
from taxonomy_schema.patterns import late
from taxonomy_schema.tree_rules import FollowedNowhere, MisnamedFile, StrayFile

LEAF_FILES: Final = (QNA, ATTRIBUTION)
_MISNAMED: Final = late(r"^(qna\.(yaml|yml|txt)|attributions?\.(txt|md|yaml)|attribution)$", re.IGNORECASE)


class TreeEntry(NamedTuple):
    mode: str
    object_id: str
    path: str


def entry_findings(entries: Iterable[TreeEntry], changed: set[str]) -> tuple[Finding, ...]:
    """Findings on those entries of a tree whose path is in `changed`."""
    listed = tuple(entries)
    leaves = leaf_objects(listed).keys()
    findings: list[Finding] = []
    for entry in listed:
        if entry.path not in changed:
            continue
        folder, _, name = entry.path.rpartition("/")
        place = Place(file=entry.path)
        if not is_file(entry) or ".." in entry.path.split("/"):
            findings.append(FollowedNowhere.at(place, entry.mode))
        elif name in LEAF_FILES:
            continue
        elif _MISNAMED.match(name):
            findings.append(MisnamedFile.at(place, QNA if name.lower().startswith("qna") else ATTRIBUTION))
        else:
            findings.append(StrayFile.at(place, inside_leaf=folder in leaves))
    return tuple(findings)


def is_file(entry: TreeEntry) -> bool:
    return entry.mode.startswith("100") and ".." not in entry.path.split("/")


def leaf_objects(entries: Iterable[TreeEntry]) -> dict[str, dict[str, str]]:
    """Leaf id -> name of file -> mode and object; with links, so that a file turned link counts as changed."""
    leaves: dict[str, dict[str, str]] = {}
    for entry in entries:
        leaf_id, _, name = entry.path.rpartition("/")
        if name in LEAF_FILES:
            leaves.setdefault(leaf_id, {})[name] = f"{entry.mode} {entry.object_id}"
    return leaves
