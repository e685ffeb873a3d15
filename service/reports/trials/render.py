"""The answer to a command that started a run: one comment, edited from "queued" to the result."""

from typing import Final

from service.reports import sections
from service.reports.comment import LONGEST, cut
from service.reports.escape import code, prose
from service.reports.model import RunLine
from service.reports.table import duration
from service.reports.trials import ask, dry_run, precheck, preview
from service.reports.trials.model import TrialInput, run_marker

_RESULTS: Final = {
    "precheck": precheck.result,
    "preview": preview.result,
    "ask": ask.result,
    "release": dry_run.result,
}


def render(trial: TrialInput) -> str:
    """Markdown, at most LONGEST long; the same input gives the same text. Untrusted text is escaped."""
    foot = f"<sub>[All of it]({trial.page}) · asked for by {prose(trial.run.requested_by, 60)}</sub>"
    body = sections.joined([run_marker(trial.comment_id, trial.run.kind), *_body(trial)])
    room = LONGEST - len(foot) - 100
    shown = cut(body, room)
    more = f"\n\n[The rest is too long for a comment.]({trial.page})" if shown != body else ""
    return f"{shown}{more}\n\n{foot}"


def _body(trial: TrialInput) -> list[str]:
    run = trial.run
    if run.is_open:
        return [f"### ⏳ {_what(trial)}: {_waiting(run)}", _asked(trial), sections.progress(run)]
    if run.state == "succeeded":
        return [_asked(trial), *_RESULTS[run.kind](trial)]
    return [*_ended(trial), _asked(trial)]


def _what(trial: TrialInput) -> str:
    names = {
        "precheck": "Precheck",
        "preview": "Preview",
        "ask": "`ask`",
        "release": "Dry run of a release",
    }
    return f"{names[trial.run.kind]} of `{trial.short_sha}`"


def _waiting(run: RunLine) -> str:
    done = sum(stage.state == "succeeded" for stage in run.stages)
    where = f"{done} of {len(run.stages)} stages done"
    if run.state == "queued" and not done:
        where = f"place {run.queue_place} in the queue" if run.queue_place else "waits for a worker"
    return where if run.eta_seconds is None else f"{where}, ready in about {duration(run.eta_seconds)}"


def _asked(trial: TrialInput) -> str:
    if trial.prompt is not None:
        return f"> {prose(trial.prompt, 1100)}"
    return f"For {code(trial.leaf)}." if trial.leaf is not None else ""


def _ended(trial: TrialInput) -> list[str]:
    """It did not come to its end; the command is named without what was asked, which is other people's text."""
    run = trial.run
    again = dry_run.COMMAND if run.kind == "release" else f"/graft {run.kind}"
    if run.kind == "release" and run.failure is not None and run.failure.code == dry_run.GATE:
        return dry_run.refused(trial)
    if run.state == "failed":
        nxt = f"mend what is named here and push, then say `{again}` again."
        return [f"### ❌ {_what(trial)} failed", sections.failure(run), f"**Next:** {nxt}"]
    if run.state == "broken":
        nxt = f"say `{again}` again; what was finished is used again."
        title = "broke down, which is not the fault of this contribution"
        return [f"### ⚠️ {_what(trial)} {title}", sections.failure(run), f"**Next:** {nxt}"]
    reason = f": {prose(run.ending, 300)}" if run.ending else ""
    nxt = f"say `{again}` for the commit that is the head now."
    if run.state == "cancelled":
        nxt = f"say `{again}` again if it is still wanted."
    if run.kind == "release":
        nxt = ""
    return [f"### ⏹️ {_what(trial)} was stopped{reason}", f"**Next:** {nxt}" if nxt else ""]
