"""A run goes on: in the transaction that ends one of its stages, so that nothing can get lost in between."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from pipelines.artifacts import Comparison
from pipelines.artifacts import Release as ReleasePaper
from pipelines.errors import ExitCode, StageError
from pipelines.plan import StageKey
from pipelines.runs import RunDir
from service.decisions.on_stage_finished import EndRun, MakeReady, StageFacts, decide
from service.jobs import collected, leaf_results
from service.jobs.planning import context_of, plan
from service.jobs.trial_results import result_of
from service.ledger import answers, outbox, runs
from service.ledger.contributions import want_report
from service.ledger.runs import RunRequest
from service.ledger.session import insert_or_ignore, nudge_after_commit
from service.ledger.tables import Release, Run, RunKind, RunState, Stage, StageState
from service.queue import stage_task
from service.settings import Settings
from taxonomy_schema.models import Finding


def start(session: Session, settings: Settings, request: RunRequest, *, now: datetime) -> Run:
    """Create the run (or find the open one like it) and make its first stages ready."""
    run, created = runs.create(session, request, now=now)
    if created:
        advance(session, settings, run.id, now=now)
    return run


def advance(session: Session, settings: Settings, run_id: int, *, now: datetime) -> None:
    """Make ready what can go on, or end the run. Nothing happens to a run that is over."""
    run = runs.lock(session, run_id)
    going = _Going(session, settings, run, runs.stages(session, run_id), now)
    if run.state.is_open:
        if run.kind is RunKind.CHECK:
            _go_on_checking(going)
        else:
            _go_on(going)
    answers.want(session, run_id)
    if run.contribution_id is not None:
        want_report(session, run.contribution_id)
        nudge_after_commit(session, "report", run.contribution_id)


@dataclass(frozen=True)
class _Going:
    """A run that is being advanced; its row is locked."""

    session: Session
    settings: Settings
    run: Run
    stages: list[Stage]
    now: datetime


def _go_on_checking(going: _Going) -> None:
    """A check that succeeded ends its run itself; here it has yet to begin, or was given up."""
    for stage in going.stages:
        if stage.state is StageState.FAILED:
            ending = stage.failure.get("message", "the check was given up")
            runs.end(going.session, going.run, state=RunState.BROKEN, ending=ending, now=going.now)
        elif stage.state is StageState.READY:
            nudge_after_commit(going.session, stage_task(stage.queue), stage.id)


def _go_on(going: _Going) -> None:
    try:
        for command in decide(context_of(going.run).kind, [_facts(going, stage) for stage in going.stages]):
            match command:
                case MakeReady(key):
                    _make_ready(going, key)
                case EndRun(state, ending):
                    _end(going, RunState(state), ending)
    except StageError as error:
        ending = f"{error.message} {error.mend}"
        runs.end(going.session, going.run, state=RunState.BROKEN, ending=ending, now=going.now)


def _facts(going: _Going, stage: Stage) -> StageFacts:
    faults = _errors_of_documents(going) if stage.name == "collect" else ()
    if faults:
        first = faults[0]
        message = f"{first.place.file}:{first.place.line}: {first.message} {first.mend}"
        return StageFacts((stage.name, stage.subject), "failed", ExitCode.FAILED, message)
    return StageFacts(
        key=(stage.name, stage.subject),
        state=stage.state.value,
        exit_code=stage.failure.get("exit_code"),
        message=stage.failure.get("message", ""),
    )


def _errors_of_documents(going: _Going) -> Sequence[Finding]:
    """What the documents tell of a contribution's leaves that its taxonomy takes for errors: nothing is spent then."""
    run = going.run
    if run.contribution_id is None:
        return ()
    checked = (RunKind.CHECK, RunState.SUCCEEDED, RunState.FAILED)
    check = runs.newest(going.session, run.repository, run.number, run.head_sha, *checked)
    return () if check is None else collected.errors(going.stages, check)


def _make_ready(going: _Going, key: StageKey) -> None:
    spec, run_dir = plan(going.settings, going.run, going.stages, key)
    stage = next(stage for stage in going.stages if (stage.name, stage.subject) == key)
    runs.make_ready(going.session, stage, inputs_key=spec.inputs_key, run_dir=str(run_dir), now=going.now)
    nudge_after_commit(going.session, stage_task(stage.queue), stage.id)


def _end(going: _Going, state: RunState, ending: str) -> None:
    session, run, now = going.session, going.run, going.now
    comparison = _comparison(going.stages)
    if state is RunState.SUCCEEDED and comparison is not None:
        ending = comparison.summary
    result = comparison.model_dump(mode="json") if comparison else None
    found = result_of(run.kind, going.stages) if state is RunState.SUCCEEDED else None
    if found is not None:
        ending, result = found.ending, found.result
    runs.end(session, run, state=state, ending=ending, now=now, result=result)
    if state is not RunState.SUCCEEDED:
        return
    if run.kind is RunKind.EVALUATE and comparison is not None:
        _record_evaluation(session, run, comparison, now)
    elif run.kind is RunKind.RELEASE and not context_of(run).dry_run:
        _hand_over_release(going, comparison)


def _comparison(stages: list[Stage]) -> Comparison | None:
    """Of a run that has a candidate; a precheck's compare stage leaves another paper."""
    compared = (stage for stage in stages if (stage.name, stage.subject) == ("compare", ""))
    folder = next((stage.run_dir for stage in compared if stage.state is StageState.SUCCEEDED), None)
    return Comparison.load(Path(folder)) if folder else None


def _record_evaluation(session: Session, run: Run, comparison: Comparison, now: datetime) -> None:
    check = runs.newest(session, run.repository, run.number, run.head_sha, RunKind.CHECK, RunState.SUCCEEDED)
    if check is None or run.contribution is None:
        return
    leaves = leaf_results.changed_leaves(check.result)
    leaf_results.evaluated(session, run, run.contribution.author, leaves, comparison, now=now)


def _hand_over_release(going: _Going, comparison: Comparison | None) -> None:
    """The release is made: have it published. Publishing, not this, makes it the reference of later runs."""
    # Loaded here: no other stage's end is written about, and the words load every rule for leaves.
    from service.reports import release_notes

    session, run, now = going.session, going.run, going.now
    folder = Path(next(stage.run_dir for stage in going.stages if stage.name == "release" and stage.run_dir))
    paper, manifest = ReleasePaper.load(folder), RunDir(folder).manifest()
    context = context_of(run)
    insert_or_ignore(
        session,
        Release,
        {
            "repository": run.repository,
            "version": paper.version,
            "run_id": run.id,
            "taxonomy_commit": paper.taxonomy_commit,
            "folder": str(folder),
            "digest": manifest.digest,
            "state": "publishing",
            "created_at": now,
        },
    )
    compared_with = context.reference.version if context.reference else None
    payload = {
        "tag": paper.version,
        "version": paper.version,
        "commit": paper.taxonomy_commit,
        "title": f"Release {paper.version}",
        "body": release_notes.render(paper, comparison, compared_with=compared_with),
        "assets": [str(folder / file.name) for file in paper.files],
        "leaves": list(paper.leaves),
    }
    key = f"{run.repository}:release:{paper.version}"
    outbox.post(session, key=key, kind="release", repository=run.repository, payload=payload, now=now)
