"""A change between two commits: each leaf it touches, checked as it stands at the head."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from taxonomy_schema.entries import TreeEntry, entry_findings, is_file
from taxonomy_schema.files import ATTRIBUTION, QNA
from taxonomy_schema.findings import Finding, Judged
from taxonomy_schema.gitio import resolve
from taxonomy_schema.parse import LeafSource, ParsedLeaf, read_source
from taxonomy_schema.policy import DEFAULT_POLICY, Policy
from taxonomy_schema.rules.authors import author_findings
from taxonomy_schema.rules.benchmarks import BenchmarkIndex, overlaps
from taxonomy_schema.rules.checking import check
from taxonomy_schema.rules.languages import language_findings
from taxonomy_schema.rules.originality import said_of
from taxonomy_schema.similarity import Fingerprint, Prints, alike, fingerprint, print_key
from taxonomy_schema.tree import (
    LeafChange,
    changed_leaves,
    changed_paths,
    list_tree,
    merge_base,
    read_entries,
)

if TYPE_CHECKING:
    from taxonomy_schema.models import Leaf


@dataclass(frozen=True)
class CheckedLeaf(Judged):
    """One leaf of a change. `parsed` is `None` where it was removed, or nothing but links stands there."""

    change: LeafChange
    parsed: ParsedLeaf | None
    findings: tuple[Finding, ...]

    @property
    def leaf(self) -> "Leaf | None":
        return self.parsed.leaf if self.parsed is not None else None


@dataclass(frozen=True)
class ChangeReport(Judged):
    """What is said of a change. `outside` are findings on files of the change that are part of no leaf."""

    leaves: tuple[CheckedLeaf, ...]
    outside: tuple[Finding, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding, leaf by leaf, then those outside leaves."""
        return (*(finding for leaf in self.leaves for finding in leaf.findings), *self.outside)


def check_change(
    repository: Path,
    base: str,
    head: str,
    policy: Policy = DEFAULT_POLICY,
    *,
    author: str | None = None,
    benchmarks: BenchmarkIndex | None = None,
    prints: Prints | None = None,
) -> ChangeReport:
    """Check what `head` changed since it left `base`, also beside the leaves of `base` and each other. The repository
    may be bare. `author` is who proposes the change, if that is known. With `prints`, only leaves of the base that are
    new to them are read, and those that the change may be like.

    Raises:
        TreeError: an unknown commit, no common ancestor, or an object is missing.

    """
    changes = changed_leaves(repository, base, head)
    entries = list_tree(repository, head)
    standing = frozenset(change.id for change in changes if change.status != "removed")
    files = read_entries(repository, entries, standing)
    paths = changed_paths(repository, merge_base(repository, base, head), resolve(repository, head))
    of_tree = tuple(policy.weigh(entry_findings(entries, paths)))
    parsed = {leaf_id: check(of_leaf, policy) for leaf_id, of_leaf in files.items()}
    sources = {leaf_id: one.source for leaf_id, one in parsed.items()}
    beside = _beside(repository, _left_alone(repository, base, changes), sources, policy, prints)
    leaves = []
    for change in changes:
        leaf = parsed.get(change.id)
        more = list(beside.get(change.id, ()))
        if leaf is not None:
            by = author if change.status == "added" else None
            said = (
                author_findings(leaf.source, by),
                overlaps(leaf.source, benchmarks),
                language_findings(leaf.source),
            )
            more += policy.weigh(itertools.chain.from_iterable(said))
        leaves.append(_checked(change, leaf, of_tree, more))
    told = {finding for one in leaves for finding in one.findings}
    outside = tuple(finding for finding in of_tree if finding not in told)
    return ChangeReport(leaves=tuple(leaves), outside=outside)


def _beside(
    repository: Path,
    others: Mapping[str, TreeEntry],
    sources: Mapping[str, LeafSource],
    policy: Policy,
    prints: Prints | None,
) -> dict[str, tuple[Finding, ...]]:
    """What is said of the changed leaves beside others of the base, and each other."""
    if not any(source.sound for source in sources.values()):
        return {}
    own = {leaf_id: fingerprint(source) for leaf_id, source in sources.items()}
    near = alike({**_prints(repository, others, prints), **own}, sources)
    named = sorted({other for found in near.values() for other in found} - sources.keys())
    read = read_entries(repository, [others[leaf_id] for leaf_id in named])
    of_base = {leaf_id: read_source(files) for leaf_id, files in read.items()}
    return said_of(near, {**of_base, **sources}, policy)


def _left_alone(repository: Path, base: str, changes: tuple[LeafChange, ...]) -> dict[str, TreeEntry]:
    """The `qna.yaml` of each leaf of the base that the change does not touch."""
    touched = {change.id for change in changes} | {change.old_id for change in changes}
    entries = {
        entry.path.rpartition("/")[0]: entry
        for entry in list_tree(repository, base)
        if entry.path.endswith(f"/{QNA}") and is_file(entry)
    }
    return {leaf_id: entry for leaf_id, entry in entries.items() if leaf_id not in touched}


def _prints(
    repository: Path, entries: Mapping[str, TreeEntry], kept: Prints | None
) -> dict[str, Fingerprint]:
    keys = {leaf_id: print_key(leaf_id, entry.object_id) for leaf_id, entry in entries.items()}
    known = kept.known(set(keys.values())) if kept is not None else {}
    missing = read_entries(
        repository, [entries[leaf_id] for leaf_id, key in keys.items() if key not in known]
    )
    new = {keys[leaf_id]: fingerprint(read_source(files)) for leaf_id, files in missing.items()}
    if kept is not None and new:
        kept.keep(new)
    known |= new
    return {leaf_id: known[key] for leaf_id, key in keys.items()}


def _checked(
    change: LeafChange, parsed: ParsedLeaf | None, of_tree: tuple[Finding, ...], more: list[Finding]
) -> CheckedLeaf:
    """`parsed` is `None` for a leaf that was removed, or of which only links stand, which the tree's findings tell."""
    own = {f"{change.id}/{name}" for name in (QNA, ATTRIBUTION)}
    links = tuple(finding for finding in of_tree if finding.place.file in own)
    if parsed is None:
        return CheckedLeaf(change=change, parsed=None, findings=links)
    return CheckedLeaf(change=change, parsed=parsed, findings=(*links, *parsed.findings, *more))
