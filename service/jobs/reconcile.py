"""The ledger against GitHub: pull requests, heads and comments that no webhook told us of."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from service.decisions.comment_commands import parse
from service.github.client import Comment, GitHub, PullRequest
from service.jobs import strays
from service.jobs.looks import look_at_comment, look_at_pull
from service.jobs.tools import Tools
from service.ledger import cursors
from service.ledger.tables import Contribution, HandledComment, Run

log = logging.getLogger(__name__)

_OVERLAP = timedelta(minutes=5)
"""GitHub shows some things late; what is seen twice is handled once."""
_FIRST_LOOK_BACK = timedelta(minutes=15)
"""A service that is set up anew obeys no older comment."""
_SWEEPS_A_LOOK = 5
"""GitHub is asked for failed deliveries at every so manieth sweep."""
_DELIVERIES_LOOK_BACK = timedelta(hours=6)


def reconcile(tools: Tools, client: GitHub, repository: str) -> None:
    """Ask for a look at whatever differs. Raises GitHubFailed when GitHub cannot be asked."""
    began = tools.now()
    pulls = client.open_pull_requests(repository)
    with tools.read() as session:
        since = _cursor(session, f"comments:{repository}") or began - _FIRST_LOOK_BACK
    comments = client.comments_since(repository, since - _OVERLAP)
    with tools.write() as session:
        now = tools.now()
        _compare_pulls(session, repository, pulls, now)
        _compare_comments(session, tools, repository, comments, now)
        strays.doubt_second_comments(session, tools, repository, comments)
        newest = max((comment.updated_at for comment in comments), default=since)
        cursors.set_cursor(session, f"comments:{repository}", max(newest, since).isoformat())
    strays.unfinished(tools, client, repository, pulls)
    _redeliver(tools, client, began)
    with tools.write() as session:
        cursors.set_cursor(session, f"compared:{repository}", began.isoformat())


def _compare_pulls(session: Session, repository: str, pulls: Sequence[PullRequest], now: datetime) -> None:
    known = {
        row.number: row
        for row in session.scalars(
            select(Contribution).where(Contribution.repository == repository, Contribution.state == "open")
        )
    }
    for pull in pulls:
        row = known.pop(pull.number, None)
        if row is None or (row.head_sha, row.draft) != (pull.head_sha, pull.draft):
            why = f"seen:{pull.head_sha}:{pull.draft}:{pull.updated_at.isoformat()}"
            look_at_pull(session, repository, pull.number, why=why, now=now)
        elif not _has_run(session, row):
            look_at_pull(session, repository, pull.number, why=f"unchecked:{pull.head_sha}", now=now)
    for row in known.values():  # open here, and not there any more
        why = f"ended:{row.head_sha}:{row.seen_at.isoformat()}"
        look_at_pull(session, repository, row.number, why=why, now=now)


def _has_run(session: Session, row: Contribution) -> bool:
    run = exists().where(Run.contribution_id == row.id, Run.head_sha == row.head_sha)
    return bool(session.scalar(select(run)))


def _compare_comments(
    session: Session, tools: Tools, repository: str, comments: Sequence[Comment], now: datetime
) -> None:
    for comment in comments:
        ours = comment.author_is_bot or comment.author == tools.settings.bot_login
        if ours or not parse(comment.body):
            continue
        handled = exists().where(
            HandledComment.repository == repository, HandledComment.comment_id == comment.id
        )
        if not session.scalar(select(handled)):
            look_at_comment(session, repository, comment.number, comment.id, why="seen", now=now)


def _redeliver(tools: Tools, client: GitHub, now: datetime) -> None:
    """Have GitHub send again what did not reach us. Only an App can ask for that."""
    if tools.settings.github_app_id is None:
        return
    with tools.write() as session:
        last = _cursor(session, "deliveries")
        every = timedelta(seconds=_SWEEPS_A_LOOK * tools.settings.sweep_seconds)
        if last is not None and timedelta(0) <= now - last < every:
            return
        cursors.set_cursor(session, "deliveries", now.isoformat())
    since = max(last - _OVERLAP, now - _DELIVERIES_LOOK_BACK) if last else now - _FIRST_LOOK_BACK
    for delivery in client.failed_deliveries(since):
        client.redeliver(delivery)


def _cursor(session: Session, name: str) -> datetime | None:
    value = cursors.cursor(session, name)
    return None if value is None else datetime.fromisoformat(value)
