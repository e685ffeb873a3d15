"""Figures for `/metrics`: counted in the ledger when they are asked for."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from service.ledger.tables import Delivery, Outbox, OutboxState, Run, RunKind, Stage, StageState

_MOST_ROWS = 5000
"""Of recent rows so many are looked at; more would say the same."""


@dataclass(frozen=True)
class Durations:
    """Finished stages of one name: how many, their seconds in all, and how many took at most each limit."""

    count: int
    seconds: float
    within: tuple[int, ...]


def deliveries(session: Session) -> dict[tuple[str, str], int]:
    """(event, processed | failing | waiting) -> how many are kept."""
    outcome = case(
        (Delivery.processed_at.is_not(None), "processed"),
        (Delivery.error.is_not(None), "failing"),
        else_="waiting",
    )
    rows = session.execute(
        select(Delivery.event, outcome, func.count()).group_by(Delivery.event, outcome)
    ).all()
    return {(event, ending): count for event, ending, count in rows}


def deliveries_ever(session: Session) -> int:
    """How many were ever recorded, those that retention has removed included (numbers are not given twice)."""
    return session.scalar(select(func.max(Delivery.id))) or 0


def oldest_delivery(session: Session) -> datetime | None:
    """Since when a delivery waits to be handled."""
    return session.scalar(select(func.min(Delivery.received_at)).where(Delivery.processed_at.is_(None)))


def delivery_seconds(session: Session, *, since: datetime) -> list[float]:
    """From its receipt to its effects, of each delivery that was handled since then."""
    rows = session.execute(
        select(Delivery.received_at, Delivery.processed_at)
        .where(Delivery.processed_at >= since)
        .order_by(Delivery.processed_at.desc())
        .limit(_MOST_ROWS)
    )
    return [(done - came).total_seconds() for came, done in rows if done is not None]


def stages(session: Session) -> list[tuple[str, StageState, int]]:
    """(name, state, how many)"""
    counts = select(Stage.name, Stage.state, func.count()).group_by(Stage.name, Stage.state)
    return [(name, state, n) for name, state, n in session.execute(counts.order_by(Stage.name, Stage.state))]


def oldest_ready(session: Session) -> dict[str, datetime | None]:
    """Queue -> since when its oldest ready stage waits."""
    oldest = select(Stage.queue, func.min(Stage.ready_at)).where(Stage.state == StageState.READY)
    rows = session.execute(oldest.group_by(Stage.queue).order_by(Stage.queue))
    return {row[0]: row[1] for row in rows}


def queue_seconds(session: Session, *, since: datetime) -> dict[str, list[float]]:
    """Queue -> how long each stage that began since then had waited for a worker."""
    rows = session.execute(
        select(Stage.queue, Stage.ready_at, Stage.started_at)
        .where(Stage.started_at >= since, Stage.ready_at.is_not(None))
        .order_by(Stage.started_at.desc())
        .limit(_MOST_ROWS)
    )
    found: defaultdict[str, list[float]] = defaultdict(list)
    for queue, ready, started in rows:
        if ready is not None and started is not None:
            found[queue].append(max(0.0, (started - ready).total_seconds()))
    return dict(found)


def overdue_leases(session: Session, *, now: datetime) -> int:
    late = and_(Stage.state == StageState.RUNNING, Stage.lease_expires_at < now)
    return session.scalar(select(func.count()).select_from(Stage).where(late)) or 0


def lease_expiries(session: Session) -> dict[str, int]:
    """Stage -> how often one of its name was ever taken back from a worker that fell silent."""
    counts = select(Stage.name, func.sum(Stage.lease_expiries)).group_by(Stage.name).order_by(Stage.name)
    return {name: int(count) for name, count in session.execute(counts)}


def stage_retries(session: Session) -> int:
    """Tries beyond each stage's first: most follow on a lease that ran out."""
    return session.scalar(select(func.sum(case((Stage.attempts > 1, Stage.attempts - 1), else_=0)))) or 0


def stage_seconds(session: Session, limits: Sequence[float]) -> dict[str, Durations]:
    """Stage -> its working times, those used again left out."""
    within = [func.sum(case((Stage.seconds <= limit, 1), else_=0)) for limit in limits]
    rows = session.execute(
        select(Stage.name, func.count(), func.sum(Stage.seconds), *within)
        .where(Stage.state == StageState.SUCCEEDED, Stage.reused.is_(False))
        .group_by(Stage.name)
        .order_by(Stage.name)
    )
    return {name: Durations(count, float(total), tuple(below)) for name, count, total, *below in rows}


def accelerator_seconds(session: Session, *, since: datetime) -> dict[RunKind, float]:
    """Kind of run -> seconds that its stages on the queue `gpu` worked, times their accelerators, of those that ended
    since then.
    """
    rows = session.execute(
        select(Run.kind, func.sum(Stage.seconds * Stage.accelerators))
        .join(Run, Run.id == Stage.run_id)
        .where(Stage.queue == "gpu", Stage.finished_at >= since)
        .group_by(Run.kind)
        .order_by(Run.kind)
    )
    return {kind: float(seconds) for kind, seconds in rows}


def outbox(session: Session) -> list[tuple[str, OutboxState, int]]:
    """(kind, state, how many)"""
    counts = select(Outbox.kind, Outbox.state, func.count()).group_by(Outbox.kind, Outbox.state)
    return [
        (kind, state, n) for kind, state, n in session.execute(counts.order_by(Outbox.kind, Outbox.state))
    ]


def oldest_letter(session: Session) -> datetime | None:
    """Since when GitHub does not show something that it is to show."""
    return session.scalar(select(func.min(Outbox.created_at)).where(Outbox.state == OutboxState.PENDING))


def runs(session: Session) -> list[tuple[str, str, int]]:
    """(kind, state, how many)"""
    counts = select(Run.kind, Run.state, func.count()).group_by(Run.kind, Run.state)
    rows = session.execute(counts.order_by(Run.kind, Run.state))
    return [(kind.value, state.value, count) for kind, state, count in rows]
