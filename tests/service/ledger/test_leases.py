"""Who holds a stage may write, and nobody else."""

import threading
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from service.errors import LeaseLost
from service.ledger import leases, runs
from service.ledger.leases import Lease
from service.ledger.session import session_scope
from service.ledger.tables import RunState, Stage, StageState
from tests.service.ledger.makers import SECONDS, claim, later, ready_stages, run_of, stage

FAILURE: dict[str, Any] = {"code": "worker_lost"}


def held(engine: Engine, owner: str, now: datetime) -> Lease:
    lease = claim(engine, owner, now=now)
    assert lease is not None
    return lease


def expire(engine: Engine, now: datetime, max_attempts: int = 3) -> list[StageState]:
    with session_scope(engine) as session:
        found = leases.expire(session, now=now, seconds=SECONDS, max_attempts=max_attempts, failure=FAILURE)
        return [one.state for one in found]


def test_many_claimers_never_hold_the_same_stage(engine: Engine, now: datetime) -> None:
    stages = ready_stages(engine, 12, now=now)
    taken: list[int] = []
    guard = threading.Lock()

    def work(owner: str) -> None:
        while (lease := claim(engine, owner, now=now)) is not None:
            with guard:
                taken.append(lease.stage_id)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == stages


def test_a_claim_starts_the_run_and_counts_the_attempt(engine: Engine, now: datetime) -> None:
    (stage_id,) = ready_stages(engine, 1, now=now)

    lease = held(engine, "w1", now)

    assert (lease.stage_id, lease.token) == (stage_id, 1)
    assert stage(engine, stage_id).attempts == 1
    assert run_of(engine, stage_id).state is RunState.RUNNING


def test_a_zombies_writes_are_refused(engine: Engine, now: datetime) -> None:
    (stage_id,) = ready_stages(engine, 1, now=now)
    zombie = held(engine, "zombie", now)
    assert expire(engine, later(now, SECONDS + 1)) == [StageState.READY]
    with session_scope(engine) as session, pytest.raises(LeaseLost):
        leases.beat(session, zombie, now=now, seconds=SECONDS)

    heir = held(engine, "heir", now)

    assert heir.token == zombie.token + 1
    with session_scope(engine) as session:
        with pytest.raises(LeaseLost):
            leases.beat(session, zombie, now=now, seconds=SECONDS)
        with pytest.raises(LeaseLost):
            leases.succeed(session, zombie, summary={}, seconds=1, reused=False, now=now)
        with pytest.raises(LeaseLost):
            leases.fail(session, zombie, failure=FAILURE, seconds=1, now=now)
        with pytest.raises(LeaseLost):
            leases.put_back(session, zombie, seconds=1, now=now)
    assert stage(engine, stage_id).state is StageState.RUNNING


def test_who_beats_keeps_the_stage(engine: Engine, now: datetime) -> None:
    ready_stages(engine, 1, now=now)
    lease = held(engine, "w1", now)
    with session_scope(engine) as session:
        assert leases.beat(session, lease, now=later(now, SECONDS - 1), seconds=SECONDS, progress={"done": 3})

    assert expire(engine, later(now, SECONDS + 1)) == []
    assert stage(engine, lease.stage_id).progress == {"done": 3}


def test_a_stage_that_kills_its_workers_is_given_up(engine: Engine, now: datetime) -> None:
    (stage_id,) = ready_stages(engine, 1, now=now)
    seen = []
    for turn in range(3):
        held(engine, f"w{turn}", now)
        seen += expire(engine, later(now, SECONDS + 1))

    assert seen == [StageState.READY, StageState.READY, StageState.FAILED]
    assert stage(engine, stage_id).failure["code"] == "worker_lost"
    assert stage(engine, stage_id).lease_expiries == 3


def test_a_stage_that_was_put_back_waits_for_its_time(engine: Engine, now: datetime) -> None:
    ready_stages(engine, 1, now=now)
    lease = held(engine, "w1", now)
    with session_scope(engine) as session:
        leases.put_back(session, lease, seconds=2, now=now, not_before=later(now, 30), failure=FAILURE)

    assert claim(engine, "w1", now=later(now, 29)) is None
    assert held(engine, "w1", later(now, 30)).token == 2


def test_an_interruption_is_no_attempt(engine: Engine, now: datetime) -> None:
    (stage_id,) = ready_stages(engine, 1, now=now)
    lease = held(engine, "w1", now)
    with session_scope(engine) as session:
        leases.put_back(session, lease, seconds=2, now=now, counts=False)

    assert stage(engine, stage_id).attempts == 0
    assert stage(engine, stage_id).lease_expiries == 0


