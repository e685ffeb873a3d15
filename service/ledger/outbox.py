"""The outbox: what GitHub is to show, one row a place. Sent means that GitHub confirmed exactly this content."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from service.ledger.session import insert_or_ignore
from service.ledger.tables import Outbox, OutboxState


@dataclass(frozen=True)
class Letter:
    """One row as it was taken to be sent."""

    id: int
    key: str
    kind: str
    repository: str
    payload: dict[str, Any]
    content_hash: str
    remote_id: int | None
    attempts: int


def content_hash(payload: dict[str, Any]) -> str:
    """SHA-256 (hex) of the payload's canonical JSON."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()


def put(
    session: Session, *, key: str, kind: str, repository: str, payload: dict[str, Any], now: datetime
) -> int | None:
    """Have this content shown. Returns the row's id when there is something to send.

    New content takes the place of content that was not sent yet. Content equal to what was sent last changes nothing.
    """
    content = content_hash(payload)
    values = {"payload": payload, "content_hash": content}
    fresh = {"key": key, "kind": kind, "repository": repository, "created_at": now, **values}
    row_id = insert_or_ignore(session, Outbox, fresh)
    if row_id is not None:
        return row_id
    row = session.scalars(
        select(Outbox).where(Outbox.key == key).with_for_update().execution_options(populate_existing=True)
    ).one()
    if row.content_hash == content:
        return None
    row.payload, row.content_hash = payload, content
    row.state = OutboxState.SENT if row.sent_hash == content else OutboxState.PENDING
    row.attempts, row.not_before, row.error = 0, None, None
    session.flush()
    return row.id if row.state is OutboxState.PENDING else None


def take(session: Session, *, now: datetime) -> Letter | None:
    """The oldest row that may be sent now."""
    row = session.scalars(
        select(Outbox)
        .where(
            Outbox.state == OutboxState.PENDING, or_(Outbox.not_before.is_(None), Outbox.not_before <= now)
        )
        .order_by(Outbox.id)
        .limit(1)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        return None
    return Letter(
        id=row.id,
        key=row.key,
        kind=row.kind,
        repository=row.repository,
        payload=row.payload,
        content_hash=row.content_hash,
        remote_id=row.remote_id,
        attempts=row.attempts,
    )


def mark_sent(session: Session, letter: Letter, *, remote_id: int | None, now: datetime) -> bool:
    """GitHub shows this letter's content now. False when newer content waits in its place already."""
    session.execute(
        update(Outbox)
        .where(Outbox.id == letter.id)
        .values(sent_hash=letter.content_hash, remote_id=remote_id, sent_at=now, error=None)
    )
    done = session.scalar(
        update(Outbox)
        .where(Outbox.id == letter.id, Outbox.content_hash == letter.content_hash)
        .values(state=OutboxState.SENT)
        .returning(Outbox.id)
    )
    return done is not None


def mark_failed(session: Session, letter: Letter, *, error: str, not_before: datetime | None) -> None:
    """It was not sent: again from `not_before` on, or never (None). Newer content is not touched."""
    state = OutboxState.FAILED if not_before is None else OutboxState.PENDING
    session.execute(
        update(Outbox)
        .where(Outbox.id == letter.id, Outbox.content_hash == letter.content_hash)
        .values(attempts=Outbox.attempts + 1, error=error, not_before=not_before, state=state)
    )


def keys(session: Session, prefix: str) -> list[str]:
    """The places whose key begins so, sent or not."""
    return list(session.scalars(select(Outbox.key).where(Outbox.key.startswith(prefix, autoescape=True))))


def show_again(session: Session, key: str) -> int | None:
    """Have what was sent last sent once more: GitHub shows it no longer. Returns the row's id if there is one."""
    return session.scalar(
        update(Outbox)
        .where(Outbox.key == key)
        .values(state=OutboxState.PENDING, sent_hash=None, attempts=0, not_before=None, error=None)
        .returning(Outbox.id)
    )


def pending(session: Session) -> int:
    """How many rows wait to be sent, those that back off included."""
    return len(session.scalars(select(Outbox.id).where(Outbox.state == OutboxState.PENDING)).all())
