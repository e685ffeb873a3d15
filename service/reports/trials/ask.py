"""One prompt, put to base model, release and candidate: their answers side by side."""

from typing import Final

from pipelines.plan import ModelRole
from service.reports.escape import code, prose
from service.reports.sections import folded
from service.reports.table import several, table
from service.reports.trials.model import MODELS, TrialInput

_LONGEST: Final = 3000


def result(trial: TrialInput) -> list[str]:
    answers = [role for role in MODELS if role in trial.replies]
    rows = [[_name(trial, role), _said(trial, role)] for role in answers]
    body = table(["model", "answer"], rows) if rows else "Their answers cannot be read any more."
    return [
        f"### 💬 {several(len(answers), 'model')} asked, for `{trial.short_sha}`",
        folded("Answers side by side", body),
        _absent(trial),
        (
            "<sub>Each model's likeliest words, one after the other: the same prompt gives the same answer. "
            "One prompt is an impression, not a measurement.</sub>"
        ),
    ]


def _name(trial: TrialInput, role: ModelRole) -> str:
    match role:
        case "base":
            return f"**base model** {code(trial.base_model, 80)}"
        case "reference":
            return f"**{prose(trial.reference, 60)}**"
        case "candidate":
            return (
                f"**candidate** of [run {trial.candidate_run}]({trial.public_url}/runs/{trial.candidate_run})"
            )


def _said(trial: TrialInput, role: ModelRole) -> str:
    reply = trial.replies[role]
    more = " <sub>(cut: it had more to say)</sub>" if reply.cut else ""
    return (prose(reply.answer, _LONGEST) or "(nothing)") + more


def _absent(trial: TrialInput) -> str:
    lines = []
    if trial.release_version is None:
        lines.append("There is no release yet: the base model stands in its place.")
    if trial.candidate_run is None:
        lines.append(
            "There is no candidate of this commit yet: an evaluation trains one (`/graft evaluate`)."
        )
    return " ".join(lines)
