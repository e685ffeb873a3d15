"""One way to a release, whoever asks: a slot, a comment, a page or the shell."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipelines.plan import ReferenceModel, RunContext
from service.decisions.versions import next_version
from service.github.client import GitHub
from service.jobs import leaf_results
from service.jobs.advance import start
from service.jobs.clones import make_sure_of
from service.jobs.recipes import recipe_of
from service.jobs.tools import Tools
from service.ledger import answers, runs
from service.ledger.runs import RunRequest
from service.ledger.tables import Contribution, Release, Run, RunKind, RunState
from service.settings import Settings


def start_release(
    session: Session,
    github: GitHub,
    settings: Settings,
    repository: str,
    *,
    requested_by: str,
    dry_run: bool = False,
) -> Run:
    """Cut a release of the default branch as it is now; the open release run when there is one.

    The session must be fresh: GitHub and Git are asked before the first statement, so no lock is held meanwhile.
    """
    _, commit = github.default_branch_head(repository)
    make_sure_of(settings, github, repository, (commit,))
    return plan_release(
        session, settings, repository, commit=commit, requested_by=requested_by, dry_run=dry_run
    )


def plan_release(
    session: Session,
    settings: Settings,
    repository: str,
    *,
    commit: str,
    requested_by: str,
    dry_run: bool = False,
) -> Run:
    """A release run on a commit that the clone holds. A release takes the place of a dry run that is under way and
    goes on with what that has computed; a dry run waits for nobody and gives way to what is open.
    """
    now = Tools.now()
    open_run = open_release(session, repository)
    trying = answers.open_dry_run(session, repository)
    if open_run is not None:
        return open_run
    if trying is not None and dry_run:
        return trying
    if trying is not None:
        reason = f"{requested_by} asked for the release itself, which goes on with what was computed."
        runs.cancel(session, trying.id, state=RunState.SUPERSEDED, reason=reason, now=now)
    reference = published(session, repository)
    recipe = recipe_of(settings)
    leaves = leaf_results.unreleased(session, repository)
    base = reference.taxonomy_commit if reference else _first_base(session, repository) or commit
    context = RunContext.model_validate(
        {
            "kind": "release",
            "dry_run": dry_run,
            "recipe": recipe,
            "commit": commit,
            "base_commit": base,
            "reference": as_reference(reference),
            "release": {
                "version": next_version(now, _taken(session, repository)),
                "previous_version": reference.version if reference else None,
                "repository": repository,
                "taxonomy_commit": commit,
                "base_model": recipe.base_model,
                "contributions": [
                    {"login": leaf.author or "", "leaf_id": leaf.leaf_id, "pull_request": leaf.number or None}
                    for leaf in leaves
                ],
            },
        }
    )
    request = RunRequest(
        kind=RunKind.RELEASE,
        repository=repository,
        head_sha=commit,
        base_sha=base,
        requested_by=requested_by,
        context=context,
    )
    return start(session, settings, request, now=now)


def published(session: Session, repository: str) -> Release | None:
    """The release that is published now."""
    return session.scalars(
        select(Release)
        .where(Release.repository == repository, Release.state == "published")
        .order_by(Release.published_at.desc(), Release.id.desc())
        .limit(1)
    ).one_or_none()


def as_reference(release: Release | None) -> ReferenceModel | None:
    """What a candidate is compared with; None: the base model."""
    if release is None:
        return None
    return ReferenceModel.model_validate(
        {"version": release.version, "path": release.folder, "digest": release.digest}
    )


def open_release(session: Session, repository: str) -> Run | None:
    """The release that is being cut; a dry run is none."""
    found = session.scalars(
        select(Run).where(
            Run.repository == repository,
            Run.kind == RunKind.RELEASE,
            Run.state.in_((RunState.QUEUED, RunState.RUNNING)),
        )
    )
    return next((run for run in found if not run.context.get("dry_run")), None)


def _taken(session: Session, repository: str) -> list[str]:
    return list(session.scalars(select(Release.version).where(Release.repository == repository)))


def _first_base(session: Session, repository: str) -> str | None:
    """Before the first release: where the first contribution that was merged began."""
    return session.scalars(
        select(Contribution.base_sha)
        .where(Contribution.repository == repository, Contribution.state == "merged")
        .order_by(Contribution.id)
        .limit(1)
    ).one_or_none()
