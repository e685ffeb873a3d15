"""What a run page shows of a precheck, a preview or a prompt."""

from dataclasses import dataclass

from pydantic import ValidationError

from pipelines.trials import Precheck, Preview, Reply
from service.ledger.queries import RunDetail
from service.ledger.tables import RunKind


@dataclass(frozen=True)
class Answer:
    """One model's; `model` says which in words."""

    model: str
    reply: Reply


@dataclass(frozen=True)
class Trial:
    """At most one of these holds something; the question is there from the start, what was found at the end."""

    leaf: str | None = None
    prompt: str | None = None
    precheck: Precheck | None = None
    preview: Preview | None = None
    answers: tuple[Answer, ...] = ()


def trial_of(detail: RunDetail) -> Trial | None:
    """None for runs that are no trials; what another version wrote is left out."""
    leaf, prompt, found = detail.context.get("leaf"), detail.context.get("prompt"), detail.result
    try:
        match detail.run.kind:
            case RunKind.PRECHECK:
                return Trial(precheck=Precheck.model_validate(found) if found else None)
            case RunKind.PREVIEW:
                return Trial(leaf=leaf, preview=Preview.model_validate(found) if found else None)
            case RunKind.ASK:
                return Trial(prompt=prompt, answers=_answers(detail))
    except ValidationError:
        return Trial(leaf=leaf, prompt=prompt)
    return None


def _answers(detail: RunDetail) -> tuple[Answer, ...]:
    reference = detail.context.get("reference") or {}
    candidate = detail.context.get("candidate") or {}
    names = {
        "base": "base model",
        "reference": f"release {reference.get('version', '')}",
        "candidate": f"candidate of run {candidate.get('run_id', '')}",
    }
    said = detail.result.get("replies", {})
    return tuple(
        Answer(name, Reply.model_validate(said[role])) for role, name in names.items() if role in said
    )
