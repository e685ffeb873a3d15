"""Back to the release before: the ledger at once, GitHub through the outbox."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import Refusal
from service.jobs import leaf_results
from service.jobs.start_release import published
from service.ledger import contributions, outbox
from service.ledger.session import nudge_after_commit
from service.ledger.tables import Release
from service.reports.release_notes import withdrawal


@dataclass(frozen=True)
class RolledBack:
    withdrawn: str
    now: str | None
    """The release that is the reference again; None: the base model."""
    leaves: tuple[str, ...]
    """Ids of the leaves that are merged and not released any more."""


def roll_back(
    session: Session, repository: str, *, version: str | None, by: str, reason: str, now: datetime
) -> RolledBack:
    """Withdraw the release that is published now. `version`, when given, must be it: no other goes by a slip.

    Later runs are compared with the release before. Nothing is deleted: the withdrawn release's files stay.
    Raises Refusal when there is nothing to withdraw now.
    """
    release = _to_withdraw(session, repository, version)
    release.state = "withdrawn"
    session.flush()
    before = published(session, repository)
    leaves = leaf_results.withdrawn(session, repository, release.version, now=now)
    for number in {leaf.number for leaf in leaves if leaf.number}:
        contribution = contributions.find(session, repository, number)
        if contribution is not None:
            contributions.want_report(session, contribution.id)
            nudge_after_commit(session, "report", contribution.id)
    _tell(session, release, before, by=by, reason=reason, now=now)
    return RolledBack(
        withdrawn=release.version,
        now=before.version if before else None,
        leaves=tuple(leaf.leaf_id for leaf in leaves),
    )


def _to_withdraw(session: Session, repository: str, version: str | None) -> Release:
    under_way = session.scalars(
        select(Release).where(Release.repository == repository, Release.state == "publishing")
    ).first()
    if under_way is not None:
        raise Refusal(
            "being_published",
            f"release {under_way.version} of {repository} is being published",
            mend="Wait until it is out, then roll back; `graft doctor` says when the outbox is stuck.",
        )
    release = published(session, repository)
    if release is None:
        raise Refusal(
            "no_release",
            f"{repository} has no published release",
            mend="The base model is the reference already.",
        )
    if version is not None and version != release.version:
        raise Refusal(
            "other_release",
            f"the release that is published now is {release.version}, not {version}",
            mend=f"Name {release.version}, or no version.",
        )
    return release


def _tell(
    session: Session, release: Release, before: Release | None, *, by: str, reason: str, now: datetime
) -> None:
    """The GitHub release gets a note on top and is no longer the latest."""
    note = withdrawal(by=by, reason=reason, before=before.version if before else None)
    outbox.post(
        session,
        key=f"{release.repository}:withdrawal:{release.version}",
        kind="withdrawal",
        repository=release.repository,
        payload={"tag": release.version, "title": f"Release {release.version} (withdrawn)", "note": note},
        now=now,
    )
