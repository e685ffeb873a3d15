"""The queue as people ask about it: who is before me, and when is it my turn. Times come from finished stages."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from service.ledger.tables import Run, RunKind, RunState, Stage, StageState

QUEUES = ("control", "cpu", "gpu")
_RECENT = 200
"""So many finished stages are looked at; older ones say little of today's recipe and machine."""


@dataclass(frozen=True)
class QueueEntry:
    """A stage that runs, or that waits for a worker, and its run."""

    stage_id: int
    run_id: int
    repository: str
    number: int
    kind: RunKind
    name: str
    subject: str
    share: float
    started_at: datetime | None
    ready_at: datetime | None
    seconds_left: float | None
    """Of work; None when no such stage has finished yet."""


@dataclass(frozen=True)
class QueueView:
    name: str
    running: tuple[QueueEntry, ...]
    waiting: tuple[QueueEntry, ...]
    """In the order in which they will be taken."""


@dataclass(frozen=True)
class Forecast:
    """Where an open run stands."""

    place: int
    """1: no other open run is before it."""
    ahead: int
    stages_done: int
    stages_total: int
    eta_seconds: float | None
    """Until its end, with one worker a queue; None when some stage was never measured."""


def usual_seconds(session: Session) -> dict[tuple[str, str], float]:
    """(stage, subject) -> the median of the seconds that its recent runs took, reused ones left out."""
    rows = session.execute(
        select(Stage.name, Stage.subject, Stage.seconds)
        .where(Stage.state == StageState.SUCCEEDED, Stage.reused.is_(False))
        .order_by(Stage.id.desc())
        .limit(_RECENT)
    )
    measured: dict[tuple[str, str], list[float]] = defaultdict(list)
    for name, subject, seconds in rows:
        measured[name, subject].append(seconds)
    return {key: median(values) for key, values in measured.items()}


def queues(session: Session) -> tuple[QueueView, ...]:
    """What runs and what waits, for each queue."""
    usual = usual_seconds(session)
    rows = session.execute(
        select(Stage, Run)
        .join(Run, Run.id == Stage.run_id)
        .where(Stage.state.in_((StageState.READY, StageState.RUNNING)))
        .order_by(Stage.run_id, Stage.position)
    ).all()
    return tuple(
        QueueView(
            name=queue,
            running=_entries(rows, queue, StageState.RUNNING, usual),
            waiting=_entries(rows, queue, StageState.READY, usual),
        )
        for queue in QUEUES
    )


def forecast(session: Session, run_id: int) -> Forecast | None:
    """None for a run that is over or unknown."""
    row = session.get(Run, run_id)
    if row is None or not row.state.is_open:
        return None
    usual = usual_seconds(session)
    earlier = select(Run.id).where(
        Run.id < run_id, Run.kind != RunKind.CHECK, Run.state.in_((RunState.QUEUED, RunState.RUNNING))
    )
    ahead = session.scalars(earlier).all()
    stages = session.scalars(
        select(Stage).where(
            Stage.run_id.in_([run_id, *ahead]),
            Stage.state.in_((StageState.WAITING, StageState.READY, StageState.RUNNING)),
        )
    ).all()
    lefts = [_seconds_left(stage, usual) for stage in stages]
    own = session.scalars(select(Stage.state).where(Stage.run_id == run_id)).all()
    return Forecast(
        place=len(ahead) + 1,
        ahead=len(ahead),
        stages_done=sum(state is StageState.SUCCEEDED for state in own),
        stages_total=len(own),
        eta_seconds=None if None in lefts else sum(left for left in lefts if left is not None),
    )


def _entries(
    rows: Sequence[Row[Stage, Run]],
    queue: str,
    state: StageState,
    usual: Mapping[tuple[str, str], float],
) -> tuple[QueueEntry, ...]:
    return tuple(
        QueueEntry(
            stage_id=stage.id,
            run_id=run.id,
            repository=run.repository,
            number=run.number,
            kind=run.kind,
            name=stage.name,
            subject=stage.subject,
            share=_share(stage),
            started_at=stage.started_at,
            ready_at=stage.ready_at,
            seconds_left=_seconds_left(stage, usual),
        )
        for stage, run in rows
        if stage.queue == queue and stage.state is state
    )


def _share(stage: Stage) -> float:
    done, total = stage.progress.get("done", 0), stage.progress.get("total", 0)
    return min(1.0, done / total) if total else 0.0


def _seconds_left(stage: Stage, usual: Mapping[tuple[str, str], float]) -> float | None:
    whole = usual.get((stage.name, stage.subject))
    return None if whole is None else whole * (1 - _share(stage))
