"""What pages and answers read: small frozen views of the ledger. Nothing here writes."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, selectinload

from service.ledger.tables import LeafResult, Release, Run, RunKind, RunState, Stage, StageState


@dataclass(frozen=True)
class StageView:
    """One stage; `share` between 0 and 1, `seconds` of work over all tries."""

    id: int
    name: str
    subject: str
    queue: str
    state: StageState
    attempts: int
    reused: bool
    inputs_key: str | None
    run_dir: str | None
    done: int
    total: int
    unit: str
    message: str
    seconds: float
    summary: dict[str, Any]
    failure: dict[str, Any]
    """A `pipelines.errors.Failure`, or {}."""
    ready_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    not_before: datetime | None

    @property
    def share(self) -> float:
        if self.state is StageState.SUCCEEDED:
            return 1.0
        return min(1.0, self.done / self.total) if self.total else 0.0

    @property
    def title(self) -> str:
        return f"{self.name} {self.subject}".rstrip()


@dataclass(frozen=True)
class RunView:
    """One run as lists show it."""

    id: int
    kind: RunKind
    repository: str
    number: int
    """The pull request; 0 for a release."""
    title: str
    author: str
    head_sha: str
    base_sha: str
    state: RunState
    ending: str
    requested_by: str
    recipe: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    stages: tuple[StageView, ...] = ()
    dry_run: bool = False
    """Of a release: nothing is published."""

    @property
    def name(self) -> str:
        """What kind of run it is, in words: `evaluate`, `release (dry run)`."""
        return f"{self.kind} (dry run)" if self.dry_run else self.kind.value

    @property
    def stages_done(self) -> int:
        return sum(stage.state is StageState.SUCCEEDED for stage in self.stages)


@dataclass(frozen=True)
class RunDetail:
    """One run with all that is known of it."""

    run: RunView
    context: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)
    """check: its findings; evaluate, release: the Comparison; trials: what they found."""


@dataclass(frozen=True)
class ReleaseView:
    id: int
    repository: str
    version: str
    run_id: int
    taxonomy_commit: str
    digest: str
    folder: str
    state: str
    url: str | None
    created_at: datetime
    published_at: datetime | None


@dataclass(frozen=True)
class LeafView:
    """What a leaf's badge shows."""

    repository: str
    leaf_id: str
    status: str
    verdict: str | None
    delta: float | None
    low: float | None
    high: float | None
    n: int | None
    run_id: int | None
    author: str | None
    number: int | None
    version: str | None
    updated_at: datetime


def runs(
    session: Session,
    *,
    repository: str | None = None,
    number: int | None = None,
    kind: RunKind | None = None,
    open_only: bool = False,
    before_id: int | None = None,
    limit: int = 50,
) -> list[RunView]:
    """Runs, newest first, with their stages; `before_id` goes on where a page ended."""
    query = _runs().order_by(Run.id.desc()).limit(limit)
    if repository is not None:
        query = query.where(Run.repository == repository)
    if number is not None:
        query = query.where(Run.number == number)
    if kind is not None:
        query = query.where(Run.kind == kind)
    if open_only:
        query = query.where(Run.state.in_((RunState.QUEUED, RunState.RUNNING)))
    if before_id is not None:
        query = query.where(Run.id < before_id)
    return [run_view(run) for run in session.scalars(query)]


def run(session: Session, run_id: int) -> RunDetail | None:
    found = session.scalars(_runs().where(Run.id == run_id)).one_or_none()
    return None if found is None else RunDetail(run_view(found), found.context, found.result)


def releases(session: Session, repository: str | None = None, *, limit: int = 50) -> list[ReleaseView]:
    """Releases, newest first."""
    query = select(Release).order_by(Release.id.desc()).limit(limit)
    if repository is not None:
        query = query.where(Release.repository == repository)
    return [
        ReleaseView(
            id=row.id,
            repository=row.repository,
            version=row.version,
            run_id=row.run_id,
            taxonomy_commit=row.taxonomy_commit,
            digest=row.digest,
            folder=row.folder,
            state=row.state,
            url=row.url,
            created_at=row.created_at,
            published_at=row.published_at,
        )
        for row in session.scalars(query)
    ]


def leaf(session: Session, repository: str, leaf_id: str) -> LeafView | None:
    row = session.scalars(
        select(LeafResult).where(LeafResult.repository == repository, LeafResult.leaf_id == leaf_id)
    ).one_or_none()
    return None if row is None else leaf_view(row)


def leaves(session: Session, repository: str | None = None, *, limit: int = 500) -> list[LeafView]:
    """Leaves that something is known of, by id."""
    query = select(LeafResult).order_by(LeafResult.repository, LeafResult.leaf_id).limit(limit)
    if repository is not None:
        query = query.where(LeafResult.repository == repository)
    return [leaf_view(row) for row in session.scalars(query)]


def _runs() -> Select[Run]:
    return select(Run).options(selectinload(Run.stages), selectinload(Run.contribution))


def run_view(row: Run) -> RunView:
    contribution = row.contribution
    return RunView(
        id=row.id,
        kind=row.kind,
        repository=row.repository,
        number=row.number,
        title=contribution.title if contribution else "",
        author=contribution.author if contribution else "",
        head_sha=row.head_sha,
        base_sha=row.base_sha,
        state=row.state,
        ending=row.ending or "",
        requested_by=row.requested_by,
        recipe=row.context.get("recipe", {}).get("name", ""),
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        stages=tuple(stage_view(stage) for stage in row.stages),
        dry_run=bool(row.context.get("dry_run")),
    )


def stage_view(row: Stage) -> StageView:
    progress = row.progress
    return StageView(
        id=row.id,
        name=row.name,
        subject=row.subject,
        queue=row.queue,
        state=row.state,
        attempts=row.attempts,
        reused=row.reused,
        inputs_key=row.inputs_key,
        run_dir=row.run_dir,
        done=progress.get("done", 0),
        total=progress.get("total", 0),
        unit=progress.get("unit", ""),
        message=progress.get("message", ""),
        seconds=row.seconds,
        summary=row.summary,
        failure=row.failure,
        ready_at=row.ready_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        not_before=row.not_before,
    )


def leaf_view(row: LeafResult) -> LeafView:
    return LeafView(
        repository=row.repository,
        leaf_id=row.leaf_id,
        status=row.status,
        verdict=row.verdict,
        delta=row.delta,
        low=row.low,
        high=row.high,
        n=row.n,
        run_id=row.run_id,
        author=row.author,
        number=row.number,
        version=row.version,
        updated_at=row.updated_at,
    )