def test_two_workers_do_not_make_the_same_artifact(engine: Engine, now: datetime) -> None:
    first, second = ready_stages(engine, 2, now=now)
    one, other = held(engine, "w1", now), held(engine, "w2", now)
    with session_scope(engine) as session:
        assert leases.name_artifact(session, one, inputs_key="k", run_dir="d", accelerators=8)
        assert not leases.name_artifact(session, other, inputs_key="k", run_dir="d", accelerators=8)
        leases.put_back(session, other, seconds=0, now=now, counts=False)

    assert (stage(engine, first).inputs_key, stage(engine, first).accelerators) == ("k", 8)
    assert stage(engine, second).state is StageState.READY


def test_a_stage_waits_while_its_artifact_is_being_made(engine: Engine, now: datetime) -> None:
    first, second, other = ready_stages(engine, 3, now=now)
    with session_scope(engine) as session:
        for stage_id in (first, second):
            row = session.get_one(Stage, stage_id)
            runs.make_ready(session, row, inputs_key="k", run_dir="d", now=now)
    one = held(engine, "w1", now)
    assert held(engine, "w2", now).stage_id == other
    assert claim(engine, "w3", now=now) is None

    with session_scope(engine) as session:
        leases.succeed(session, one, summary={}, seconds=1, reused=False, now=now)

    assert held(engine, "w2", now).stage_id == second


def test_a_beat_tells_that_the_run_is_over(engine: Engine, now: datetime) -> None:
    ready_stages(engine, 1, now=now)
    lease = held(engine, "w1", now)
    with session_scope(engine) as session:
        runs.cancel(session, lease.run_id, state=RunState.SUPERSEDED, reason="a push", now=now)

    with session_scope(engine) as session:
        assert not leases.beat(session, lease, now=now, seconds=SECONDS)


def test_a_cancelled_runs_stage_ends_with_its_silent_worker(engine: Engine, now: datetime) -> None:
    (stage_id,) = ready_stages(engine, 1, now=now)
    lease = held(engine, "w1", now)
    with session_scope(engine) as session:
        runs.cancel(session, lease.run_id, state=RunState.CANCELLED, reason="asked", now=now)

    assert expire(engine, later(now, SECONDS + 1)) == [StageState.CANCELLED]
    assert claim(engine, "w2", now=now) is None
    assert stage(engine, stage_id).state is StageState.CANCELLED
    assert stage(engine, stage_id).lease_expiries == 1


def test_a_lease_given_before_the_clock_was_set_back_is_over(engine: Engine, now: datetime) -> None:
    ready_stages(engine, 1, now=now)
    held(engine, "dead", later(now, 7200))

    assert expire(engine, now) == [StageState.READY]


def test_a_pause_from_before_the_clock_was_set_back_is_not_waited_for(engine: Engine, now: datetime) -> None:
    ready_stages(engine, 1, now=now)
    lease = held(engine, "w1", now)
    with session_scope(engine) as session:
        leases.put_back(session, lease, seconds=1, now=now, not_before=later(now, 3 * 3600), failure=FAILURE)

    assert claim(engine, "w1", now=now) is not None


def give_up(engine: Engine, now: datetime, seconds: float) -> list[int]:
    with session_scope(engine) as session:
        return leases.waited_too_long(session, now=now, seconds=seconds, failure=FAILURE)


def test_a_stage_that_no_worker_takes_is_given_up_and_one_at_work_is_not(
    engine: Engine, now: datetime
) -> None:
    first, second = ready_stages(engine, 2, now=now)
    at_work = held(engine, "w1", now)
    assert at_work.stage_id == first
    assert give_up(engine, later(now, 99), 100) == []

    assert give_up(engine, later(now, 101), 100) == [run_of(engine, second).id]
    assert stage(engine, second).state is StageState.FAILED
    assert stage(engine, first).state is StageState.RUNNING


def test_the_wait_begins_anew_when_a_stage_is_put_back(engine: Engine, now: datetime) -> None:
    ready_stages(engine, 1, now=now)
    lease = held(engine, "w1", later(now, 90))
    with session_scope(engine) as session:
        leases.put_back(session, lease, seconds=1, now=later(now, 95), failure=FAILURE)

    assert give_up(engine, later(now, 150), 100) == []
    assert len(give_up(engine, later(now, 196), 100)) == 1


def test_a_stage_whose_artifact_is_being_made_does_not_wait_for_a_worker(
    engine: Engine, now: datetime
) -> None:
    stages = ready_stages(engine, 2, now=now)
    with session_scope(engine) as session:
        for stage_id in stages:
            runs.make_ready(session, session.get_one(Stage, stage_id), inputs_key="k", run_dir="d", now=now)
    held(engine, "w1", now)

    assert give_up(engine, later(now, 1000), 100) == []
