"""What a release would be, if it were cut now."""

from typing import Final

from service.reports import release_notes
from service.reports.deltas import delta_table
from service.reports.escape import code, prose
from service.reports.sections import MOST_LEAVES, folded
from service.reports.table import several
from service.reports.trials.model import TrialInput

COMMAND: Final = "/graft release --dry-run"
GATE: Final = "gate_failed"
"""The code of the failure by which the gate says no."""
_AFTER_REFUSAL: Final = (
    "look at the leaves that are named, and at what was merged since the last release. A release cut now would "
    "publish nothing."
)


def result(trial: TrialInput) -> list[str]:
    release = trial.release
    title = f"### 🧪 Dry run at `{trial.short_sha}`: release {prose(trial.version, 40)} would pass the gate"
    nxt = "**Next:** `/graft release` publishes exactly this; what was computed is used again."
    if release is None:
        return [title, nxt, "Its notes cannot be read any more.", _table(trial)]
    leaves = several(len(release.leaves), "leaf", "leaves")
    new = [code(leaf) for leaf in release.new_leaves[:MOST_LEAVES]]
    more = len(release.new_leaves) - len(new)
    named = f": {', '.join(new)}" if new else ""
    notes = release_notes.render(release, trial.comparison, compared_with=trial.release_version)
    return [
        title,
        (
            f"Nothing was published. It holds {leaves}, {len(release.new_leaves)} of them new{named}"
            f"{f' and {more} more' if more > 0 else ''}."
        ),
        nxt,
        _table(trial),
        folded("Release notes, as they would be published", notes),
    ]


def refused(trial: TrialInput) -> list[str]:
    """The gate said no."""
    failure = trial.run.failure
    why = "" if failure is None else f"> {prose(failure.message, 1500)}"
    return [
        f"### ❌ Dry run at `{trial.short_sha}`: the gate refuses release {prose(trial.version, 40)}",
        why,
        f"**Next:** {_AFTER_REFUSAL}",
        _table(trial),
    ]


def _table(trial: TrialInput) -> str:
    if trial.comparison is None:
        return ""
    return delta_table(trial.comparison.deltas, release=trial.release_version)
