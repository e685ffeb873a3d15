"""A trial begins: its run is created with everything that it will ask, and its answer is promised."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipelines.errors import StageError
from pipelines.plan import CandidateModel, RunContext
from pipelines.runs import RunDir
from service.decisions.commands import StartTrial
from service.decisions.trials import TrialFacts
from service.jobs import leaf_results
from service.jobs.advance import start
from service.jobs.recipes import recipe_of
from service.jobs.start_release import as_reference, open_release, published
from service.ledger import answers, runs
from service.ledger.runs import RunRequest
from service.ledger.tables import Contribution, Run, RunKind, RunState, Stage, StageState
from service.settings import Settings


def start_trial(
    session: Session, settings: Settings, contribution: Contribution, command: StartTrial, *, now: datetime
) -> bool:
    """False when a trial of that kind with another question is under way on this head: the comment was not answered."""
    repository = contribution.repository
    context = RunContext(
        kind=command.kind,
        recipe=recipe_of(settings),
        commit=command.head_sha,
        base_commit=command.base_sha,
        reference=as_reference(published(session, repository)),
        leaf=command.leaf,
        prompt=command.prompt,
        candidate=_candidate(session, contribution, command.head_sha) if command.kind == "ask" else None,
    )
    request = RunRequest(
        kind=RunKind(command.kind),
        repository=repository,
        number=contribution.number,
        contribution_id=contribution.id,
        head_sha=command.head_sha,
        base_sha=command.base_sha,
        requested_by=command.requested_by,
        context=context,
    )
    run = start(session, settings, request, now=now)
    if (run.context.get("leaf"), run.context.get("prompt")) != (command.leaf, command.prompt):
        return False
    answers.promise(session, run.id, number=contribution.number, comment_id=command.comment_id)
    return True


def trial_facts(session: Session, repository: str, number: int, head_sha: str | None) -> TrialFacts:
    """What decisions on trials and dry runs need of the ledger; `head_sha` is None under an issue."""
    check = None
    if head_sha is not None:
        check = runs.newest(session, repository, number, head_sha, RunKind.CHECK, RunState.SUCCEEDED)
    here = answers.open_dry_run(session, repository, number=number)
    return TrialFacts(
        leaves=tuple(leaf_results.changed_leaves(check.result)) if check else (),
        release_open=open_release(session, repository) is not None,
        dry_run_open=answers.open_dry_run(session, repository) is not None,
        dry_run_here=here.id if here else None,
    )


def _candidate(session: Session, contribution: Contribution, head_sha: str) -> CandidateModel | None:
    """What the newest evaluation of this head trained, whatever became of the evaluation; None when it is gone."""
    trained = session.scalars(
        select(Stage)
        .join(Run, Run.id == Stage.run_id)
        .where(
            Run.contribution_id == contribution.id,
            Run.head_sha == head_sha,
            Run.kind == RunKind.EVALUATE,
            Stage.name == "train",
            Stage.subject == "candidate",
            Stage.state == StageState.SUCCEEDED,
        )
        .order_by(Run.id.desc())
        .limit(1)
    ).one_or_none()
    if trained is None or trained.run_dir is None:
        return None
    path = Path(trained.run_dir)
    try:
        return CandidateModel(run_id=trained.run_id, path=path, digest=RunDir(path).manifest().digest)
    except StageError:
        return None
