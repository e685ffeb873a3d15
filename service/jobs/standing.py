"""Where things stand, for the answer to `/graft status`."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.decisions.standing import RunStanding, Standing
from service.ledger import forecast, runs
from service.ledger.tables import Run, RunKind, RunState, StageState
from service.settings import Settings


def standing(
    session: Session, settings: Settings, contribution_id: int | None, repository: str = ""
) -> Standing:
    """The open runs of a pull request and the repository's release, and how many runs are open everywhere."""
    is_open = Run.state.in_((RunState.QUEUED, RunState.RUNNING))
    length = session.scalar(select(func.count()).select_from(Run).where(is_open)) or 0
    mine = runs.open_runs(session, contribution_id) if contribution_id else []
    release = select(Run).where(Run.repository == repository, Run.kind == RunKind.RELEASE, is_open)
    mine += session.scalars(release.order_by(Run.id))
    return Standing(
        runs=tuple(_run(session, run) for run in mine),
        queue_length=length,
        page_url=settings.public_url.rstrip("/"),
    )


def _run(session: Session, run: Run) -> RunStanding:
    seen = forecast.forecast(session, run.id)
    current = next((stage for stage in run.stages if stage.state is StageState.RUNNING), None)
    return RunStanding(
        kind=f"dry run of a {run.kind}" if run.context.get("dry_run") else run.kind.value,
        state=run.state.value,
        head_sha=run.head_sha,
        stage=f"{current.name} {current.subject}".rstrip() if current else None,
        share=seen.stages_done / seen.stages_total if seen and seen.stages_total else None,
        place=seen.place if seen else None,
        eta_minutes=seen.eta_seconds / 60 if seen and seen.eta_seconds is not None else None,
    )
