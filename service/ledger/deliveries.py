"""Deliveries: recorded once under their outside id, stamped when handled."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.ledger.due import due
from service.ledger.session import insert_or_ignore
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


_LONGEST_PAUSE = timedelta(hours=2)


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


def failed(session: Session, row_id: int, *, error: str, not_before: datetime) -> None:
    """Note why handling did not succeed; the sweeper tries again from `not_before` on."""
    session.execute(
        update(Delivery)
        .where(Delivery.id == row_id, Delivery.processed_at.is_(None))
        .values(error=error, not_before=not_before)
    )


def unprocessed(
    session: Session, *, now: datetime, before: datetime | None = None, limit: int = 500
) -> Sequence[int]:
    """Ids of deliveries that may be handled now, oldest first; only those that came `before`, if that is said.

    One that failed is left out until its time comes, so that however many fail, the others have their turn.
    """
    waiting = select(Delivery.id).where(
        Delivery.processed_at.is_(None), due(Delivery.not_before, now, longest=_LONGEST_PAUSE)
    )
    if before is not None:
        waiting = waiting.where(Delivery.received_at <= before)
    return session.scalars(waiting.order_by(Delivery.id).limit(limit)).all()


def count(session: Session) -> int:
    """How many deliveries were taken in, handled or not."""
    return session.scalar(select(func.count()).select_from(Delivery)) or 0
