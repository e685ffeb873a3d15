"""Slots: each is used once, a missed one is made up for, and a release is planned on what was merged."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from service.errors import Misconfigured
from service.github.standin.driver import StandIn
from service.jobs.schedule_release import newest_slot, schedule
from service.jobs.start_release import start_release
from service.ledger.tables import Cursor, LeafResult, Release, Run, Slot
from tests.service.jobs.conftest import LEAF, House

MONDAY = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "now", "slot"),
    [
        (MONDAY - timedelta(minutes=1), MONDAY + timedelta(seconds=20), MONDAY),
        (MONDAY + timedelta(seconds=20), MONDAY + timedelta(seconds=80), None),
        (MONDAY - timedelta(days=2), MONDAY + timedelta(hours=5), MONDAY),
        (MONDAY - timedelta(days=20), MONDAY + timedelta(days=1), MONDAY),
        (MONDAY - timedelta(hours=2), MONDAY - timedelta(minutes=1), None),
    ],
)
def test_the_newest_slot_that_has_come_counts(since: datetime, now: datetime, slot: datetime | None) -> None:
    assert newest_slot("0 6 * * 1", since, now) == slot


def test_a_line_that_is_no_schedule_is_refused() -> None:
    with pytest.raises(Misconfigured, match="no cron line"):
        newest_slot("every monday", MONDAY, MONDAY)


def merge_a_leaf(house: House) -> None:
    with house.tools.write() as session:
        repository = house.tools.settings.repositories[0]
        leaf = LeafResult(repository=repository, leaf_id=LEAF, status="merged", author="ada", number=7)
        leaf.updated_at = house.tools.now()
        session.add(leaf)


def test_a_due_slot_starts_one_release_however_often_the_clock_ticks(house: House) -> None:
    house.tools = type(house.tools)(
        house.tools.settings.model_copy(update={"release_schedule": "* * * * *"}),
        house.tools.engine,
        house.tools.nudge,
    )
    merge_a_leaf(house)
    schedule(house.tools, house.client)
    with house.tools.write() as session:
        (cursor,) = session.scalars(select(Cursor)).all()
        assert session.scalars(select(Slot)).all() == []  # set up just now: nothing was missed
        cursor.value = (house.tools.now() - timedelta(minutes=3)).isoformat()
    schedule(house.tools, house.client)
    with house.tools.write() as session:
        session.get_one(Cursor, cursor.name).value = (house.tools.now() - timedelta(minutes=3)).isoformat()
    schedule(house.tools, house.client)

    with house.tools.read() as session:
        (run,) = session.scalars(select(Run)).all()
        assert session.scalars(select(Slot.run_id).order_by(Slot.id)).first() == run.id
    assert run.context["release"]["contributions"] == [{"login": "ada", "leaf_id": LEAF, "pull_request": 7}]


def test_a_release_is_compared_with_the_one_that_is_published(house: House, standin: StandIn) -> None:
    repository, now = house.tools.settings.repositories[0], house.tools.now()
    with house.tools.write() as session:
        first = start_release(session, house.client, house.tools.settings, repository, requested_by="max")
        again = start_release(session, house.client, house.tools.settings, repository, requested_by="max")
        assert again.id == first.id
        first.state = type(first.state)("succeeded")
        version = first.context["release"]["version"]
        session.add(
            Release(
                repository=repository,
                version=version,
                run_id=first.id,
                taxonomy_commit=first.head_sha,
                folder="/artifacts/release/1",
                digest="d" * 64,
                state="published",
                created_at=now,
                published_at=now,
            )
        )
        session.flush()
        second = start_release(session, house.client, house.tools.settings, repository, requested_by="max")

    year, week, _ = now.isocalendar()
    assert version == f"{year}.{week:02d}.1"
    assert second.context["release"]["version"] == f"{year}.{week:02d}.2"
    reference = {"version": version, "path": "/artifacts/release/1", "digest": "d" * 64}
    assert second.context["reference"] == reference
