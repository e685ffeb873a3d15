"""The sticky comment: one line that decides, one small table, the rest folded. After rustc-perf's."""

from typing import Final

from service.reports import sections
from service.reports.deltas import delta_table
from service.reports.model import ReportInput
from service.reports.verdict import headline

MARKER: Final = "<!-- graftlab:report -->"
"""Finds our comment again, together with its author's id."""
LONGEST: Final = 65_000
"""GitHub takes 65,536 characters, counted as UTF-16 does."""


def answer_marker(about: int | str) -> str:
    """Finds our answer again: to one comment, by its id, or about something else, by its name."""
    return f"<!-- graftlab:answer:{about} -->"


def render(report: ReportInput) -> str:
    """The comment's Markdown, at most LONGEST long: sections that do not fit give way to a link.

    The same input gives the same text. Untrusted text is escaped (see `service.reports.escape`).
    """
    first = sections.joined([MARKER, _top(report), *_shown(report)])
    return _fitted(first, _foldable(report), _foot(report), _page(report))


def _page(report: ReportInput) -> str:
    """Where to read on: the newest run's page, or the service's front page."""
    run = report.page_run
    return report.public_url if run is None else f"{report.public_url}/runs/{run}"


def _top(report: ReportInput) -> str:
    line = headline(report)
    next_step = f"**Next:** {line.next_step} " if line.next_step else ""
    return f"### {line.sign} {line.title}\n\n{next_step}This is about commit `{report.short_sha}`."


def _shown(report: ReportInput) -> list[str]:
    """What is not folded: errors, a failure, progress, the table."""
    evaluate = report.newest("evaluate")
    broken = evaluate if evaluate is not None else report.newest("check")
    table = ""
    if report.evaluation is not None:
        source = report.evaluation.provenance
        release = None if source is None else source.release_version
        table = delta_table(report.evaluation.comparison.deltas, release=release)
        if evaluate is not None and evaluate.id != report.evaluation.run_id:
            table = f"From the run before, of the same commit:\n\n{table}"
    return [
        sections.errors(report.check),
        sections.failure(broken),
        sections.progress(evaluate),
        table,
    ]


def _foldable(report: ReportInput) -> list[tuple[str, str]]:
    """(name, Markdown) of the folded sections, the more useful first."""
    hints = ("hints", sections.hints(report.check))
    policy = ("policy", sections.policy(report.check))
    found = report.evaluation
    if found is None:
        return [hints, policy]
    release = None if found.provenance is None else found.provenance.release_version
    url = f"{report.public_url}/runs/{found.run_id}"
    return [
        hints,
        policy,
        ("samples", sections.samples(found.leaves, found.samples)),
        ("answers", sections.answers(found.comparison.answers, release=release)),
        ("loss", sections.losses(found.steps, url)),
        ("leaf by leaf", sections.by_leaf(found)),
        ("cost", sections.cost(found)),
        ("provenance", sections.provenance(report, found)),
    ]


def _foot(report: ReportInput) -> str:
    return f"<sub>[All of it]({_page(report)}) · say `/graft help` for what can be said here</sub>"


def _fitted(first: str, foldable: list[tuple[str, str]], foot: str, page: str) -> str:
    """All sections that fit; the others are named with a link. `first` alone may be too long: then it is cut."""
    names = ", ".join(name for name, _ in foldable)
    room = (
        LONGEST
        - len(foot)
        - len(f"\n\nToo long for a comment and left out: {names} ([read there]({page})).\n\n")
    )
    if _length(first) > room:
        return cut(first, room) + f"\n\n[The rest is too long for a comment.]({page})\n\n{foot}"
    body, left_out = first, []
    for name, text in foldable:
        if not text:
            continue
        if _length(body) + _length(text) + 2 > room:
            left_out.append(name)
        else:
            body += f"\n\n{text}"
    if left_out:
        body += f"\n\nToo long for a comment and left out: {', '.join(left_out)} ([read there]({page}))."
    return f"{body}\n\n{foot}"


def cut(text: str, room: int) -> str:
    """The lines of `text` that fit into `room` characters; an open `<details>` is closed."""
    kept: list[str] = []
    for line in text.split("\n"):
        if _length("\n".join([*kept, line])) > room - len("\n\n</details>"):
            break
        kept.append(line)
    body = "\n".join(kept)
    return body + "\n\n</details>" * (body.count("<details") - body.count("</details>"))


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
