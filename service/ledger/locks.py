"""Rights that one process has at a time, until given back or until their time is over."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from service.errors import LeaseLost
from service.ledger.session import insert_or_ignore
from service.ledger.tables import Lock


@dataclass(frozen=True)
class Held:
    name: str
    token: int


def acquire(session: Session, name: str, *, owner: str, now: datetime, seconds: float) -> Held | None:
    """Take the right, or None while another holds it."""
    insert_or_ignore(session, Lock, {"name": name})
    token = session.scalar(
        update(Lock)
        .where(Lock.name == name, or_(Lock.expires_at.is_(None), Lock.expires_at <= now))
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
