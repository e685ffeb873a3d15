"""Leases: the right to work on one stage, for as long as its holder beats.

ready -> running (claim) -> succeeded | failed | cancelled, or back to ready (put_back, expire)

Every claim raises the stage's token; each later write names it, so what a holder writes after its lease was taken
from it is refused (LeaseLost).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from service.errors import LeaseLost
from service.ledger import runs
from service.ledger.due import due
from service.ledger.tables import Run, RunState, Stage, StageState

_TRIES = 8
"""How often a claim looks again when another worker was quicker."""
_LONGEST_PAUSE = timedelta(hours=2)
"""Nothing is put back for longer: a quarter of an hour by ourselves, an hour when GitHub's limit is met."""


@dataclass(frozen=True)
class Lease:
    stage_id: int
    run_id: int
    token: int
    owner: str


def claim(session: Session, queue: str, *, owner: str, now: datetime, seconds: float) -> Lease | None:
    """Take the first ready stage of the oldest run in this queue; None when there is nothing to do.

    A stage whose artifact another worker is making is left alone until that worker has finished.
    """
    for attempt in range(_TRIES):
        # At first runs that somebody is changing are passed over, later waited for.
        found = session.execute(_next_ready(queue, now, skip_locked=attempt == 0)).first()
        if found is None:
            if attempt == 0:
                continue
            return None
        lease = _take(session, found[0], found[1], owner=owner, now=now, seconds=seconds)
        if lease is not None:
            return lease
    return None


def _next_ready(queue: str, now: datetime, *, skip_locked: bool) -> Select[int, int]:
    twin = aliased(Stage)
    return (
        select(Stage.id, Run.id)
        .join(Run, Run.id == Stage.run_id)
        .where(
            Stage.state == StageState.READY,
            Stage.queue == queue,
            Run.state.in_((RunState.QUEUED, RunState.RUNNING)),
            due(Stage.not_before, now, longest=_LONGEST_PAUSE),
            ~exists().where(twin.inputs_key == Stage.inputs_key, twin.state == StageState.RUNNING),
        )
        .order_by(Stage.run_id, Stage.position)
        .limit(1)
        .with_for_update(of=Run, skip_locked=skip_locked)
    )


def _take(
    session: Session, stage_id: int, run_id: int, *, owner: str, now: datetime, seconds: float
) -> Lease | None:
    taking = (
        update(Stage)
        .where(Stage.id == stage_id, Stage.state == StageState.READY)
        .values(
            state=StageState.RUNNING,
            attempts=Stage.attempts + 1,
            lease_owner=owner,
            lease_token=Stage.lease_token + 1,
            lease_expires_at=now + timedelta(seconds=seconds),
            not_before=None,
            started_at=now,
        )
        .returning(Stage.lease_token)
    )
    try:
        with session.begin_nested():
            token = session.scalar(taking)
    except IntegrityError:  # one_worker_a_key: another worker began on the same artifact just now
        return None
    if token is None:
        return None
    session.execute(
        update(Run)
        .where(Run.id == run_id, Run.state == RunState.QUEUED)
        .values(state=RunState.RUNNING, started_at=now)
    )
    return Lease(stage_id=stage_id, run_id=run_id, token=token, owner=owner)


def beat(
    session: Session, lease: Lease, *, now: datetime, seconds: float, progress: dict[str, Any] | None = None
) -> bool:
    """Hold on for longer and tell how far it is. Returns whether the run is still wanted.

    Raises LeaseLost when another worker has the stage.
    """
    values: dict[str, Any] = {"lease_expires_at": now + timedelta(seconds=seconds)}
    _write(session, lease, values if progress is None else values | {"progress": progress})
    state = session.scalars(select(Run.state).where(Run.id == lease.run_id)).one()
    return RunState(state).is_open


def name_artifact(
    session: Session, lease: Lease, *, inputs_key: str, run_dir: str, accelerators: int
) -> bool:
    """Say which artifact this stage makes and on how many accelerators; False when another worker is making the same
    one now.
    """
    values = {"inputs_key": inputs_key, "run_dir": run_dir, "accelerators": accelerators}
    try:
        with session.begin_nested():
            _write(session, lease, values)
    except IntegrityError:
        return False
    return True


def succeed(
    session: Session, lease: Lease, *, summary: dict[str, Any], seconds: float, reused: bool, now: datetime
) -> None:
    """The artifact is there. The caller advances the run in the same transaction."""
    _end(
        session,
        lease,
        {
            "state": StageState.SUCCEEDED,
            "summary": summary,
            "seconds": Stage.seconds + seconds,
            "reused": reused,
            "failure": {},
            "finished_at": now,
        },
    )


