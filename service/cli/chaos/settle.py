"""Waits until nothing is left to be done: all told, handled, run, reported and sent, and compared with GitHub."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.cli.chaos.house import House
from service.ledger import contributions, outbox
from service.ledger.cursors import cursor
from service.ledger.session import read_scope
from service.ledger.tables import Delivery, Outbox, OutboxState, Run, RunState

_LOOK_SECONDS = 0.3


def settle(house: House, tick: Callable[[], None], *, within: float) -> list[str]:
    """Empty once all is quiet and stayed so over a whole comparison with GitHub; else what still waits."""
    deadline = time.monotonic() + within
    while True:
        began = datetime.now(UTC)
        while waiting := _waiting(house):
            if time.monotonic() > deadline:
                return waiting
            tick()
            time.sleep(_LOOK_SECONDS)
        while not _compared_since(house, began):
            if time.monotonic() > deadline:
                return ["the ledger was not compared with GitHub"]
            tick()
            time.sleep(_LOOK_SECONDS)
        if not _waiting(house):
            return []


def _compared_since(house: House, began: datetime) -> bool:
    with read_scope(house.engine) as session:
        compared = cursor(session, f"compared:{house.repository}")
    return compared is not None and datetime.fromisoformat(compared) > began


def _waiting(house: House) -> list[str]:
    on_the_way = len(house.standin.deliveries("waiting"))
    waiting = [f"{on_the_way} webhooks on the way"] if on_the_way else []
    with read_scope(house.engine) as session:
        return waiting + left_over(session)


def left_over(session: Session) -> list[str]:
    """What the ledger still has to do, or gave up doing."""
    deliveries = session.scalars(select(Delivery.delivery_id).where(Delivery.processed_at.is_(None))).all()
    runs = session.scalars(select(Run.id).where(Run.state.in_((RunState.QUEUED, RunState.RUNNING)))).all()
    given_up = session.scalars(select(Outbox.key).where(Outbox.state == OutboxState.FAILED)).all()
    said = {
        "deliveries not processed": len(deliveries),
        "reports due": len(contributions.reports_due(session)),
        "letters not sent": outbox.pending(session),
        "letters given up": len(given_up),
        "runs open": len(runs),
    }
    return [f"{count} {what}" for what, count in said.items() if count]
