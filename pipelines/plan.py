"""Which stages a run has, in what order, and how each is fully said once what it needs is there.

The service and `graft run` both plan with this; nothing here imports an engine.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from pipelines.collect.config import CollectConfig
from pipelines.evaluate.config import EvaluateConfig
from pipelines.mix.config import MixConfig
from pipelines.provenance import code_version
from pipelines.recipe import Recipe
from pipelines.release.config import ReleaseConfig
from pipelines.runs import InputRef, Manifest, StageSpec
from pipelines.train.config import TrainConfig

Queue = Literal["cpu", "gpu"]
PlannedKind = Literal["precheck", "preview", "evaluate", "ask", "release"]
ModelRole = Literal["base", "reference", "candidate"]
"""`reference`: the release, or the base model before the first; `candidate`: of an earlier evaluation."""
StageKey = tuple[str, str]
"""(stage, subject)"""


class PlannedStage(BaseModel):
    """One step of a run: which stage, for which subject, on which queue, after which others (role -> stage)."""

    model_config = ConfigDict(frozen=True)

    name: str
    subject: str = ""
    queue: Queue
    needs: dict[str, StageKey] = {}
    model: ModelRole | None = None
    """Which model an `evaluate` stage examines, where no stage of the run trains it."""

    @property
    def key(self) -> StageKey:
        return (self.name, self.subject)


class ReferenceModel(BaseModel):
    """The release that a candidate is compared with; before the first release there is none (the base model)."""

    model_config = ConfigDict(frozen=True)

    version: str
    path: Path
    digest: str


class CandidateModel(BaseModel):
    """What an earlier evaluation of the same head trained."""

    model_config = ConfigDict(frozen=True)

    run_id: int
    path: Path
    digest: str


class RunContext(BaseModel):
    """What decides a run, besides the outputs of its own stages."""

    model_config = ConfigDict(frozen=True)

    kind: PlannedKind
    recipe: Recipe
    commit: str
    base_commit: str
    reference: ReferenceModel | None = None
    release: ReleaseConfig | None = None
    """For `release` runs."""
    dry_run: bool = False
    """For `release` runs: nothing is published. What is computed is the same, and used again by the release."""
    leaf: str | None = None
    """For `preview`: the one leaf that is asked for."""
    prompt: str | None = None
    """For `ask`."""
    candidate: CandidateModel | None = None
    """For `ask`; None: there is none, and only the others are asked."""


class Finished(BaseModel):
    """A finished stage: its run directory and manifest."""

    model_config = ConfigDict(frozen=True)

    path: Path
    manifest: Manifest


_COLLECT = PlannedStage(name="collect", queue="cpu")
_GENERATE = PlannedStage(name="generate", queue="gpu", needs={"leafset": ("collect", "")})


def _mix(subject: str) -> PlannedStage:
    return PlannedStage(
        name="mix",
        subject=subject,
        queue="cpu",
        needs={"leafset": ("collect", ""), "sampleset": ("generate", "")},
    )


def _train(subject: str) -> PlannedStage:
    return PlannedStage(name="train", subject=subject, queue="gpu", needs={"phasedata": ("mix", subject)})


def _evaluate(subject: str, trained: str | None) -> PlannedStage:
    needs: dict[str, StageKey] = {"exams": ("collect", "")}
    if trained is not None:
        needs["model"] = ("train", trained)
    role: ModelRole | None = "reference" if trained is None else None
    return PlannedStage(name="evaluate", subject=subject, queue="gpu", needs=needs, model=role)


def _ask(role: ModelRole) -> PlannedStage:
    return PlannedStage(name="evaluate", subject=ask_subject(role), queue="gpu", model=role)


def ask_subject(role: ModelRole) -> str:
    """A subject of its own: answering one prompt says nothing about how long an exam takes."""
    return f"ask-{role}"


_EVALUATE_RUN = (
    _COLLECT,
    _GENERATE,
    _mix("candidate"),
    _mix("control"),
    _train("candidate"),
    _evaluate("candidate", "candidate"),
    _train("control"),
    _evaluate("control", "control"),
    _evaluate("reference", None),
    PlannedStage(
        name="compare",
        queue="cpu",
        needs={
            "reference": ("evaluate", "reference"),
            "control": ("evaluate", "control"),
            "candidate": ("evaluate", "candidate"),
        },
    ),
)

_RELEASE_RUN = (
    _COLLECT,
    _GENERATE,
    _mix("release"),
    _train("release"),
    _evaluate("candidate", "release"),
    _evaluate("reference", None),
    PlannedStage(
        name="compare",
        queue="cpu",
        needs={"reference": ("evaluate", "reference"), "candidate": ("evaluate", "candidate")},
    ),
    PlannedStage(
        name="release",
        queue="cpu",
        needs={
            "leafset": ("collect", ""),
            "sampleset": ("generate", ""),
            "checkpoint": ("train", "release"),
            "report": ("evaluate", "candidate"),
            "comparison": ("compare", ""),
        },
    ),
)


_PRECHECK_RUN = (
    _COLLECT,
    PlannedStage(
        name="evaluate",
        subject="precheck",
        queue="gpu",
        needs={"leafset": ("collect", "")},
        model="reference",
    ),
    PlannedStage(
        name="compare", subject="precheck", queue="cpu", needs={"reference": ("evaluate", "precheck")}
    ),
)

_PREVIEW_RUN = (
    _COLLECT,
    PlannedStage(name="generate", subject="preview", queue="gpu", needs={"leafset": ("collect", "")}),
)

_RUNS: dict[PlannedKind, tuple[PlannedStage, ...]] = {
    "precheck": _PRECHECK_RUN,
    "preview": _PREVIEW_RUN,
    "evaluate": _EVALUATE_RUN,
    "ask": (_ask("base"), _ask("reference"), _ask("candidate")),
    "release": _RELEASE_RUN,
}


def stages_of(kind: PlannedKind) -> tuple[PlannedStage, ...]:
    """The stages of a run, in an order in which each comes after what it needs."""
    return _RUNS[kind]


def stages_in(context: RunContext) -> tuple[PlannedStage, ...]:
    """The same, less those for which there is no model: a prompt is put to the models that there are."""
    absent: set[ModelRole] = set()
    if context.kind == "ask":
        absent |= {"reference"} if context.reference is None else set()
        absent |= {"candidate"} if context.candidate is None else set()
    return tuple(planned for planned in stages_of(context.kind) if planned.model not in absent)


def build_spec(
    planned: PlannedStage, context: RunContext, finished: Mapping[StageKey, Finished]
) -> StageSpec:
    """Say a stage fully. `finished` must hold all that `planned.needs` names (KeyError otherwise).

    Inputs are known by the digest of their content, not by how they came about: when a commit changes nothing
    that a stage reads, its inputs key stays and its artifact is used again.
    """
    inputs = {
        role: InputRef(path=str(finished[key].path), digest=finished[key].manifest.digest)
        for role, key in planned.needs.items()
    }
    model = _model(planned, context)
    if model is not None:
        inputs["model"] = InputRef(path=str(model.path), digest=model.digest)
    return StageSpec(
        stage=planned.name,
        subject=planned.subject,
        config=_config(planned, context),
        inputs=inputs,
        code_version=code_version(planned.name),
    )


def _model(planned: PlannedStage, context: RunContext) -> ReferenceModel | CandidateModel | None:
    """The model that a stage is given from outside the run; None: it is trained in it, or is the base model."""
    match planned.model:
        case "reference":
            return context.reference
        case "candidate":
            return context.candidate
        case _:
            return None


def _config(planned: PlannedStage, context: RunContext) -> dict[str, Any]:
    recipe = context.recipe
    match planned.name:
        case "collect":
            config: BaseModel = CollectConfig(
                **recipe.collect.model_dump(), commit=context.commit, base_commit=context.base_commit
            )
        case "generate":
            config = recipe.generate
            if context.kind == "preview":
                config = recipe.preview.of(recipe.generate, context.leaf)
        case "mix":
            config = MixConfig(
                **recipe.mix.model_dump(),
                subject=planned.subject,
                base_model=recipe.base_model,
            )
        case "train":
            config = TrainConfig(**recipe.train.model_dump(), base_model=recipe.base_model)
        case "evaluate":
            config = _evaluate_config(planned, context)
        case "compare":
            config = recipe.compare
        case "release" if context.release is not None:
            config = context.release
        case _:
            raise ValueError(f"no stage {planned.name!r} in a run of kind {context.kind!r}")
    return config.model_dump(mode="json")


def _evaluate_config(planned: PlannedStage, context: RunContext) -> EvaluateConfig:
    recipe = context.recipe
    given = "model" in planned.needs or _model(planned, context) is not None
    settings = recipe.evaluate.model_dump()
    asked: dict[str, Any] = {}
    match context.kind:
        case "precheck":
            settings["max_answers"] = recipe.precheck.max_answers
            asked = {"seeds": True}
        case "ask":
            settings["answer_tokens"] = recipe.ask.answer_tokens
            asked = {"prompt": context.prompt or ""}
    return EvaluateConfig(**settings, **asked, model=None if given else recipe.base_model)


def run_directory(artifacts: Path, spec: StageSpec) -> Path:
    """Where a stage with this inputs key works: the same key, the same folder, so it is never computed twice."""
    return artifacts / spec.stage / spec.inputs_key[:2] / spec.inputs_key[:32]
