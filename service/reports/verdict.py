"""Where a contribution stands, in one line, and what is to be done next. Comment and check run both begin with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipelines.artifacts import Verdict
from pipelines.errors import ExitCode, Failure
from service.reports.escape import code, prose
from service.reports.model import CheckResult, Evaluation, ReportInput, RunLine
from service.reports.table import duration, several

Standing = Literal["waiting", "running", "fine", "bad", "neutral", "stopped"]
Blame = Literal["author", "operator", "infrastructure"]

SIGNS: dict[Verdict, str] = {
    Verdict.IMPROVED: "✅",
    Verdict.REGRESSED: "❌",
    Verdict.NO_CLEAR_CHANGE: "➖",
    Verdict.TOO_FEW_ITEMS: "❔",
}

_APPROVE = "somebody with triage rights looks at the leaf and says `/graft approve`."
_RETRY = "say `/graft retry` to try again; what was finished is used again."
_UNHOLD = "say `/graft unhold` to go on."
_EVALUATE = "say `/graft evaluate`."
_NEXT_OF_VERDICT: dict[Verdict, str] = {
    Verdict.IMPROVED: "a maintainer may merge this.",
    Verdict.REGRESSED: "look at the rows that regressed and at the samples below, mend the leaf and push.",
    Verdict.NO_CLEAR_CHANGE: "nothing speaks against a merge; more or clearer seeds may show an effect.",
    Verdict.TOO_FEW_ITEMS: "add seeds to the leaf and push, so that its exam can tell.",
}


@dataclass(frozen=True)
class Headline:
    """`title` and `next_step` are Markdown, escaped already; `short` is plain text with nothing untrusted in it."""

    standing: Standing
    sign: str
    short: str
    title: str
    next_step: str = ""


def blame_for(failure: Failure) -> Blame:
    """Whose fault a stage's failure is."""
    match failure.exit_code:
        case ExitCode.FAILED:
            return "author"
        case ExitCode.WRONG_USE:
            return "operator"
        case _:
            return "infrastructure"


def headline(report: ReportInput) -> Headline:
    """The one line that decides; the first of these that applies."""
    return (
        _of_ended_contribution(report)
        or _of_check(report)
        or _of_evaluate_run(report)
        or _of_evaluation(report.evaluation)
        or _of_permission(report)
    )


def _of_ended_contribution(report: ReportInput) -> Headline | None:
    if report.shipped_in is not None:
        return Headline("fine", "🚀", "Shipped", f"Shipped in {prose(report.shipped_in, 40)}")
    if report.state == "merged":
        return Headline("fine", "✅", "Merged", "Merged: its leaves go into the next release")
    if report.state == "closed":
        return Headline("stopped", "⏹️", "Closed", "Closed", "open it again to go on.")
    return None


def _of_check(report: ReportInput) -> Headline | None:
    check = report.check
    if check is None:
        run = report.newest("check")
        if run is not None and not run.is_open:
            return _of_ended_run(run, "The check")
        return Headline("running", "⏳", "Checking", "The leaves are being checked")
    if check.errors:
        count = several(len(check.errors), "error")
        return Headline(
            "bad", "❌", _counts(check), f"The check found {count}", "mend what is named below and push."
        )
    if not check.leaves_changed:
        title = "No leaf is changed, so there is nothing to evaluate"
        return Headline("fine", "✅", "No leaf is changed", title)
    return None


def _counts(check: CheckResult) -> str:
    counts = [(len(check.errors), "error"), (len(check.hints), "hint")]
    return ", ".join(several(count, what) for count, what in counts if count)


def _of_evaluate_run(report: ReportInput) -> Headline | None:
    run = report.newest("evaluate")
    if run is None or run.state == "succeeded":
        return None
    if not run.is_open:
        return _of_ended_run(run, "The evaluation")
    done = sum(stage.state == "succeeded" for stage in run.stages)
    if run.state == "queued" and not done:
        place = f" (place {run.queue_place} in the queue)" if run.queue_place else ""
        return Headline("running", "⏳", "Queued", f"The evaluation waits for a worker{place}", _eta(run))
    title = f"Evaluating: {done} of {several(len(run.stages), 'stage')} done"
    return Headline("running", "⏳", title, title, _eta(run))


def _eta(run: RunLine) -> str:
    return "" if run.eta_seconds is None else f"wait about {duration(run.eta_seconds)}."


def _of_ended_run(run: RunLine, what: str) -> Headline:
    if run.state == "failed":
        title = f"{what} failed in {prose(run.failure.stage, 40)}" if run.failure else f"{what} failed"
        return Headline("bad", "❌", f"{what} failed", title, "see below what to mend, and push.")
    if run.state == "broken":
        title = f"{what} broke down, which is not the fault of this contribution"
        return Headline("neutral", "⚠️", f"{what} broke down", title, _RETRY)
    reason = f": {prose(run.ending, 200)}" if run.ending else ""
    return Headline("stopped", "⏹️", f"{what} was stopped", f"{what} was stopped{reason}", _RETRY)


def _of_evaluation(evaluation: Evaluation | None) -> Headline | None:
    if evaluation is None:
        return None
    verdict = evaluation.comparison.headline
    short = verdict.value.capitalize()
    return Headline(
        standing="bad" if verdict is Verdict.REGRESSED else "fine",
        sign=SIGNS[verdict],
        short=short,
        title=prose(evaluation.comparison.summary, 300) or short,
        next_step=_NEXT_OF_VERDICT[verdict],
    )


def _of_permission(report: ReportInput) -> Headline:
    check = report.check
    short = f"Passed, with {_counts(check)}" if check is not None and check.hints else "Passed"
    title = "The check passed"
    if report.state == "held":
        return Headline("waiting", "⏸️", short, f"{title}; the contribution is on hold", _UNHOLD)
    if report.state == "draft":
        return Headline("waiting", "✅", short, f"{title}; this is a draft", "mark it as ready for review.")
    if report.needed:
        return Headline("waiting", "✅", short, title, prose(report.needed, 300))
    if report.approved_by is None:
        return Headline("waiting", "✅", short, title, _approve(report.reviewers))
    title = f"{title}, and {prose(report.approved_by, 40)} approved"
    return Headline("waiting", "✅", short, title, _EVALUATE)


def _approve(reviewers: Sequence[str]) -> str:
    """Who is to look; by name where the policy says so."""
    if not reviewers:
        return _APPROVE
    names = " or ".join(code(name, 100) for name in reviewers[:8])
    return f"a reviewer of what changes here ({names}) or a maintainer looks at it and says `/graft approve`."
