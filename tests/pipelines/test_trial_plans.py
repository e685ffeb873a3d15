"""Which stages a trial has, and whose artifacts it shares."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.plan import (
    CandidateModel,
    Finished,
    PlannedKind,
    ReferenceModel,
    RunContext,
    build_spec,
    stages_in,
    stages_of,
)
from pipelines.provenance import provenance
from pipelines.recipe import load_recipe
from pipelines.release.config import ReleaseConfig
from pipelines.runs import Manifest, StageSpec

RELEASE = ReferenceModel(version="2026.10.1", path=Path("/r"), digest="released")
CANDIDATE = CandidateModel(run_id=4, path=Path("/c"), digest="candidate")


def context(kind: PlannedKind, **more: object) -> RunContext:
    values = {"kind": kind, "recipe": load_recipe("scripted"), "commit": "a" * 40, "base_commit": "b" * 40}
    return RunContext.model_validate(values | more)


def specs(asked: RunContext) -> dict[tuple[str, str], StageSpec]:
    """Every stage of the run, as if all before it had finished with a digest named after themselves."""
    finished = {
        planned.key: Finished(
            path=Path("/") / planned.name,
            manifest=Manifest(
                stage=planned.name,
                subject=planned.subject,
                inputs_key="",
                digest=f"{planned.name} {planned.subject}",
                files={},
                summary={},
                seconds=0,
                finished_at=datetime.now(UTC),
                provenance=provenance(planned.name),
            ),
        )
        for planned in stages_of(asked.kind)
    }
    return {planned.key: build_spec(planned, asked, finished) for planned in stages_in(asked)}


@pytest.mark.parametrize(
    ("reference", "candidate", "asked"),
    [
        (None, None, ["ask-base"]),
        (RELEASE, None, ["ask-base", "ask-reference"]),
        (None, CANDIDATE, ["ask-base", "ask-candidate"]),
        (RELEASE, CANDIDATE, ["ask-base", "ask-reference", "ask-candidate"]),
    ],
)
def test_a_prompt_goes_to_the_models_that_there_are(
    reference: ReferenceModel | None, candidate: CandidateModel | None, asked: list[str]
) -> None:
    found = specs(context("ask", prompt="Why?", reference=reference, candidate=candidate))
    assert [subject for _, subject in found] == asked
    assert all(spec.config["prompt"] == "Why?" for spec in found.values())
    digests = {subject: ref.digest for (_, subject), spec in found.items() for ref in spec.inputs.values()}
    assert digests.get("ask-reference") == ("released" if reference else None)
    assert digests.get("ask-candidate") == ("candidate" if candidate else None)
    assert found["evaluate", "ask-base"].config["model"] == "tiny:1"


def test_a_precheck_examines_the_release_and_before_the_first_the_base_model() -> None:
    before = specs(context("precheck"))["evaluate", "precheck"]
    after = specs(context("precheck", reference=RELEASE))["evaluate", "precheck"]
    assert (before.config["model"], set(before.inputs)) == ("tiny:1", {"leafset"})
    assert after.config["model"] is None
    assert after.inputs["model"].digest == "released"


def test_trials_collect_what_an_evaluation_collects() -> None:
    keys = {
        kind: specs(context(kind))["collect", ""].inputs_key for kind in ("precheck", "preview", "evaluate")
    }
    assert len(set(keys.values())) == 1


def test_a_dry_run_computes_what_the_release_will_use() -> None:
    release = ReleaseConfig(
        version="2026.11.1",
        previous_version=None,
        repository="o/r",
        taxonomy_commit="a" * 40,
        base_model="tiny:1",
    )
    trying = specs(context("release", release=release, dry_run=True))
    cutting = specs(context("release", release=release))
    assert {key: spec.inputs_key for key, spec in trying.items()} == {
        key: spec.inputs_key for key, spec in cutting.items()
    }