def fail(session: Session, lease: Lease, *, failure: dict[str, Any], seconds: float, now: datetime) -> None:
    """Given up. The caller advances the run in the same transaction."""
    _end(
        session,
        lease,
        {
            "state": StageState.FAILED,
            "failure": failure,
            "seconds": Stage.seconds + seconds,
            "finished_at": now,
        },
    )


def stop(session: Session, lease: Lease, *, seconds: float, now: datetime) -> None:
    """Its run was cancelled and its process has ended."""
    _end(
        session,
        lease,
        {"state": StageState.CANCELLED, "seconds": Stage.seconds + seconds, "finished_at": now},
    )


def put_back(
    session: Session,
    lease: Lease,
    *,
    seconds: float,
    now: datetime,
    not_before: datetime | None = None,
    failure: dict[str, Any] | None = None,
    counts: bool = True,
) -> None:
    """Ready again. `counts` False: this was no attempt (the worker was told to stop, the artifact is being made)."""
    values: dict[str, Any] = {
        "state": StageState.READY,
        "lease_owner": None,
        "lease_expires_at": None,
        "not_before": not_before,
        "ready_at": not_before or now,
        "failure": failure or {},
        "seconds": Stage.seconds + seconds,
    }
    if not counts:
        values["attempts"] = Stage.attempts - 1
    _end(session, lease, values)


@dataclass(frozen=True)
class Expired:
    """A stage whose holder fell silent, and what became of it."""

    stage_id: int
    run_id: int
    queue: str
    state: StageState


def expire(
    session: Session, *, now: datetime, seconds: float, max_attempts: int, failure: dict[str, Any]
) -> list[Expired]:
    """Take stages from holders that fell silent: ready again, failed after the last attempt, or cancelled with
    their run. The caller advances the runs of those that failed.

    A lease of `seconds` that seems to last far longer was given before the clock was set back: it is over.
    """
    over = due(Stage.lease_expires_at, now, longest=timedelta(seconds=10 * seconds))
    silent = session.execute(
        select(Stage.id, Stage.run_id)
        .where(Stage.state == StageState.RUNNING, over)
        .order_by(Stage.run_id, Stage.id)
    ).all()
    expired = []
    for stage_id, run_id in silent:
        run = runs.lock(session, run_id)
        stage = session.scalars(
            select(Stage)
            .where(Stage.id == stage_id, Stage.state == StageState.RUNNING, over)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one_or_none()
        if stage is None:
            continue  # it beat, or ended, while we waited for the lock
        stage.lease_owner = stage.lease_expires_at = None
        stage.lease_expiries += 1
        if not run.state.is_open:
            stage.state, stage.finished_at = StageState.CANCELLED, now
        elif stage.attempts >= max_attempts:
            stage.state, stage.finished_at = StageState.FAILED, now
            stage.failure = {**failure, "stage": stage.name}
        else:
            stage.state, stage.ready_at = StageState.READY, now
        session.flush()
        expired.append(Expired(stage_id, run_id, stage.queue, stage.state))
    return expired


def waited_too_long(session: Session, *, now: datetime, seconds: float, failure: dict[str, Any]) -> list[int]:
    """Give up stages that no worker took within `seconds`; ids of their runs, which the caller advances.

    A stage whose artifact another one is making is not waiting for a worker.
    """
    twin = aliased(Stage)
    found = session.execute(
        select(Stage.id, Stage.run_id)
        .join(Run, Run.id == Stage.run_id)
        .where(
            Stage.state == StageState.READY,
            Stage.ready_at < now - timedelta(seconds=seconds),
            ~exists().where(twin.inputs_key == Stage.inputs_key, twin.state == StageState.RUNNING),
            Run.state.in_((RunState.QUEUED, RunState.RUNNING)),
        )
        .order_by(Stage.run_id, Stage.id)
    ).all()
    ended = []
    for stage_id, run_id in found:
        runs.lock(session, run_id)
        stage = session.get_one(Stage, stage_id, populate_existing=True, with_for_update=True)
        if stage.state is not StageState.READY:
            continue  # a worker took it while we waited for the lock
        stage.state, stage.finished_at = StageState.FAILED, now
        stage.failure = {**failure, "stage": stage.name}
        session.flush()
        ended.append(run_id)
    return ended


def _end(session: Session, lease: Lease, values: dict[str, Any]) -> None:
    runs.lock(session, lease.run_id)
    _write(session, lease, values)


def _write(session: Session, lease: Lease, values: dict[str, Any]) -> None:
    kept = session.scalar(
        update(Stage)
        .where(
            Stage.id == lease.stage_id,
            Stage.lease_token == lease.token,
            Stage.state == StageState.RUNNING,
        )
        .values(**values)
        .returning(Stage.id)
        .execution_options(synchronize_session=False)
    )
    if kept is None:
        raise LeaseLost(
            f"stage {lease.stage_id} was taken from {lease.owner} (token {lease.token})",
            mend="Nothing: the worker that has it now goes on.",
        )
