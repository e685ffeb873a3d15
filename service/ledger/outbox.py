"""The outbox: what GitHub is to show, one row a place. Sent means that GitHub confirmed exactly this content.

Letters go out one after the other for each installation: the account whose repositories it serves, by which GitHub
counts its limits.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from service.ledger.due import due
from service.ledger.session import insert_or_ignore, nudge_after_commit
from service.ledger.tables import Outbox, OutboxState

_LONGEST_PAUSE = timedelta(hours=2)


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


def post(
    session: Session, *, key: str, kind: str, repository: str, payload: dict[str, Any], now: datetime
) -> None:
    """Have this content shown, as `put` does, and tell a worker once that is committed."""
    row_id = put(session, key=key, kind=kind, repository=repository, payload=payload, now=now)
    if row_id is not None:
        nudge_after_commit(session, "send_outbox", row_id)


def installation_of(repository: str) -> str:
    """Whose repository it is: an App is installed on an account, and a token's owner writes for one."""
    return repository.partition("/")[0]


def _may_be_sent(now: datetime) -> ColumnElement[bool]:
    waits = Outbox.state == OutboxState.PENDING
    return waits & due(Outbox.not_before, now, longest=_LONGEST_PAUSE)


def _of(installation: str) -> ColumnElement[bool]:
    return Outbox.repository.startswith(f"{installation}/", autoescape=True)


def take(session: Session, *, now: datetime, installation: str = "") -> Letter | None:
    """The oldest row that may be sent now, of one installation or of all."""
    query = select(Outbox).where(_may_be_sent(now))
    if installation:
        query = query.where(_of(installation))
    row = session.scalars(
        query.order_by(Outbox.id).limit(1).execution_options(populate_existing=True)
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


def installations(session: Session, *, now: datetime) -> dict[str, int]:
    """Installations with something that may be sent now, and for each the id of one such row."""
    found = session.execute(
        select(Outbox.repository, func.min(Outbox.id)).where(_may_be_sent(now)).group_by(Outbox.repository)
    )
    return {installation_of(repository): row_id for repository, row_id in found}


def written(
    session: Session, installation: str, *, since: datetime, now: datetime
) -> tuple[int, datetime | None]:
    """(how many places of an installation were written to since then, when the last one was).

    A place that was made and then edited counts once, at its last write: so this is never fewer than were made.
    """
    count, last = session.execute(
        select(func.count(), func.max(Outbox.sent_at)).where(
            _of(installation), Outbox.sent_at > since, Outbox.sent_at <= now
        )
    ).one()
    return count, last


def doubt(session: Session, letter_id: int) -> None:
    """What GitHub shows in this place is not sure any more: have it looked for, tidied and written again."""
    session.execute(
        update(Outbox)
        .where(Outbox.id == letter_id)
        .values(
            state=OutboxState.PENDING, sent_hash=None, remote_id=None, attempts=0, not_before=None, error=None
        )
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
