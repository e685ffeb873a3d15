"""Runs: created once, cancelled, ended in one place. Whoever changes a run or its stages locks the run's row first."""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pipelines.plan import RunContext, stages_in
from service.ledger import answers
from service.ledger.contributions import want_report
from service.ledger.session import insert_or_ignore
from service.ledger.tables import Run, RunKind, RunState, Stage, StageState
from service.logging import bound, ids

log = logging.getLogger(__name__)

_OPEN = (RunState.QUEUED, RunState.RUNNING)


@dataclass(frozen=True)
class RunRequest:
    """What is asked for. A check has no context: no pipeline stage is part of it."""

    kind: RunKind
    repository: str
    head_sha: str
    base_sha: str
    requested_by: str
    number: int = 0
    contribution_id: int | None = None
    context: RunContext | None = None
    result: dict[str, Any] = field(default_factory=dict)


def create(session: Session, request: RunRequest, *, now: datetime) -> tuple[Run, bool]:
    """(run, True) with its stages waiting; (the open run of that kind on that commit, False) when there is one.

    A check's one stage is ready at once; the stages of other runs are made ready by `advance`.
    """
    values = {
        "kind": request.kind,
        "repository": request.repository,
        "number": request.number,
        "contribution_id": request.contribution_id,
        "head_sha": request.head_sha,
        "base_sha": request.base_sha,
        "requested_by": request.requested_by,
        "delivery": ids().get("delivery"),
        "context": request.context.model_dump(mode="json") if request.context else {},
        "result": request.result,
        "created_at": now,
    }
    run_id = insert_or_ignore(session, Run, values)
    if run_id is None:
        return session.scalars(_open_run(request)).one(), False
    with bound(repository=request.repository, number=request.number or None, run=run_id):
        log.info("run %d is asked for: %s, by %s", run_id, request.kind, request.requested_by)
    session.add_all(_stages(run_id, request, now))
    session.flush()
    run = session.get_one(Run, run_id)
    _report(session, run)
    return run, True


def _open_run(request: RunRequest) -> Any:
    return select(Run).where(
        Run.repository == request.repository,
        Run.number == request.number,
        Run.head_sha == request.head_sha,
        Run.kind == request.kind,
        Run.state.in_(_OPEN),
    )


def _stages(run_id: int, request: RunRequest, now: datetime) -> list[Stage]:
    if request.context is None:
        check = Stage(run_id=run_id, position=0, name="check", queue="control", state=StageState.READY)
        check.ready_at = now
        return [check]
    return [
        Stage(
            run_id=run_id,
            position=position,
            name=stage.name,
            subject=stage.subject,
            queue=stage.queue,
            accelerators=request.context.recipe.accelerators(stage.name),
        )
        for position, stage in enumerate(stages_in(request.context))
    ]


def lock(session: Session, run_id: int) -> Run:
    """The run as it is now; nobody else changes it or its stages before this transaction ends."""
    return session.scalars(
        select(Run).where(Run.id == run_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def stages(session: Session, run_id: int) -> list[Stage]:
    """The run's stages as they are now, in order."""
    return list(
        session.scalars(
            select(Stage)
            .where(Stage.run_id == run_id)
            .order_by(Stage.position)
            .execution_options(populate_existing=True)
        )
    )


def cancel(session: Session, run_id: int, *, state: RunState, reason: str, now: datetime) -> bool:
    """End an open run as cancelled or superseded; False when it had ended already."""
    run = lock(session, run_id)
    if not run.state.is_open:
        return False
    end(session, run, state=state, ending=reason, now=now)
    return True


def end(
    session: Session,
    run: Run,
    *,
    state: RunState,
    ending: str,
    now: datetime,
    result: dict[str, Any] | None = None,
) -> None:
    """Give an open run its ending. The caller holds the run's lock.

    Stages that have not begun are cancelled. One that is running stays so until its worker, which sees that the
    run is over, has stopped the process: nobody else may start on the same artifact before.
    """
    run.state, run.ending, run.finished_at = state, ending, now
    if result is not None:
        run.result = result
    session.execute(
        update(Stage)
        .where(Stage.run_id == run.id, Stage.state.in_((StageState.WAITING, StageState.READY)))
        .values(state=StageState.CANCELLED, finished_at=now)
    )
    session.flush()
    _report(session, run)


def _report(session: Session, run: Run) -> None:
    answers.want(session, run.id)
    if run.contribution_id is not None:
        want_report(session, run.contribution_id)


def open_runs(session: Session, contribution_id: int) -> list[Run]:
    return list(
        session.scalars(
            select(Run).where(Run.contribution_id == contribution_id, Run.state.in_(_OPEN)).order_by(Run.id)
        )
    )


def newest(
    session: Session, repository: str, number: int, head_sha: str, kind: RunKind, *states: RunState
) -> Run | None:
    """The newest run of this kind for the head, of those in `states` if any are named."""
    query = select(Run).where(
        Run.repository == repository, Run.number == number, Run.head_sha == head_sha, Run.kind == kind
    )
    if states:
        query = query.where(Run.state.in_(states))
    return session.scalars(query.order_by(Run.id.desc()).limit(1)).one_or_none()


def make_ready(session: Session, stage: Stage, *, inputs_key: str, run_dir: str, now: datetime) -> None:
    """All it needs is there. The caller holds the run's lock; a stage with this key waits for one that runs."""
    stage.state, stage.ready_at = StageState.READY, now
    stage.inputs_key, stage.run_dir = inputs_key, run_dir
    session.flush()
