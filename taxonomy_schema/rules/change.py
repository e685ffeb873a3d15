"""A change between two commits: each leaf it touches, checked as it stands at the head."""

from pathlib import Path

from taxonomy_schema.entries import entry_findings
from taxonomy_schema.gitio import resolve
from taxonomy_schema.models import Finding, Frozen, Leaf, Severity
from taxonomy_schema.parse import ATTRIBUTION, QNA, LeafFiles
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


class CheckedLeaf(Frozen):
    """One leaf of a change. `leaf` is `None` where it was removed or could not be read."""

    change: LeafChange
    leaf: Leaf | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return _of(self.findings, Severity.ERROR)

    @property
    def hints(self) -> tuple[Finding, ...]:
        return _of(self.findings, Severity.HINT)

    @property
    def ok(self) -> bool:
        return not self.errors


class ChangeReport(Frozen):
    """What is said of a change. `outside` are findings on files of the change that are part of no leaf."""

    leaves: tuple[CheckedLeaf, ...]
    outside: tuple[Finding, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding, leaf by leaf, then those outside leaves."""
        return (*(finding for leaf in self.leaves for finding in leaf.findings), *self.outside)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return _of(self.findings, Severity.ERROR)

    @property
    def hints(self) -> tuple[Finding, ...]:
        return _of(self.findings, Severity.HINT)

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
        return CheckedLeaf(change=change, leaf=None, findings=links)
    parsed = check(files, policy)
    return CheckedLeaf(change=change, leaf=parsed.leaf, findings=(*links, *parsed.findings))


def _of(findings: tuple[Finding, ...], severity: Severity) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.severity is severity)
