"""Pull requests as last seen."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.github.client import PullRequest
from service.ledger.session import insert_or_ignore
from service.ledger.tables import Approval, Contribution


def find(session: Session, repository: str, number: int) -> Contribution | None:
    return session.scalars(
        select(Contribution).where(Contribution.repository == repository, Contribution.number == number)
    ).one_or_none()


def seen_at(session: Session, repository: str, number: int) -> datetime | None:
    """When what GitHub said of it was written down last: it changes with every `upsert`."""
    return session.scalars(
        select(Contribution.seen_at).where(
            Contribution.repository == repository, Contribution.number == number
        )
    ).one_or_none()


def upsert(session: Session, pull: PullRequest, *, now: datetime) -> Contribution:
    """Bring the row up to what GitHub says; its approvals, runs and hold stay as they are."""
    seen = {
        "title": pull.title,
        "author": pull.author,
        "author_association": pull.author_association,
        "head_sha": pull.head_sha,
        "base_sha": pull.base_sha,
        "base_branch": pull.base_branch,
        "state": pull.state,
        "draft": pull.draft,
        "merged_sha": pull.merged_sha,
        "seen_at": now,
    }
    fresh = {"repository": pull.repository, "number": pull.number, "head_seen_at": now, **seen}
    insert_or_ignore(session, Contribution, fresh)
    contribution = session.scalars(
        select(Contribution)
        .where(Contribution.repository == pull.repository, Contribution.number == pull.number)
        .execution_options(populate_existing=True)
    ).one()
    if contribution.head_sha != pull.head_sha:
        contribution.head_seen_at = now
    for name, value in seen.items():
        setattr(contribution, name, value)
    session.flush()
    return contribution


def want_report(session: Session, contribution_id: int) -> None:
    """Note that the pull request should show something new; lost nudges cannot lose it."""
    session.execute(
        update(Contribution)
        .where(Contribution.id == contribution_id)
        .values(report_wanted=Contribution.report_wanted + 1)
    )


def report_made(session: Session, contribution_id: int, *, wanted: int) -> bool:
    """Claim to report on the state counted `wanted`; False when a later report was made meanwhile."""
    made = session.scalar(
        update(Contribution)
        .where(Contribution.id == contribution_id, Contribution.report_made < wanted)
        .values(report_made=wanted)
        .returning(Contribution.id)
    )
    return made is not None


def reports_due(session: Session) -> list[int]:
    """Ids of the contributions whose report is behind."""
    return list(
        session.scalars(
            select(Contribution.id)
            .where(Contribution.report_made < Contribution.report_wanted)
            .order_by(Contribution.id)
        )
    )


def approve(session: Session, contribution_id: int, *, head_sha: str, by: str, now: datetime) -> None:
    """Leave to spend accelerator time on exactly this head; given anew when it was dropped."""
    values = {"by": by, "at": now, "dropped_at": None}
    created = insert_or_ignore(
        session, Approval, {"contribution_id": contribution_id, "head_sha": head_sha, **values}
    )
    if created is None:
        session.execute(
            update(Approval)
            .where(
                Approval.contribution_id == contribution_id,
                Approval.head_sha == head_sha,
                Approval.dropped_at.is_not(None),
            )
            .values(**values)
        )


def drop_approval(session: Session, contribution_id: int, *, head_sha: str, now: datetime) -> None:
    session.execute(
        update(Approval)
        .where(
            Approval.contribution_id == contribution_id,
            Approval.head_sha == head_sha,
            Approval.dropped_at.is_(None),
        )
        .values(dropped_at=now)
    )


def live_approval(session: Session, contribution_id: int) -> Approval | None:
    """The newest approval that was not dropped; it may be of an old head."""
    return session.scalars(
        select(Approval)
        .where(Approval.contribution_id == contribution_id, Approval.dropped_at.is_(None))
        .order_by(Approval.at.desc(), Approval.id.desc())
        .limit(1)
    ).one_or_none()
