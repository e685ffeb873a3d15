"""The sweeper: finds whatever a lost message, a dead worker or a missed webhook left lying, and rings for it.

Level-triggered: it looks at how things stand, not at what was said. Webhooks and nudges only shorten the delay.
"""

import logging
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from pipelines.errors import ExitCode, Failure
from service.errors import GitHubFailed, LeaseLost
from service.github.client import GitHub
from service.jobs import pauses
from service.jobs.advance import advance
from service.jobs.client import github
from service.jobs.heart import beating
from service.jobs.looks import looks_due
from service.jobs.reconcile import reconcile
from service.jobs.tools import Tools, tools
from service.ledger import answers, contributions, cursors, deliveries, leases, locks, outbox
from service.ledger.session import nudge_after_commit
from service.ledger.tables import Run, RunState, Stage, StageState
from service.queue import app, stage_task

log = logging.getLogger(__name__)


SWEPT = "swept"
"""The cursor that says when the last sweep began."""


@app.task(name="sweep")
def task(row_id: int) -> None:  # noqa: ARG001 - one sweep is like another
    sweep(tools(), github())


def sweep(tools: Tools, client: GitHub) -> None:
    """One round: first the ledger alone, then the ledger against GitHub, repository by repository."""
    settings = tools.settings
    with tools.write() as session:
        sweep_ledger(session, tools)
        cursors.set_cursor(session, SWEPT, tools.now().isoformat())
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
    with tools.read() as session:
        if pauses.until(session, repository, now=tools.now()) is not None:
            return
    try:
        reconcile(tools, client, repository)
    except (GitHubFailed, LeaseLost) as error:
        if isinstance(error, GitHubFailed):
            pauses.note(tools, repository, error)
        log.warning("%s was not compared with GitHub this time: %s", repository, error)


def sweep_ledger(session: Session, tools: Tools) -> None:
    """Take back what silent workers hold, give up what nobody takes, and ring for all that may be done now."""
    now = tools.now()
    _expire(session, tools, now)
    looks_due(session, now=now)
    _give_up_waiting(session, tools, now)
    _advance_the_stuck(session, tools, now)
    for row_id in deliveries.unprocessed(session, now=now):
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
    for row_id in outbox.installations(session, now=now).values():
        nudge_after_commit(session, "send_outbox", row_id)


def _expire(session: Session, tools: Tools, now: datetime) -> None:
    """Stages whose worker fell silent."""
    for expired in leases.expire(
        session,
        now=now,
        seconds=tools.settings.lease_seconds,
        max_attempts=tools.settings.max_attempts,
        failure=WORKER_LOST.model_dump(mode="json"),
    ):
        log.warning("stage %d: its worker fell silent, it is %s now", expired.stage_id, expired.state)
        advance(session, tools.settings, expired.run_id, now=now)
        if expired.state is StageState.READY:
            nudge_after_commit(session, stage_task(expired.queue), expired.stage_id)


def _give_up_waiting(session: Session, tools: Tools, now: datetime) -> None:
    """Stages that no worker took: how long one may wait and how long it may work are two limits."""
    limit = tools.settings.longest_wait_seconds
    if limit <= 0:
        return
    failure = WAITED_TOO_LONG.model_dump(mode="json")
    for run_id in leases.waited_too_long(session, now=now, seconds=limit, failure=failure):
        log.warning("run %d: no worker took a stage of it within %.0f s", run_id, limit)
        advance(session, tools.settings, run_id, now=now)


def _advance_the_stuck(session: Session, tools: Tools, now: datetime) -> None:
    """Open runs of which nothing is ready or at work: what ended a stage did not get to see what follows."""
    alive = exists().where(Stage.run_id == Run.id, Stage.state.in_((StageState.READY, StageState.RUNNING)))
    stuck = select(Run.id).where(Run.state.in_((RunState.QUEUED, RunState.RUNNING)), ~alive)
    for run_id in session.scalars(stuck.order_by(Run.id)).all():
        log.warning("run %d stood still", run_id)
        advance(session, tools.settings, run_id, now=now)


WAITED_TOO_LONG = Failure(
    stage="",
    code="waited_too_long",
    message="no worker took it in time",
    mend="Start a worker for its queue, or raise GRAFT_LONGEST_WAIT_SECONDS; then `/graft retry`.",
    exit_code=ExitCode.OUTSIDE_FAILED,
    retryable=True,
)
"""Of a stage that nobody began; the stage's name is filled in."""
WORKER_LOST = Failure(
    stage="",
    code="worker_lost",
    message="its worker ended without a word, each time it was tried",
    mend="Look for memory that ran out on the worker's machine; then `/graft retry`.",
    exit_code=ExitCode.OUTSIDE_FAILED,
    retryable=True,
)
"""Of a stage that outlived no worker; the stage's name is filled in."""
