"""What counts as spent: measured, on accelerators, by pull requests, in the last seven days, or under way."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from service.decisions.budget import Charge
from service.ledger.session import session_scope
from service.ledger.spending import charges
from service.ledger.tables import Contribution, Run, RunKind, RunState, Stage, StageState

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
GARDEN = "garden/taxonomy"


def contribution(session: Session, author: str, number: int, repository: str = GARDEN) -> Contribution:
    row = Contribution(
        repository=repository,
        number=number,
        title="t",
        author=author,
        head_sha="a" * 40,
        base_sha="b" * 40,
        base_branch="main",
        state="open",
        seen_at=NOW,
        head_seen_at=NOW,
    )
    session.add(row)
    session.flush()
    return row


def run(session: Session, of: Contribution | None, state: RunState, head: str = "a") -> Run:
    row = Run(
        kind=RunKind.EVALUATE if of else RunKind.RELEASE,
        repository=of.repository if of else GARDEN,
        number=of.number if of else 0,
        contribution_id=of.id if of else None,
        head_sha=head * 40,
        base_sha="b" * 40,
        state=state,
        requested_by="max",
        created_at=NOW - timedelta(days=30),
    )
    session.add(row)
    session.flush()
    return row


def stage(session: Session, run: Run, name: str, state: StageState, **more: Any) -> None:
    position = session.query(Stage).filter_by(run_id=run.id).count()
    values = {"queue": "gpu"} | more
    session.add(Stage(run_id=run.id, position=position, name=name, state=state, **values))
    session.flush()


def ended(days: float) -> dict[str, Any]:
    return {"finished_at": NOW - timedelta(days=days)}


@pytest.fixture
def ada(engine: Engine) -> Any:
    with session_scope(engine) as session:
        yield contribution(session, "ada", 1), session


def test_measured_minutes_times_accelerators_count_from_when_the_stage_ended(ada: Any) -> None:
    pull, session = ada
    done = run(session, pull, RunState.SUCCEEDED)
    stage(session, done, "train", StageState.SUCCEEDED, seconds=600, accelerators=4, **ended(2))
    stage(session, done, "collect", StageState.SUCCEEDED, seconds=600, queue="cpu", **ended(2))
    stage(session, done, "generate", StageState.SUCCEEDED, seconds=600, reused=True, **ended(2))
    stage(session, done, "evaluate", StageState.FAILED, seconds=60, **ended(1))
    stage(session, done, "old", StageState.SUCCEEDED, seconds=600, **ended(8))
    release = run(session, None, RunState.SUCCEEDED)
    stage(session, release, "train", StageState.SUCCEEDED, seconds=6000, **ended(1))
    elsewhere = run(session, contribution(session, "ada", 1, "other/taxonomy"), RunState.SUCCEEDED)
    stage(session, elsewhere, "train", StageState.SUCCEEDED, seconds=6000, **ended(1))

    found = charges(session, GARDEN, now=NOW)
    assert sorted(found, key=lambda one: one[1].minutes) == [
        ("ada", Charge(1.0, NOW - timedelta(days=1))),
        ("ada", Charge(40.0, NOW - timedelta(days=2))),
    ]


def test_open_runs_count_with_what_they_used_or_will_probably_use(ada: Any) -> None:
    pull, session = ada
    before = run(session, contribution(session, "bob", 2), RunState.SUCCEEDED)
    for name in ("generate", "train", "evaluate"):
        stage(session, before, name, StageState.SUCCEEDED, seconds=300, **ended(9))
    now = run(session, pull, RunState.RUNNING)
    began = {"started_at": NOW - timedelta(minutes=12)}
    stage(session, now, "generate", StageState.RUNNING, seconds=60, **began)  # longer than usual
    stage(session, now, "train", StageState.WAITING, accelerators=2)
    stage(session, now, "evaluate", StageState.WAITING)
    stage(session, now, "never measured", StageState.WAITING)

    assert charges(session, GARDEN, now=NOW) == [
        ("ada", Charge(13.0, NOW)),
        ("ada", Charge(10.0, NOW)),
        ("ada", Charge(5.0, NOW)),
    ]


def test_what_is_being_stopped_counts_with_what_it_used_and_what_never_began_with_nothing(ada: Any) -> None:
    pull, session = ada
    stopped = run(session, pull, RunState.SUPERSEDED)
    stage(session, stopped, "train", StageState.RUNNING, started_at=NOW - timedelta(minutes=3))
    stage(session, stopped, "evaluate", StageState.CANCELLED, **ended(0))

    assert charges(session, GARDEN, now=NOW) == [("ada", Charge(3.0, NOW))]


def test_of_two_who_look_at_once_the_second_sees_what_the_first_has_started(engine: Engine) -> None:
    with session_scope(engine) as session:
        pull_id = contribution(session, "ada", 1).id
        measured = run(session, session.get_one(Contribution, pull_id), RunState.SUCCEEDED)
        stage(session, measured, "train", StageState.SUCCEEDED, seconds=600, **ended(9))
    looked, seen = threading.Event(), list[float]()

    def second() -> None:
        assert looked.wait(30)
        with session_scope(engine) as session:
            seen.append(sum(charge.minutes for _, charge in charges(session, GARDEN, now=NOW)))

    other = threading.Thread(target=second)
    other.start()
    with session_scope(engine) as session:
        assert charges(session, GARDEN, now=NOW) == []
        looked.set()
        started = run(session, session.get_one(Contribution, pull_id), RunState.QUEUED, "c")
        stage(session, started, "train", StageState.READY)
        other.join(0.3)  # it waits, or it would have looked by now
    other.join(30)
    assert seen == [10.0]
