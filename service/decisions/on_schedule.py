"""Whether a planned slot cuts a release."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SlotFacts:
    """A repository when a slot may be due."""

    due: datetime | None
    """The newest slot that has come and was not looked at yet."""
    release_open: bool
    """A release run waits or works."""
    merged: int
    """Leaves that were merged since the last release."""


@dataclass(frozen=True)
class SlotDecision:
    """`release` False: the slot passes, and `reason` says why."""

    release: bool
    reason: str


def decide(facts: SlotFacts) -> SlotDecision | None:
    """None: no slot is due. A slot that was missed while nothing ran is made up for, but only the newest."""
    if facts.due is None:
        return None
    if facts.release_open:
        return SlotDecision(False, "a release is under way already")
    if facts.merged == 0:
        return SlotDecision(False, "no leaf was merged since the last release")
    return SlotDecision(True, f"{facts.merged} merged leaves")
