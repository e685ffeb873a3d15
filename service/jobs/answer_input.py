"""Fills a `TrialInput` from the ledger and the artifacts."""

import logging
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session

from pipelines.artifacts import Comparison
from pipelines.artifacts import Release as ReleasePaper
from pipelines.errors import StageError
from pipelines.plan import ModelRole, RunContext
from pipelines.trials import Precheck, Preview, Reply
from service.jobs.planning import context_of
from service.jobs.report_input import run_line
from service.ledger.tables import Run, RunKind, RunState
from service.reports.trials.model import MODELS, TrialInput
from service.settings import Settings

log = logging.getLogger(__name__)

P = TypeVar("P", bound=BaseModel)


def trial_input(session: Session, settings: Settings, run: Run, *, comment_id: int) -> TrialInput:
    """All that is to be said of the run now; what was made by another version or is gone is left out."""
    context, ended_well = _context(run), run.state is RunState.SUCCEEDED
    return TrialInput(
        run=run_line(session, run),
        head_sha=run.head_sha,
        comment_id=comment_id,
        public_url=settings.public_url.rstrip("/"),
        base_model=str(context.recipe.base_model) if context else "",
        release_version=context.reference.version if context and context.reference else None,
        leaf=context.leaf if context else None,
        prompt=context.prompt if context else None,
        precheck=_read(Precheck, run) if ended_well and run.kind is RunKind.PRECHECK else None,
        preview=_read(Preview, run) if ended_well and run.kind is RunKind.PREVIEW else None,
        replies=_replies(run) if run.kind is RunKind.ASK else {},
        candidate_run=context.candidate.run_id if context and context.candidate else None,
        comparison=_read(Comparison, run) if run.kind is RunKind.RELEASE and run.result else None,
        version=context.release.version if context and context.release else "",
        release=_release(run) if ended_well and run.kind is RunKind.RELEASE else None,
    )


def _context(run: Run) -> RunContext | None:
    try:
        return context_of(run)
    except StageError:
        return None


def _read(paper: type[P], run: Run) -> P | None:
    try:
        return paper.model_validate(run.result)
    except ValidationError:
        log.warning("the result of run %d cannot be read: its answer is short", run.id)
        return None


def _replies(run: Run) -> dict[ModelRole, Reply]:
    said = run.result.get("replies", {})
    try:
        return {role: Reply.model_validate(said[role]) for role in MODELS if role in said}
    except ValidationError:
        log.warning("the answers of run %d cannot be read: its answer is short", run.id)
        return {}


def _release(run: Run) -> ReleasePaper | None:
    folder = next((stage.run_dir for stage in run.stages if stage.name == "release" and stage.run_dir), None)
    try:
        return None if folder is None else ReleasePaper.load(Path(folder))
    except (OSError, ValidationError):
        log.warning("the release that run %d tried cannot be read: its answer is short", run.id)
        return None
