"""A change between two commits: each leaf it touches, checked as it stands at the head."""

from pathlib import Path

from taxonomy_schema.models import Finding, Frozen, Leaf, Severity
from taxonomy_schema.parse import LeafFiles
from taxonomy_schema.policy import DEFAULT_POLICY, Policy
from taxonomy_schema.rules.checking import check
from taxonomy_schema.tree import (
    LeafChange,
    changed_leaves,
    changed_paths,
    entry_findings,
    list_tree,
    merge_base,
    read_entries,
    resolve,
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
    leaves = tuple(_checked(change, files.get(change.id), policy) for change in changes)
    paths = changed_paths(repository, merge_base(repository, base, head), resolve(repository, head))
    return ChangeReport(leaves=leaves, outside=entry_findings(entries, paths))


def _checked(change: LeafChange, files: LeafFiles | None, policy: Policy) -> CheckedLeaf:
    if files is None:  # removed, or only links stand there, which the findings outside leaves tell
        return CheckedLeaf(change=change, leaf=None, findings=())
    parsed = check(files, policy)
    return CheckedLeaf(change=change, leaf=parsed.leaf, findings=parsed.findings)


def _of(findings: tuple[Finding, ...], severity: Severity) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.severity is severity)
