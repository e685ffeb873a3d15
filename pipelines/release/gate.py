"""Whether a candidate may be published: nothing lost clear of noise, no new leaf worse. Pure."""

from pipelines.artifacts import Comparison, Delta, Verdict
from pipelines.errors import GateFailed

_NAMED = 10


def check_gate(comparison: Comparison) -> None:
    """Raises GateFailed with the rows that speak against it."""
    against = failing_rows(comparison)
    if not against:
        return
    named = "; ".join(_say(row) for row in against[:_NAMED])
    more = f"; and {len(against) - _NAMED} more" if len(against) > _NAMED else ""
    raise GateFailed(
        "gate_failed",
        f"the candidate is not fit to be released: {named}{more}",
        mend="Nothing is published. Look at the leaves named here and at what was merged since the last release.",
    )


def failing_rows(comparison: Comparison) -> tuple[Delta, ...]:
    """Deciding rows and leaves that regressed, and new leaves whose own interval lies below nothing.

    Verdicts of leaves are Holm-adjusted over all leaves, or one leaf in forty would fail a harmless release;
    a new leaf is what the release is for, so it answers for itself.
    """
    regressed = [row for row in (*comparison.deltas, *comparison.by_leaf) if row.verdict is Verdict.REGRESSED]
    worse = [
        row
        for row in comparison.by_leaf
        if row.metric.startswith("exam:")
        and row.verdict is Verdict.NO_CLEAR_CHANGE
        and row.against_reference.high < 0
    ]
    return (*regressed, *worse)


def _say(row: Delta) -> str:
    found = row.against_reference
    return f"{row.metric} {found.delta:+.1f} points ({found.low:+.1f} to {found.high:+.1f}, n = {row.n})"
