"""What each page shows, read from the ledger (and, for a run, from its artifacts)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipelines.artifacts import Comparison, StepRecord, Verdict
from pipelines.errors import Failure
from service.ledger import forecast, queries
from service.ledger.forecast import Forecast, QueueView
from service.ledger.queries import LeafView, ReleaseView, RunDetail, RunView, StageView
from service.ledger.tables import RunKind, RunState, Stage, StageState
from service.web import artifacts
from service.web.artifacts import LeafSamples
from service.web.trials import Trial, trial_of
from taxonomy_schema.models import Finding, Severity

_RECENT = 12


@dataclass(frozen=True)
class Worker:
    """Who holds a lease now; `late` when it has not beaten for so long that the lease ran out."""

    owner: str
    run_id: int
    stage: str
    beat_at: datetime
    late: bool


@dataclass(frozen=True)
class OpenRun:
    run: RunView
    forecast: Forecast | None


@dataclass(frozen=True)
class Result:
    """A finished run with what it found."""

    run: RunView
    verdict: Verdict
    summary: str


@dataclass(frozen=True)
class Home:
    open_runs: tuple[OpenRun, ...]
    queues: tuple[QueueView, ...]
    workers: tuple[Worker, ...]
    results: tuple[Result, ...]
    recent: tuple[RunView, ...]
    releases: tuple[ReleaseView, ...]


@dataclass(frozen=True)
class StageEntry:
    """One stage with its elapsed time, its failure and the end of its log."""

    view: StageView
    seconds: float
    failure: Failure | None
    log: str


@dataclass(frozen=True)
class RunPage:
    run: RunView
    forecast: Forecast | None
    stages: tuple[StageEntry, ...]
    comparison: Comparison | None
    findings: tuple[Finding, ...]
    steps: tuple[StepRecord, ...]
    samples: tuple[LeafSamples, ...]
    versions: dict[str, str]
    trial: Trial | None = None

    @property
    def failures(self) -> tuple[StageEntry, ...]:
        return tuple(entry for entry in self.stages if entry.failure is not None)


def home(session: Session, *, now: datetime, lease_seconds: float) -> Home:
    """What runs, what waits, who works, what was found last."""
    open_runs = queries.runs(session, open_only=True, limit=100)
    return Home(
        open_runs=tuple(OpenRun(run, forecast.forecast(session, run.id)) for run in reversed(open_runs)),
        queues=forecast.queues(session),
        workers=tuple(_workers(session, now, lease_seconds)),
        results=tuple(_results(session)),
        recent=tuple(queries.runs(session, limit=_RECENT)),
        releases=tuple(queries.releases(session, limit=5)),
    )


def _workers(session: Session, now: datetime, lease_seconds: float) -> list[Worker]:
    rows = session.scalars(
        select(Stage)
        .where(Stage.state == StageState.RUNNING, Stage.lease_owner.is_not(None))
        .order_by(Stage.lease_owner, Stage.id)
    )
    return [
        Worker(
            owner=row.lease_owner or "",
            run_id=row.run_id,
            stage=f"{row.name} {row.subject}".rstrip(),
            beat_at=row.lease_expires_at - timedelta(seconds=lease_seconds),
            late=row.lease_expires_at < now,
        )
        for row in rows
        if row.lease_expires_at is not None
    ]


def _results(session: Session) -> list[Result]:
    found = []
    for kind in (RunKind.EVALUATE, RunKind.RELEASE):
        for run in queries.runs(session, kind=kind, limit=_RECENT):
            detail = queries.run(session, run.id) if run.state is RunState.SUCCEEDED else None
            comparison = None if detail is None else comparison_of(detail)
            if comparison is not None:
                found.append(Result(run, comparison.headline, comparison.summary))
    return sorted(found, key=lambda result: result.run.id, reverse=True)[:_RECENT]


def run_page(session: Session, run_id: int, *, now: datetime) -> RunPage | None:
    """Everything about one run; None when there is no such run."""
    detail = queries.run(session, run_id)
    if detail is None:
        return None
    run = detail.run
    comparison = comparison_of(detail)
    return RunPage(
        run=run,
        forecast=forecast.forecast(session, run.id),
        stages=tuple(_entry(stage, now) for stage in run.stages),
        comparison=comparison,
        findings=_findings(detail),
        steps=artifacts.steps_of(run.stages),
        samples=artifacts.samples_of(run.stages, _contributed(comparison)),
        versions=artifacts.versions_of(run.stages),
        trial=trial_of(detail),
    )


def comparison_of(detail: RunDetail) -> Comparison | None:
    """The run's Comparison; None when it has none that this version can read."""
    try:
        return Comparison.model_validate(detail.result)
    except ValidationError:
        return None


def leaves(session: Session) -> Sequence[LeafView]:
    return queries.leaves(session, limit=5000)


def _findings(detail: RunDetail) -> tuple[Finding, ...]:
    """Errors first."""
    try:
        found = [Finding.from_dict(finding) for finding in detail.result.get("findings", ())]
    except (KeyError, TypeError, ValueError):  # written by another version
        return ()
    return tuple(sorted(found, key=lambda finding: finding.severity is not Severity.ERROR))


def _contributed(comparison: Comparison | None) -> frozenset[str]:
    rows = () if comparison is None else comparison.by_leaf
    return frozenset(row.metric.removeprefix("exam:") for row in rows if row.metric.startswith("exam:"))


def _entry(stage: StageView, now: datetime) -> StageEntry:
    seconds = stage.seconds
    if stage.state is StageState.RUNNING and stage.started_at is not None:
        seconds = max(seconds, (now - stage.started_at).total_seconds())
    return StageEntry(view=stage, seconds=seconds, failure=_failure(stage), log=artifacts.log_tail(stage))


def _failure(stage: StageView) -> Failure | None:
    try:
        return Failure.model_validate(stage.failure) if stage.failure else None
    except ValidationError:
        return None
