"""What a trial found, read from its artifacts when its last stage has ended; kept with the run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pipelines.artifacts import Paper
from pipelines.plan import ModelRole, ask_subject
from pipelines.trials import Precheck, Preview, Reply
from service.ledger.tables import RunKind, Stage

P = TypeVar("P", bound=Paper)

MODEL_ROLES: tuple[ModelRole, ...] = ("base", "reference", "candidate")


@dataclass(frozen=True)
class TrialResult:
    """`ending` is one line for people; `result` is what the run keeps."""

    ending: str
    result: dict[str, Any]


def result_of(kind: RunKind, stages: Sequence[Stage]) -> TrialResult | None:
    """None for runs that are no trials. Raises OSError when an artifact is gone already."""
    match kind:
        case RunKind.PRECHECK:
            precheck = _paper(Precheck, stages, "compare", "precheck")
            return TrialResult(precheck.summary, precheck.model_dump(mode="json"))
        case RunKind.PREVIEW:
            preview = _paper(Preview, stages, "generate", "preview")
            kept = sum(len(leaf.kept) for leaf in preview.leaves)
            asked = kept + sum(len(leaf.dropped) for leaf in preview.leaves)
            return TrialResult(f"{kept} of {asked} samples were kept.", preview.model_dump(mode="json"))
        case RunKind.ASK:
            replies = {
                role: _paper(Reply, stages, "evaluate", ask_subject(role)).model_dump(mode="json")
                for role in MODEL_ROLES
                if any(stage.subject == ask_subject(role) for stage in stages)
            }
            return TrialResult(f"{len(replies)} models answered.", {"replies": replies})
        case _:
            return None


def _paper(paper: type[P], stages: Sequence[Stage], name: str, subject: str) -> P:
    folder = next(stage.run_dir for stage in stages if (stage.name, stage.subject) == (name, subject))
    return paper.load(Path(folder or ""))
