"""Rights that one process has at a time, until given back or until their time is over; and pauses, which nobody has."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.errors import LeaseLost
from service.ledger.due import due
from service.ledger.session import insert_or_ignore
from service.ledger.tables import Lock


@dataclass(frozen=True)
class Held:
    name: str
    token: int


def acquire(session: Session, name: str, *, owner: str, now: datetime, seconds: float) -> Held | None:
    """Take the right, or None while another holds it.

    A right that seems to last far longer than `seconds` was taken before the clock was set back; it is free.
    """
    insert_or_ignore(session, Lock, {"name": name})
    token = session.scalar(
        update(Lock)
        .where(Lock.name == name, due(Lock.expires_at, now, longest=timedelta(seconds=10 * seconds)))
        .values(owner=owner, token=Lock.token + 1, expires_at=now + timedelta(seconds=seconds))
        .returning(Lock.token)
    )
    return None if token is None else Held(name, token)


def renew(session: Session, held: Held, *, now: datetime, seconds: float) -> None:
    """Hold on for longer; raises LeaseLost when another took it."""
    kept = session.scalar(
        update(Lock)
        .where(Lock.name == held.name, Lock.token == held.token, Lock.owner.is_not(None))
        .values(expires_at=now + timedelta(seconds=seconds))
        .returning(Lock.token)
    )
    if kept is None:
        raise LeaseLost(f"another process holds {held.name!r} now")


def release(session: Session, held: Held) -> None:
    """Give the right back; nothing happens when it was lost."""
    session.execute(
        update(Lock)
        .where(Lock.name == held.name, Lock.token == held.token)
        .values(owner=None, expires_at=None)
    )


_LONGEST_PAUSE = timedelta(hours=2)
"""GitHub's limits are lifted after an hour at most."""


def pause(session: Session, name: str, *, until: datetime) -> None:
    """Have nobody begin under this name before then. All processes see it, and it outlives them."""
    insert_or_ignore(session, Lock, {"name": f"pause:{name}", "expires_at": until})
    session.execute(update(Lock).where(Lock.name == f"pause:{name}").values(expires_at=until))


def paused_until(session: Session, name: str, *, now: datetime) -> datetime | None:
    """When the pause is over; None when there is none."""
    still = ~due(Lock.expires_at, now, longest=_LONGEST_PAUSE)
    return session.scalar(select(Lock.expires_at).where(Lock.name == f"pause:{name}", still))


def paused(session: Session, name: str, *, now: datetime) -> bool:
    return paused_until(session, name, now=now) is not None


def alone(session: Session, name: str) -> None:
    """Until this transaction ends nobody else goes on under this name. What is read afterwards is as others left it."""
    session.connection()  # begins the transaction: SQLite has one writer, and from here on it is we
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
