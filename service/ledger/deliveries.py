"""Deliveries: recorded once under their outside id, stamped when handled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update
from sqlalchemy.orm import Session

from service.ledger.session import insert_ignoring, insert_or_ignore
from service.ledger.tables import Delivery


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


@dataclass(frozen=True, slots=True)
class Arrival:
    """A webhook as it arrived."""

    delivery_id: str
    event: str
    action: str | None
    repository: str | None
    body: bytes


@dataclass(frozen=True, slots=True)
class Recorded:
    """A delivery's row. `new`: it was not there before; `processed`: it was handled before."""

    id: int
    new: bool
    processed: bool


def record_all(connection: Connection, arrivals: Sequence[Arrival], *, now: datetime) -> list[Recorded]:
    """Record several at once, answered in the order of `arrivals`. What is there already stays as it was first.

    It takes a connection: for a burst of webhooks, what a session adds would be half of the work.
    """
    connection.execute(insert_ignoring(connection.dialect, Delivery), [_row(one, now) for one in arrivals])
    columns = (Delivery.delivery_id, Delivery.id, Delivery.received_at, Delivery.processed_at)
    names = [arrival.delivery_id for arrival in arrivals]
    found = {
        name: Recorded(row_id, received_at == now, processed_at is not None)
        for name, row_id, received_at, processed_at in connection.execute(
            select(*columns).where(Delivery.delivery_id.in_(names))
        )
    }
    return [found[name] for name in names]


def _row(arrival: Arrival, now: datetime) -> dict[str, object]:
    return {
        "delivery_id": arrival.delivery_id,
        "event": arrival.event,
        "action": arrival.action,
        "repository": arrival.repository,
        "body": arrival.body,
        "received_at": now,
        "attempts": 0,
    }


def processed(session: Session, row_id: int, *, now: datetime) -> None:
    """Stamp a delivery as handled, in the transaction of its effects."""
    session.execute(update(Delivery).where(Delivery.id == row_id).values(processed_at=now, error=None))


def failed(session: Session, row_id: int, *, error: str) -> None:
    """Note why handling did not succeed; the sweeper tries again."""
    session.execute(
        update(Delivery)
        .where(Delivery.id == row_id, Delivery.processed_at.is_(None))
        .values(attempts=Delivery.attempts + 1, error=error)
    )


def unprocessed(session: Session, *, limit: int = 500) -> Sequence[int]:
    """Ids of deliveries still to be handled, oldest first."""
    return session.scalars(
        select(Delivery.id).where(Delivery.processed_at.is_(None)).order_by(Delivery.id).limit(limit)
    ).all()


def count(session: Session) -> int:
    """How many deliveries were taken in, handled or not."""
    return session.scalar(select(func.count()).select_from(Delivery)) or 0
