"""Fills a `ReportInput` from the ledger and the artifacts."""

import logging
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipelines.artifacts import Checkpoint, Comparison, LeafCounts, Sample, SampleSet, StepRecord
from pipelines.errors import Failure, StageError
from pipelines.runs import Manifest, RunDir
from service.jobs import collected, leaf_results
from service.jobs.planning import context_of
from service.ledger import forecast
from service.ledger.contributions import live_approval
from service.ledger.queries import stage_view
from service.ledger.tables import Contribution, LeafResult, Run, RunKind, RunState, Stage, StageState
from service.reports.model import (
    CheckResult,
    ContributionState,
    Cost,
    Evaluation,
    PolicyEffect,
    Provenance,
    ReportInput,
    RunLine,
    StageLine,
)
from service.settings import Settings
from taxonomy_schema.models import Finding

log = logging.getLogger(__name__)

_SAMPLES_A_LEAF = 3


def report_input(session: Session, settings: Settings, contribution: Contribution) -> ReportInput:
    """All that is to be said of the contribution at its present head."""
    of_head = select(Run).where(Run.contribution_id == contribution.id, Run.head_sha == contribution.head_sha)
    runs = session.scalars(of_head.order_by(Run.id)).all()
    approval = live_approval(session, contribution.id)
    approved = approval is not None and approval.head_sha == contribution.head_sha
    return ReportInput(
        repository=contribution.repository,
        number=contribution.number,
        head_sha=contribution.head_sha,
        author=contribution.author,
        public_url=settings.public_url.rstrip("/"),
        state=_state(contribution),
        approved_by=approval.by if approval and approved else None,
        needed=contribution.needed.get("text", ""),
        reviewers=tuple(contribution.needed.get("reviewers", ())),
        check=_check(runs, settings.rules_url.rstrip("/")),
        runs=tuple(run_line(session, run) for run in runs),
        evaluation=_evaluation(runs),
        shipped_in=_shipped_in(session, contribution),
    )


def _state(contribution: Contribution) -> ContributionState:
    if contribution.state != "open":
        return "merged" if contribution.state == "merged" else "closed"
    return "held" if contribution.held else "draft" if contribution.draft else "open"


def _check(runs: Sequence[Run], rules_url: str) -> CheckResult | None:
    ended = (RunState.SUCCEEDED, RunState.FAILED)
    checks = [run for run in runs if run.kind is RunKind.CHECK]
    if not checks or checks[-1].state not in ended:
        return None
    result = checks[-1].result
    return CheckResult(
        leaves_changed=tuple(leaf["id"] for leaf in result["leaves"]),
        findings=(
            *(Finding.from_dict(finding) for finding in result["findings"]),
            # Of leaves beside their documents, which a check does not fetch.
            *collected.weighed((stage for run in runs for stage in run.stages), checks[-1]),
        ),
        policy=_policy_effect(result.get("policy")),
        rules_url=rules_url,
    )


def _policy_effect(written: dict[str, Any] | None) -> PolicyEffect | None:
    if written is None:
        return None
    return PolicyEffect(
        changes=tuple((row["setting"], row["old"], row["new"]) for row in written["changes"]),
        gains=tuple(written["gains"]),
        losses=tuple(written["losses"]),
    )


def run_line(session: Session, run: Run) -> RunLine:
    seen = forecast.forecast(session, run.id) if run.kind is not RunKind.CHECK else None
    return RunLine(
        id=run.id,
        kind=run.kind.value,
        state=run.state.value,
        requested_by=run.requested_by,
        recipe=run.context.get("recipe", {}).get("name", ""),
        ending=run.ending or "",
        stages=tuple(_stage_line(stage) for stage in run.stages),
        queue_place=seen.place if seen and run.state is RunState.QUEUED else None,
        eta_seconds=seen.eta_seconds if seen else None,
    )


