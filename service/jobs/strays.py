"""What GitHub shows of ours that the ledger knows nothing of: second comments, check runs left in progress.

A process that slept between its last look at its right to write and the write itself may leave them, and so may a
ledger that was restored from a backup. They are mended through the outbox, as everything is that we write.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from service.github.client import Comment, GitHub, PullRequest
from service.jobs.tools import Tools
from service.ledger import outbox
from service.ledger.contributions import want_report
from service.ledger.cursors import cursor, set_cursor
from service.ledger.session import nudge_after_commit
from service.ledger.tables import Contribution, Outbox, OutboxState, Run, RunState
from service.reports import check as check_report
from service.reports.comment import MARKER

_ANSWER: Final = re.compile(r"<!-- graftlab:answer:(\d{1,19}) -->")
_HEADS_A_LOOK: Final = 5
"""Of how many pull requests the check runs are read in one sweep: each costs a request."""


def doubt_second_comments(
    session: Session, tools: Tools, repository: str, comments: Sequence[Comment]
) -> None:
    """A comment of ours in a place where the ledger knows another one: have the place tidied."""
    for comment in comments:
        key = _place(repository, comment) if comment.author == tools.settings.bot_login else None
        row = None if key is None else session.scalars(select(Outbox).where(Outbox.key == key)).one_or_none()
        if row is None or row.state is not OutboxState.SENT or row.remote_id in {None, comment.id}:
            continue
        outbox.doubt(session, row.id)
        nudge_after_commit(session, "send_outbox", row.id)


def _place(repository: str, comment: Comment) -> str | None:
    if comment.body.startswith(MARKER):
        return f"{repository}#{comment.number}:comment"
    answer = _ANSWER.match(comment.body)
    return f"{repository}#{comment.number}:answer:{answer[1]}" if answer else None


def unfinished(tools: Tools, client: GitHub, repository: str, pulls: Sequence[PullRequest]) -> None:
    """Look at the check runs of the next few open pull requests. Raises GitHubFailed."""
    for pull in _next_few(tools, repository, pulls):
        for check_id in client.unfinished_checks(repository, pull.head_sha, check_report.NAME):
            with tools.write() as session:
                _mend(session, repository, pull.head_sha, check_id, now=tools.now())


def _next_few(tools: Tools, repository: str, pulls: Sequence[PullRequest]) -> list[PullRequest]:
    """Round and round, by number."""
    name = f"checks:{repository}"
    with tools.write() as session:
        last = int(cursor(session, name) or 0)
        ahead = sorted(pulls, key=lambda pull: (pull.number <= last, pull.number))[:_HEADS_A_LOOK]
        set_cursor(session, name, str(ahead[-1].number if ahead else 0))
    return ahead


def _mend(session: Session, repository: str, head_sha: str, check_id: int, *, now: datetime) -> None:
    key = f"{repository}@{head_sha}:check"
    row = session.scalars(select(Outbox).where(Outbox.key == key)).one_or_none()
    if row is not None and row.state is not OutboxState.SENT:
        return  # about to be written
    row_id: int | None
    if row is None or row.remote_id != check_id:
        row_id = outbox.put(
            session,
            key=f"{key}:stray:{check_id}",
            kind="stray-check",
            repository=repository,
            payload={"check_id": check_id},
            now=now,
        )
    elif row.payload["status"] == "completed":
        outbox.doubt(session, row.id)
        row_id = row.id
    else:
        _report_again(session, repository, head_sha)
        row_id = None
    if row_id is not None:
        nudge_after_commit(session, "send_outbox", row_id)


def _report_again(session: Session, repository: str, head_sha: str) -> None:
    """It says that something is going on: if nothing is, that is to be said."""
    is_open = exists().where(
        Run.contribution_id == Contribution.id,
        Run.head_sha == head_sha,
        Run.state.in_((RunState.QUEUED, RunState.RUNNING)),
    )
    for contribution_id in session.scalars(
        select(Contribution.id).where(
            Contribution.repository == repository, Contribution.head_sha == head_sha, ~is_open
        )
    ).all():
        want_report(session, contribution_id)
        nudge_after_commit(session, "report", contribution_id)
