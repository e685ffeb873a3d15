"""Deliveries: recorded once under their outside id, stamped when handled."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

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
