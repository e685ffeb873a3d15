"""A change between two commits: each leaf it touches, checked as it stands at the head."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from taxonomy_schema.entries import entry_findings
from taxonomy_schema.files import ATTRIBUTION, QNA, LeafFiles
from taxonomy_schema.findings import Finding, errors_of, hints_of
from taxonomy_schema.gitio import resolve
from taxonomy_schema.parse import ParsedLeaf
from taxonomy_schema.policy import DEFAULT_POLICY, Policy
from taxonomy_schema.rules.checking import check
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
class CheckedLeaf:
    """One leaf of a change. `parsed` is `None` where it was removed, or nothing but links stands there."""

    change: LeafChange
    parsed: ParsedLeaf | None
    findings: tuple[Finding, ...]

    @property
    def leaf(self) -> "Leaf | None":
        return self.parsed.leaf if self.parsed is not None else None

    @property
    def errors(self) -> tuple[Finding, ...]:
        return errors_of(self.findings)

    @property
    def hints(self) -> tuple[Finding, ...]:
        return hints_of(self.findings)

    @property
    def ok(self) -> bool:
        return not self.errors


@dataclass(frozen=True)
class ChangeReport:
    """What is said of a change. `outside` are findings on files of the change that are part of no leaf."""

    leaves: tuple[CheckedLeaf, ...]
    outside: tuple[Finding, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding, leaf by leaf, then those outside leaves."""
        return (*(finding for leaf in self.leaves for finding in leaf.findings), *self.outside)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return errors_of(self.findings)

    @property
    def hints(self) -> tuple[Finding, ...]:
        return hints_of(self.findings)

    @property
    def ok(self) -> bool:
        return not self.errors


def check_change(repository: Path, base: str, head: str, policy: Policy = DEFAULT_POLICY) -> ChangeReport:
    """Check what `head` changed since it left `base`. The repository may be bare.

    Raises:
        TreeError: an unknown commit, no common ancestor, or an object is missing.

    """
    changes = changed_leaves(repository, base, head)
    entries = list_tree(repository, head)
    standing = frozenset(change.id for change in changes if change.status != "removed")
    files = read_entries(repository, entries, standing)
    paths = changed_paths(repository, merge_base(repository, base, head), resolve(repository, head))
    of_tree = entry_findings(entries, paths)
    leaves = tuple(_checked(change, files.get(change.id), of_tree, policy) for change in changes)
    told = {finding for leaf in leaves for finding in leaf.findings}
    return ChangeReport(leaves=leaves, outside=tuple(finding for finding in of_tree if finding not in told))


def _checked(
    change: LeafChange, files: LeafFiles | None, of_tree: tuple[Finding, ...], policy: Policy
) -> CheckedLeaf:
    """`files` is `None` for a leaf that was removed, or of which only links stand, which the tree's findings tell."""
    own = {f"{change.id}/{name}" for name in (QNA, ATTRIBUTION)}
    links = tuple(finding for finding in of_tree if finding.place.file in own)
    if files is None:
        return CheckedLeaf(change=change, parsed=None, findings=links)
    parsed = check(files, policy)
    return CheckedLeaf(change=change, parsed=parsed, findings=(*links, *parsed.findings))
