"""What pull requests spent: measured seconds of stages on the queue `gpu`, times the accelerators they worked on."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from service.decisions.budget import WINDOW, Charge
from service.ledger.forecast import usual_seconds
from service.ledger.tables import Contribution, Run, RunState, Stage, StageState

_OPEN = (RunState.QUEUED, RunState.RUNNING)


def charges(session: Session, repository: str, *, now: datetime) -> list[tuple[str, Charge]]:
    """(author, charge) of each stage that counts now; releases are nobody's and are left out.

    A stage of an open run is charged with what it has used or will probably use, whichever is more; a stage whose
    artifact was there already costs nothing. Who looks in a writing transaction is alone with the repository's budgets
    until it ends: two who start something at once do not spend the same room.
    """
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer at a time
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"graft budget {repository}"))))
    rows = session.execute(
        select(Stage, Run.state, Contribution.author)
        .join(Run, Run.id == Stage.run_id)
        .join(Contribution, Contribution.id == Run.contribution_id)
        .where(
            Contribution.repository == repository,
            Stage.queue == "gpu",
            Stage.reused.is_(False),
            or_(Stage.finished_at > now - WINDOW, Stage.state == StageState.RUNNING, Run.state.in_(_OPEN)),
        )
    ).all()
    usual = usual_seconds(session) if any(state in _OPEN for _, state, _ in rows) else {}
    found = []
    for stage, run_state, author in rows:
        seconds = _seconds(stage, usual if run_state in _OPEN else {}, now)
        minutes = seconds * stage.accelerators / 60
        found.append((author, Charge(minutes, min(stage.finished_at or now, now))))
    return [(author, charge) for author, charge in found if charge.minutes > 0]


def _seconds(stage: Stage, usual: Mapping[tuple[str, str], float], now: datetime) -> float:
    if stage.finished_at is not None:
        return stage.seconds
    working = 0.0
    if stage.state is StageState.RUNNING and stage.started_at is not None:
        working = max(0.0, (now - stage.started_at).total_seconds())
    return max(stage.seconds + working, usual.get((stage.name, stage.subject), 0.0))
