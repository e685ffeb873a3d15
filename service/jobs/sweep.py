"""The sweeper: finds whatever a lost message, a dead worker or a missed webhook left lying, and rings for it.

Level-triggered: it looks at how things stand, not at what was said. Webhooks and nudges only shorten the delay.
"""

import logging
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipelines.errors import ExitCode, Failure
from service.errors import GitHubFailed, LeaseLost
from service.github.client import GitHub
from service.jobs.advance import advance
from service.jobs.client import github
from service.jobs.heart import beating
from service.jobs.reconcile import reconcile
from service.jobs.tools import Tools, tools
from service.ledger import answers, contributions, deliveries, leases, locks, outbox
from service.ledger.session import nudge_after_commit
from service.ledger.tables import Run, RunState, Stage, StageState
from service.queue import app, stage_task

log = logging.getLogger(__name__)


@app.task(name="sweep")
def task(row_id: int) -> None:  # noqa: ARG001 - one sweep is like another
    sweep(tools(), github())


def sweep(tools: Tools, client: GitHub) -> None:
    """One round: first the ledger alone, then the ledger against GitHub, repository by repository."""
    settings = tools.settings
    with tools.write() as session:
        _sweep_ledger(session, tools)
        held = locks.acquire(
            session, "sweep", owner=tools.owner, now=tools.now(), seconds=settings.lease_seconds
        )
    if held is None:
        return  # another worker asks GitHub already
    try:
        with beating(
            tools,
            lambda session: locks.renew(session, held, now=tools.now(), seconds=settings.lease_seconds),
        ):
            for repository in settings.repositories:
                _reconcile(tools, client, repository)
    finally:
        with tools.write() as session:
            locks.release(session, held)


def _reconcile(tools: Tools, client: GitHub, repository: str) -> None:
    try:
        reconcile(tools, client, repository)
    except (GitHubFailed, LeaseLost) as error:
        log.warning("%s was not compared with GitHub this time: %s", repository, error)


def _sweep_ledger(session: Session, tools: Tools) -> None:
    now = tools.now()
    _expire(session, tools, now)
    for row_id in deliveries.unprocessed(session):
        nudge_after_commit(session, "handle_delivery", row_id)
    for queue in session.scalars(
        select(Stage.queue)
        .join(Run, Run.id == Stage.run_id)
        .where(Stage.state == StageState.READY, Run.state.in_((RunState.QUEUED, RunState.RUNNING)))
        .distinct()
    ):
        nudge_after_commit(session, stage_task(queue), 0)
    for contribution_id in contributions.reports_due(session):
        nudge_after_commit(session, "report", contribution_id)
    for answer_id in answers.due(session):
        nudge_after_commit(session, "answer", answer_id)
    letter = outbox.take(session, now=now)
    if letter is not None:
        nudge_after_commit(session, "send_outbox", letter.id)


def _expire(session: Session, tools: Tools, now: datetime) -> None:
    """Stages whose worker fell silent."""
    for expired in leases.expire(
        session,
        now=now,
        max_attempts=tools.settings.max_attempts,
        failure=WORKER_LOST.model_dump(mode="json"),
    ):
        log.warning("stage %d: its worker fell silent, it is %s now", expired.stage_id, expired.state)
        advance(session, tools.settings, expired.run_id, now=now)
        if expired.state is StageState.READY:
            nudge_after_commit(session, stage_task(expired.queue), expired.stage_id)


WORKER_LOST = Failure(
    stage="",
    code="worker_lost",
    message="its worker ended without a word, each time it was tried",
    mend="Look for memory that ran out on the worker's machine; then `/graft retry`.",
    exit_code=ExitCode.OUTSIDE_FAILED,
    retryable=True,
)
"""Of a stage that outlived no worker; the stage's name is filled in."""