def _stage_line(stage: Stage) -> StageLine:
    view = stage_view(stage)
    counted = f"{view.done} of {view.total} {view.unit}" if view.total else view.message
    return StageLine(
        name=stage.name,
        subject=stage.subject,
        state=stage.state.value,
        # Shown at stage boundaries only: a share that moves with every beat would be a write to GitHub each time.
        share=view.share if stage.state is StageState.SUCCEEDED else 0.0,
        message=counted if stage.state is StageState.SUCCEEDED else "",
        seconds=stage.seconds,
        reused=stage.reused,
        attempts=stage.attempts,
        failure=Failure.model_validate(stage.failure) if stage.failure else None,
    )


def _evaluation(runs: Sequence[Run]) -> Evaluation | None:
    """Of the newest evaluate run that succeeded; what its artifacts said is left out where they are gone."""
    evaluated = [run for run in runs if run.kind is RunKind.EVALUATE and run.state is RunState.SUCCEEDED]
    if not evaluated:
        return None
    run = evaluated[-1]
    comparison = Comparison.model_validate(run.result)
    try:
        return _with_artifacts(run, comparison)
    except (OSError, ValidationError, StageError):
        log.warning("artifacts of run %d cannot be read: its report is short", run.id, exc_info=True)
        return Evaluation(run_id=run.id, comparison=comparison)


def _with_artifacts(run: Run, comparison: Comparison) -> Evaluation:
    stages = {(stage.name, stage.subject): stage for stage in run.stages}
    generate = stages["generate", ""]
    contributed = set(leaf_results.exam_deltas(comparison))
    samples = SampleSet.load(Path(generate.run_dir or ""))
    leaves = tuple(leaf for leaf in samples.leaves if leaf.leaf_id in contributed)
    steps: tuple[StepRecord, ...] = Checkpoint.load(Path(stages["train", "candidate"].run_dir or "")).steps
    return Evaluation(
        run_id=run.id,
        comparison=comparison,
        leaves=leaves,
        steps=steps,
        samples=_samples(Path(generate.run_dir or ""), leaves),
        cost=_cost(run.stages, () if generate.reused else samples.leaves),
        provenance=_provenance(run),
    )


def _samples(folder: Path, leaves: Sequence[LeafCounts]) -> tuple[Sample, ...]:
    found: list[Sample] = []
    for leaf in leaves:
        with (folder / leaf.file).open("rb") as lines:
            found += [Sample.model_validate_json(line) for line in islice(lines, _SAMPLES_A_LEAF)]
    return tuple(found)


def _cost(stages: Sequence[Stage], leaves: Sequence[LeafCounts]) -> Cost:
    measured = (stage for stage in stages if stage.queue == "gpu" and not stage.reused)
    return Cost(
        accelerator_minutes=sum(stage.seconds * stage.accelerators for stage in measured) / 60,
        prompt_tokens=sum(leaf.prompt_tokens for leaf in leaves),
        completion_tokens=sum(leaf.completion_tokens for leaf in leaves),
        requests=sum(leaf.requests for leaf in leaves),
    )


def _provenance(run: Run) -> Provenance:
    context = context_of(run)
    manifests: list[Manifest] = [
        RunDir(Path(stage.run_dir)).manifest() for stage in run.stages if stage.run_dir
    ]
    versions: dict[str, str] = {}
    for manifest in manifests:
        versions |= manifest.provenance.versions
    return Provenance(
        base_commit=context.base_commit,
        recipe=context.recipe.name,
        base_model=str(context.recipe.base_model),
        release_version=context.reference.version if context.reference else None,
        versions=versions,
        inputs_keys={
            f"{stage.name} {stage.subject}".rstrip(): stage.inputs_key or "" for stage in run.stages
        },
    )


def _shipped_in(session: Session, contribution: Contribution) -> str | None:
    versions = session.scalars(
        select(LeafResult.version).where(
            LeafResult.repository == contribution.repository,
            LeafResult.number == contribution.number,
            LeafResult.status == "released",
        )
    ).all()
    return next((version for version in versions if version), None)
