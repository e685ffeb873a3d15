"""The check run of a head commit: findings on their lines, and whether a merge should wait."""

from typing import Final

from service.github.client import Action, Annotation, Check, Conclusion
from service.reports import sections
from service.reports.comment import cut
from service.reports.deltas import delta_table
from service.reports.escape import clean
from service.reports.model import CheckResult, ReportInput
from service.reports.verdict import Standing, headline
from taxonomy_schema.models import Finding, Severity
from taxonomy_schema.rules import page_of

NAME: Final = "GraftLab"
LONGEST_SUMMARY: Final = 65_000
"""GitHub takes 65,535 characters."""

_CONCLUSIONS: dict[Standing, Conclusion] = {
    "fine": "success",
    "waiting": "success",
    "bad": "failure",
    "neutral": "neutral",
    "stopped": "cancelled",
}


def render(report: ReportInput) -> Check:
    """The check run as it should look now.

    In progress while anything of this head is open. Then: errors, a failure by the contribution's fault or a
    regression are `failure`; a break-down of the machines is `neutral`; a passed check is `success`, measured or not.
    """
    line = headline(report)
    conclusion = _CONCLUSIONS.get(line.standing)
    run = report.page_run
    return Check(
        name=NAME,
        head_sha=report.head_sha,
        status="in_progress" if conclusion is None else "completed",
        conclusion=conclusion,
        title=line.short,
        summary=cut(_summary(report), LONGEST_SUMMARY),
        annotations=_annotations(report.check) if report.check else (),
        details_url=report.public_url if run is None else f"{report.public_url}/runs/{run}",
        external_id=f"{report.repository}#{report.number}@{report.head_sha}",
        actions=buttons(report),
    )


APPROVE: Final = Action("Approve", "Spend accelerator time on this commit", "approve")
EVALUATE: Final = Action("Evaluate", "Generate, train, measure, compare", "evaluate")
CANCEL: Final = Action("Cancel", "Stop what runs for this pull request", "cancel")


def buttons(report: ReportInput) -> tuple[Action, ...]:
    """Those that make sense now; who may press them is judged when they are pressed."""
    check = report.check
    open_runs = [run for run in report.runs if run.is_open and run.kind != "check"]
    if report.state not in {"open", "held"}:
        return ()
    if open_runs:
        return (CANCEL,)
    if report.state == "held" or check is None or not check.passed or not check.leaves_changed:
        return ()
    return (APPROVE,) if report.approved_by is None else (EVALUATE,)


def _summary(report: ReportInput) -> str:
    line = headline(report)
    table = ""
    if report.evaluation is not None:
        source = report.evaluation.provenance
        table = delta_table(
            report.evaluation.comparison.deltas, release=None if source is None else source.release_version
        )
    return sections.joined(
        [
            f"{line.sign} {line.title}",
            f"**Next:** {line.next_step}" if line.next_step else "",
            sections.failure(report.newest("evaluate") or report.newest("check")),
            table,
            sections.errors(report.check),
            sections.hints(report.check),
            sections.policy(report.check),
        ]
    )


def _annotations(check: CheckResult) -> tuple[Annotation, ...]:
    return tuple(_annotation(finding, page_of(finding.code, check.rules_url)) for finding in check.findings)


def _annotation(finding: Finding, page: str) -> Annotation:
    """Plain text: GitHub renders no Markdown in annotations, but makes a link of an address."""
    start = max(1, finding.place.line)
    return Annotation(
        path=finding.place.file,
        start_line=start,
        end_line=max(start, finding.place.end_line or start),
        level="failure" if finding.severity is Severity.ERROR else "notice",
        title=clean(finding.code, 200),
        message=clean(f"{finding.message}\n{finding.mend}", 4000) + (f"\n{page}" if page else ""),
    )
