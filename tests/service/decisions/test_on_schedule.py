"""Whether a slot cuts a release, and what the release is called."""

from datetime import UTC, datetime

import pytest

from service.decisions.on_schedule import SlotFacts, decide
from service.decisions.versions import next_version

DUE = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("facts", "release"),
    [
        (SlotFacts(due=None, release_open=False, merged=3), None),
        (SlotFacts(due=DUE, release_open=False, merged=3), True),
        (SlotFacts(due=DUE, release_open=True, merged=3), False),
        (SlotFacts(due=DUE, release_open=False, merged=0), False),
    ],
)
def test_a_due_slot_cuts_a_release_when_there_is_something_to_release(
    facts: SlotFacts, release: bool | None
) -> None:
    decision = decide(facts)

    assert (None if decision is None else decision.release) == release


@pytest.mark.parametrize(
    ("now", "taken", "version"),
    [
        (DUE, [], "2026.10.1"),
        (DUE, ["2026.10.1", "2026.10.9", "2026.09.12"], "2026.10.10"),
        (datetime(2027, 1, 1, tzinfo=UTC), [], "2026.53.1"),
    ],
)
def test_versions_count_within_the_iso_week(now: datetime, taken: list[str], version: str) -> None:
    assert next_version(now, taken) == version
