"""Deliveries: recorded once under their outside id, stamped when handled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Connection, func, select, update
from sqlalchemy.orm import Session

from service.ledger.arrivals import insert_new
from service.ledger.due import due
from service.ledger.session import insert_or_ignore
from service.ledger.tables import Delivery

MOST_FAULTS: Final = 10
"""What fails this often fails by itself: `graft deliveries replay` tries it again."""
_DIGITS: Final = 19
_LONGEST_PAUSE: Final = timedelta(hours=2)


def record(
    session: Session,
    *,
    delivery_id: str,
    event: str,
    action: str | None,
    repository: str | None,
    body: bytes,
    now: datetime,
) -> tuple[int, bool]:
    """(row id, True) for a new delivery, (row id, False) for one that is there already."""
    row_id = insert_or_ignore(
        session,
        Delivery,
        {
            "delivery_id": delivery_id,
            "event": event,
            "action": action,
            "repository": repository,
            "body": body,
            "received_at": now,
        },
    )
    if row_id is not None:
        return row_id, True
    return session.scalars(select(Delivery.id).where(Delivery.delivery_id == delivery_id)).one(), False


class Arrival(NamedTuple):
    """A webhook as it arrived."""

    delivery_id: str
    event: str
    action: str | None
    repository: str | None
    body: bytes


class Recorded(NamedTuple):
    """A delivery's row. `new`: it was not there before; `processed`: it was handled before."""

    id: int
    new: bool
    processed: bool


def record_all(connection: Connection, arrivals: Sequence[Arrival], *, now: datetime) -> list[Recorded]:
    """Record several at once, answered in the order of `arrivals`. What is there already stays as it was first.

    It takes a connection: for a burst of webhooks, what a session adds would be half of the work.
    """
    inserted = insert_new(connection, arrivals, now=now)
    found = {name: Recorded(row_id, new=True, processed=False) for name, row_id in inserted.items()}
    there = [arrival.delivery_id for arrival in arrivals if arrival.delivery_id not in found]
    if there:
        columns = (Delivery.delivery_id, Delivery.id, Delivery.processed_at)
        for name, row_id, at in connection.execute(select(*columns).where(Delivery.delivery_id.in_(there))):
            found[name] = Recorded(row_id, new=False, processed=at is not None)
    return [found[arrival.delivery_id] for arrival in arrivals]


def begin(session: Session, row_id: int, *, not_before: datetime) -> None:
    """Count an attempt before it is made: one that kills its worker must not be the first one for ever.

    Whoever looks for what is unprocessed leaves it alone until `not_before`.
    """
    session.execute(
        update(Delivery)
        .where(Delivery.id == row_id, Delivery.processed_at.is_(None))
        .values(attempts=Delivery.attempts + 1, not_before=not_before)
    )


def processed(session: Session, row_id: int, *, now: datetime) -> None:
    """Stamp a delivery as handled, in the transaction of its effects."""
    session.execute(update(Delivery).where(Delivery.id == row_id).values(processed_at=now, error=None))


def failed(session: Session, row_id: int, *, error: str, not_before: datetime, counted: bool = True) -> None:
    """Note why handling did not succeed; the sweeper tries again from `not_before` on.

    `counted`: the fault may lie in the delivery itself, so that after MOST_FAULTS it is left to people.
    """
    session.execute(
        update(Delivery)
        .where(Delivery.id == row_id, Delivery.processed_at.is_(None))
        .values(faults=Delivery.faults + int(counted), error=error, not_before=not_before)
    )


def unprocessed(
    session: Session, *, now: datetime, before: datetime | None = None, limit: int = 500
) -> Sequence[int]:
    """Ids of deliveries that may be handled now, oldest first; only those that came `before`, if that is said.

    One that failed is left out until its time comes, so that however many fail, the others have their turn; one that
    failed by itself MOST_FAULTS times is given up. Neither a killed worker nor GitHub in trouble is such a fault.
    """
    waiting = select(Delivery.id).where(
        Delivery.processed_at.is_(None),
        Delivery.faults < MOST_FAULTS,
        due(Delivery.not_before, now, longest=_LONGEST_PAUSE),
    )
    if before is not None:
        waiting = waiting.where(Delivery.received_at <= before)
    return session.scalars(waiting.order_by(Delivery.id).limit(limit)).all()


def replay(session: Session, row_id: int) -> None:
    """Have a delivery handled again, as if it had just arrived."""
    session.execute(
        update(Delivery)
        .where(Delivery.id == row_id)
        .values(processed_at=None, attempts=0, faults=0, error=None, not_before=None)
    )


@dataclass(frozen=True, slots=True)
class Filter:
    """Which deliveries; what is left out does not matter."""

    unprocessed: bool = False
    failed: bool = False
    """Tried, without success so far."""
    event: str | None = None
    repository: str | None = None
    since: datetime | None = None


def find(session: Session, wanted: Filter, *, limit: int) -> Sequence[Delivery]:
    """The newest first."""
    query = select(Delivery).order_by(Delivery.id.desc()).limit(limit)
    if wanted.unprocessed or wanted.failed:
        query = query.where(Delivery.processed_at.is_(None))
    if wanted.failed:
        query = query.where(Delivery.error.is_not(None))
    if wanted.event is not None:
        query = query.where(Delivery.event == wanted.event)
    if wanted.repository is not None:
        query = query.where(Delivery.repository == wanted.repository)
    if wanted.since is not None:
        query = query.where(Delivery.received_at >= wanted.since)
    return session.scalars(query).all()


def one(session: Session, name: str) -> Delivery | None:
    """A delivery by its row's number or by its outside id."""
    found = session.scalars(select(Delivery).where(Delivery.delivery_id == name)).one_or_none()
    if found is None and name.isascii() and name.isdecimal() and len(name) < _DIGITS:
        return session.get(Delivery, int(name))
    return found


def state(delivery: Delivery) -> str:
    """processed, waiting, failing (it is tried again) or given up."""
    if delivery.processed_at is not None:
        return "processed"
    if delivery.error is None:
        return "waiting"
    return "failing" if delivery.faults < MOST_FAULTS else "given up"


def count(session: Session) -> int:
    """How many deliveries were taken in, handled or not."""
    return session.scalar(select(func.count()).select_from(Delivery)) or 0
