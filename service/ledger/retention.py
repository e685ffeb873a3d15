"""What may be forgotten: deliveries that were handled long ago, and which artifacts are still needed by something."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.orm import Session

from service.ledger.tables import Delivery, LeafResult, Release, Run, RunState, Stage, StageState

_OPEN = (RunState.QUEUED, RunState.RUNNING)
_BEHIND_A_BADGE = ("collect", "evaluate", "compare")
"""The stages whose papers say where a badge's figure comes from. They are small; models and samples are not."""


@dataclass(frozen=True)
class OldDeliveries:
    count: int
    bytes: int


def old_deliveries(session: Session, *, before: datetime) -> OldDeliveries:
    """What was handled before then. A delivery that still waits is never old."""
    count, size = session.execute(
        select(func.count(), func.sum(func.length(Delivery.body))).where(Delivery.processed_at < before)
    ).one()
    return OldDeliveries(count, size or 0)


def forget_deliveries(session: Session, *, before: datetime, limit: int) -> int:
    """Delete at most `limit` of them; returns how many."""
    chosen = select(Delivery.id).where(Delivery.processed_at < before).order_by(Delivery.id).limit(limit)
    ids = session.scalars(chosen).all()
    session.execute(delete(Delivery).where(Delivery.id.in_(ids)))
    return len(ids)


def needed(session: Session, *, releases: int) -> set[str]:
    """Run directories and model folders that must stay: of open runs, and what lasts (see `lasting`)."""
    of_runs = select(Stage.run_dir).join(Run, Run.id == Stage.run_id)
    at_work = of_runs.where(or_(Run.state.in_(_OPEN), Stage.state == StageState.RUNNING))
    found = {path for path in session.scalars(at_work) if path is not None}
    return found | _references(session) | lasting(session, releases=releases)


def lasting(session: Session, *, releases: int) -> set[str]:
    """What is of the newest releases and behind badges.

    `releases` counts for each repository; the present one is always among them, and what is being published.
    """
    kept = _kept_releases(session, max(1, releases))
    behind = select(LeafResult.run_id).where(LeafResult.run_id.is_not(None))
    chosen = or_(
        Stage.run_id.in_([release.run_id for release in kept]),
        and_(Stage.run_id.in_(behind), Stage.name.in_(_BEHIND_A_BADGE)),
    )
    found = {path for path in session.scalars(select(Stage.run_dir).where(chosen)) if path is not None}
    return found | {release.folder for release in kept}


def is_open(session: Session, tail: str) -> bool:
    """Whether an open run works with the directory whose path ends so; asked again right before it goes."""
    ends_so = Stage.run_dir.endswith(f"/{tail}", autoescape=True)
    waiting = select(Stage.id).join(Run, Run.id == Stage.run_id).where(ends_so)
    found = waiting.where(or_(Run.state.in_(_OPEN), Stage.state == StageState.RUNNING)).limit(1)
    return session.scalar(found) is not None


def last_uses(session: Session) -> dict[str, datetime]:
    """Run directory -> when a stage last made it or used it again."""
    when = func.max(func.coalesce(Stage.finished_at, Stage.started_at, Stage.ready_at))
    rows = session.execute(
        select(Stage.run_dir, when).where(Stage.run_dir.is_not(None)).group_by(Stage.run_dir)
    )
    return {path: at for path, at in rows if path is not None and at is not None}


def _kept_releases(session: Session, count: int) -> list[Release]:
    listed = session.scalars(
        select(Release).order_by(Release.repository, Release.published_at.desc(), Release.id.desc())
    ).all()
    kept = [release for release in listed if release.state == "publishing"]
    published = (release for release in listed if release.state == "published")
    for _, of_one in groupby(published, key=lambda release: release.repository):
        kept += list(of_one)[:count]
    return kept


def _references(session: Session) -> set[str]:
    """The models that open runs compare with: known from their beginning, though a stage may need them much later."""
    contexts: Iterable[dict[str, object]] = session.scalars(select(Run.context).where(Run.state.in_(_OPEN)))
    references = [context.get("reference") for context in contexts]
    return {str(one["path"]) for one in references if isinstance(one, dict) and "path" in one}
