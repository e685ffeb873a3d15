"""Asking for a look: rows like deliveries, for what we noticed ourselves. They are handled the same way."""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.ledger import deliveries
from service.ledger.session import nudge_after_commit
from service.ledger.tables import Contribution


def look_at_pull(session: Session, repository: str, number: int, *, why: str, now: datetime) -> None:
    """Have the pull request looked at anew; the same `why` asks once."""
    name = f"look:{repository}#{number}:{why}"
    _ask(session, "pull_request", repository, {"number": number}, name=name, now=now)


def look_at_comment(
    session: Session, repository: str, number: int, comment_id: int, *, why: str, now: datetime
) -> None:
    """Have a comment's commands carried out, unless they were; the same `why` asks once."""
    body = {"issue": {"number": number}, "comment": {"id": comment_id}}
    name = f"look:{repository}:comment:{comment_id}:{why}"
    _ask(session, "issue_comment", repository, body, name=name, now=now)


def looks_due(session: Session, *, now: datetime) -> None:
    """Have those pull requests looked at whose time has come: a budget has room again."""
    due = select(Contribution).where(Contribution.look_at <= now).with_for_update(skip_locked=True)
    for row in session.scalars(due):
        why = f"due:{row.look_at}"
        row.look_at = None
        look_at_pull(session, row.repository, row.number, why=why, now=now)


def _ask(
    session: Session, event: str, repository: str, body: Mapping[str, object], *, name: str, now: datetime
) -> None:
    row_id, fresh = deliveries.record(
        session,
        delivery_id=name,
        event=event,
        action="look",
        repository=repository,
        body=json.dumps(body).encode(),
        now=now,
    )
    if fresh:
        nudge_after_commit(session, "handle_delivery", row_id)
