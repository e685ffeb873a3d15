"""The body of a GitHub release: what is new, what was measured, what the files are."""

from pipelines.artifacts import Comparison, Release
from service.reports import sections
from service.reports.comment import cut
from service.reports.deltas import delta_table, leaf_table
from service.reports.escape import code, prose
from service.reports.table import several, table

_LONGEST = 120_000
"""GitHub takes 125,000 characters."""


def render(
    release: Release, comparison: Comparison | None = None, *, compared_with: str | None = None
) -> str:
    """Markdown; `compared_with` is the version of the release before, None for the base model."""
    return cut(
        sections.joined(
            [
                _opening(release),
                _new_leaves(release),
                _measured(comparison, compared_with),
                _credits(release),
                _files(release),
            ]
        ),
        _LONGEST,
    )


def withdrawal(*, by: str, reason: str, before: str | None) -> str:
    """The note on top of a withdrawn release; `before` is the release that stands in its place, if there is one."""
    instead = f"Use {prose(before, 40)}" if before else "There is no release before it"
    why = f" Why: {prose(reason, 500)}" if reason else ""
    return f"> **Withdrawn** by {prose(by, 60)}. {instead}.{why}"


def _opening(release: Release) -> str:
    leaves = several(len(release.leaves), "leaf", "leaves")
    return (
        f"Tuned from {code(release.base_model)} on {leaves}, {len(release.new_leaves)} of them new, "
        f"as of taxonomy commit {code(release.taxonomy_commit[:12])}."
    )


def _new_leaves(release: Release) -> str:
    if not release.new_leaves:
        return ""
    listed = [f"- {code(leaf)}" for leaf in release.new_leaves[: sections.MOST_LEAVES]]
    more = len(release.new_leaves) - len(listed)
    return "## New leaves\n\n" + "\n".join([*listed, *([f"- … and {more} more"] if more else [])])


def _measured(comparison: Comparison | None, compared_with: str | None) -> str:
    if comparison is None:
        return ""
    body = f"## Measured\n\n{prose(comparison.summary, 300)}\n\n"
    body += delta_table(comparison.deltas, release=compared_with)
    if comparison.by_leaf:
        rows = leaf_table(comparison.by_leaf[: sections.MOST_LEAVES])
        body += "\n\n" + sections.folded(f"Leaf by leaf ({len(comparison.by_leaf)})", rows)
    return body


def _credits(release: Release) -> str:
    if not release.contributors:
        return ""
    return f"## Thanks to\n\n{', '.join(prose(name, 60) for name in release.contributors)}"


def _files(release: Release) -> str:
    if not release.files:
        return ""
    rows = [[code(f.name), f"{f.size:,}", code(f.sha256)] for f in release.files]
    return "## Files\n\n" + table(["file", "bytes", "SHA-256"], rows, right=(1,))
