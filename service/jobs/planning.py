"""From rows to stages: what a stage row means, fully said, and where it works."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from pipelines.errors import WrongUse
from pipelines.plan import (
    Finished,
    PlannedStage,
    RunContext,
    StageKey,
    build_spec,
    run_directory,
    stages_of,
)
from pipelines.runs import Place, RunDir, StageSpec
from service.jobs.clones import clone_of
from service.ledger.tables import Run, Stage, StageState
from service.settings import Settings


def context_of(run: Run) -> RunContext:
    """What was frozen when the run was created; raises WrongUse when this version cannot read it."""
    try:
        return RunContext.model_validate(run.context)
    except ValidationError as error:
        raise WrongUse(
            "context_unreadable",
            f"run {run.id} was planned by another version: {error}",
            mend="Ask for it again: `/graft retry`.",
        ) from error


def plan(settings: Settings, run: Run, stages: Sequence[Stage], key: StageKey) -> tuple[StageSpec, Path]:
    """The stage's spec and run directory. Raises WrongUse when an artifact that it needs is gone."""
    context = context_of(run)
    planned = _planned(context, key)
    needed = set(planned.needs.values())
    finished = {
        (stage.name, stage.subject): _finished(stage)
        for stage in stages
        if (stage.name, stage.subject) in needed
    }
    spec = build_spec(planned, context, finished)
    return spec, run_directory(settings.artifacts_folder, spec)


def _planned(context: RunContext, key: StageKey) -> PlannedStage:
    found = next((planned for planned in stages_of(context.kind) if planned.key == key), None)
    if found is None:
        raise WrongUse("no_such_stage", f"{context.kind} has no stage {key}", mend="Ask for the run again.")
    return found


def _finished(stage: Stage) -> Finished:
    if stage.run_dir is None or stage.state is not StageState.SUCCEEDED:
        raise WrongUse(
            "not_finished", f"stage {stage.name} {stage.subject} left nothing", mend="Ask for the run again."
        )
    path = Path(stage.run_dir)
    return Finished(path=path, manifest=RunDir(path).manifest())


def place_of(settings: Settings, run: Run) -> Place:
    """Where things lie on this machine."""
    return Place(
        models=settings.models_folder,
        leaves=settings.leaves_folder,
        taxonomy=clone_of(settings, run.repository),
        mirrors=settings.mirrors,
    )
