"""The parts of the comment below its first line: each a string of Markdown, empty when it has nothing to say."""

import re
import shlex
from collections.abc import Iterable, Sequence

from pipelines.artifacts import LeafCounts, Sample, SideBySide, StepRecord
from service.reports.deltas import leaf_table
from service.reports.escape import code, prose
from service.reports.model import CheckResult, Evaluation, ReportInput, RunLine, StageLine
from service.reports.spark import sparkline
from service.reports.table import duration, several, table
from service.reports.verdict import Blame, blame_for
from taxonomy_schema.models import Finding, Severity
from taxonomy_schema.rules import page_of

MOST_FINDINGS = 40
MOST_LEAVES = 60
MOST_SAMPLES = 5
MOST_ANSWERS = 6
_LONGEST_ANSWER = 1200
_BAR = 12

_STATES = {
    "waiting": "waits",
    "ready": "next",
    "running": "runs",
    "succeeded": "done",
    "failed": "failed",
    "cancelled": "stopped",
}
_BLAME: dict[Blame, str] = {
    "author": "This lies with the contribution.",
    "operator": "This lies with the service's settings; its operators have to mend it.",
    "infrastructure": "This lies with the machines, not with the contribution.",
}


def folded(summary: str, body: str, *, opened: bool = False) -> str:
    """A `<details>` block; `summary` is escaped already."""
    return f"<details{' open' if opened else ''}>\n<summary>{summary}</summary>\n\n{body}\n\n</details>"


def _some(rows: Sequence[str], most: int, what: str) -> str:
    more = f"\n\n… and {several(len(rows) - most, what)} more." if len(rows) > most else ""
    return "\n".join(rows[:most]) + more


def sentence(*parts: str) -> str:
    """Parts that have something to say, each closed by a full stop."""
    return " ".join(part if part[-1] in ".!?…" else f"{part}." for part in parts if part)


# ---- findings ----


def errors(check: CheckResult | None) -> str:
    return (
        ""
        if check is None
        else _some([_finding(f, check.rules_url) for f in check.errors], MOST_FINDINGS, "error")
    )


def hints(check: CheckResult | None) -> str:
    if check is None or not check.hints:
        return ""
    count = len(check.hints)
    title = "1 hint, which does not block" if count == 1 else f"{count:,} hints, which do not block"
    return folded(title, _some([_finding(f, check.rules_url) for f in check.hints], MOST_FINDINGS, "hint"))


def policy(check: CheckResult | None) -> str:
    """What the contribution would do to the policy by which it is not judged itself."""
    if check is None or check.policy is None:
        return ""
    effect = check.policy
    body = ["It is judged by the policy of the default branch as it is now. This counts once it is merged."]
    if effect.changes:
        rows = [[code(setting), prose(old, 300), prose(new, 300)] for setting, old, new in effect.changes]
        body.append(table(["setting", "now", "then"], rows[:MOST_FINDINGS]))
    for title, lines in (("Gains", effect.gains), ("Loses", effect.losses)):
        body += (
            [_some([f"- {title}: {prose(line, 300)}" for line in lines], MOST_FINDINGS, "right")]
            if lines
            else []
        )
    if not effect.changes:
        body.append("It means the same as before.")
    count = several(len(effect.changes), "setting")
    return folded(f"What this does to <code>.graft.yaml</code>: {count} would change", joined(body))


def _finding(finding: Finding, rules_url: str) -> str:
    sign = "❌" if finding.severity is Severity.ERROR else "💡"
    place = f"{code(finding.place.file)} line {finding.place.line}:"
    said = sentence(prose(finding.message, 300), prose(finding.mend, 300))
    page = page_of(finding.code, rules_url)
    named = f"[{finding.code}]({page})" if page else code(finding.code, 60)
    return f"- {sign} {place} {said} ({named})"


# ---- a run that is under way, or that broke ----


def progress(run: RunLine | None) -> str:
    """The stages of an open run with how far each is."""
    if run is None or not run.is_open or not run.stages:
        return ""
    rows = [
        [_stage_name(stage), _STATES[stage.state], _bar(stage), _time(stage), prose(stage.message, 120)]
        for stage in run.stages
    ]
    return table(["stage", "state", "progress", "time", ""], rows)


def _stage_name(stage: StageLine) -> str:
    return f"{stage.name} ({stage.subject})" if stage.subject else stage.name


def _bar(stage: StageLine) -> str:
    share = 1.0 if stage.state == "succeeded" else max(0.0, min(1.0, stage.share))
    if stage.state not in {"running", "succeeded"} or not share:
        return ""
    full = int(share * _BAR)
    return f"`{'█' * full}{'░' * (_BAR - full)}` {share:4.0%}"


def _time(stage: StageLine) -> str:
    if stage.reused:
        return "reused"
    return duration(stage.seconds) if stage.seconds else ""


def failure(run: RunLine | None) -> str:
    """What failed, whose fault it is and what to do."""
    if run is None or run.state not in {"failed", "broken"}:
        return ""
    if run.failure is None:
        return f"> {prose(run.ending or 'No reason was recorded.', 400)}"
    fault = run.failure
    stage = next((_stage_name(s) for s in run.stages if s.failure is fault), fault.stage)
    tries = max((s.attempts for s in run.stages if s.failure is fault), default=1)
    return (
        f"> **{prose(stage, 60)}** ended after {several(tries, 'try', 'tries')}: {prose(fault.message, 500)} "
        f"({code(fault.code, 60)})\n>\n> {sentence(_BLAME[blame_for(fault)], prose(fault.mend, 300))}"
    )


# ---- an evaluation ----


def samples(leaves: Sequence[LeafCounts], kept: Sequence[Sample]) -> str:
    if not leaves:
        return ""
    asked, good = sum(c.asked for c in leaves), sum(c.kept for c in leaves)
    rows = [
        [code(c.leaf_id), str(c.asked), str(c.kept), _dropped(c), "yes" if c.reused else ""]
        for c in leaves[:MOST_LEAVES]
    ]
    counts = table(["leaf", "asked", "kept", "dropped, by step and reason", "reused"], rows, right=(1, 2))
    shown = "\n\n".join(_sample(sample) for sample in kept[:MOST_SAMPLES])
    body = counts + (f"\n\nSome of those kept:\n\n{shown}" if shown else "")
    return folded(f"Samples: {good:,} of {asked:,} kept", body)


def _dropped(counts: LeafCounts) -> str:
    ordered = sorted(counts.dropped.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{count} {prose(reason, 120)}" for reason, count in ordered[:8]]
    return "<br>".join([*shown, *(["…"] if len(ordered) > len(shown) else [])]) or "none"


def _sample(sample: Sample) -> str:
    reason = f": {prose(sample.judgement.reason, 200)}" if sample.judgement.reason else ""
    score = f"<sub>judged {sample.judgement.score:g}{reason}</sub>"
    return f"> **{prose(sample.question, 400)}**<br>{prose(sample.answer)}<br>{score}"


def answers(pairs: Sequence[SideBySide], *, release: str | None) -> str:
    """The same questions, answered by reference and candidate."""
    if not pairs:
        return ""
    name = "the base model" if release is None else f"release {prose(release, 20)}"
    return folded(
        f"Answers side by side ({min(len(pairs), MOST_ANSWERS)} of {len(pairs)})",
        "\n\n".join(_pair(pair, name) for pair in pairs[:MOST_ANSWERS]),
    )


def _pair(pair: SideBySide, name: str) -> str:
    rows = [
        [f"**{name}**", prose(pair.release, _LONGEST_ANSWER)],
        ["**candidate**", prose(pair.candidate, _LONGEST_ANSWER)],
        ["wanted", prose(pair.reference_answer, _LONGEST_ANSWER)],
    ]
    return f"{code(pair.leaf_id)}\n\n{table(['asked', prose(pair.question, 400)], rows)}"


def losses(steps: Sequence[StepRecord], url: str) -> str:
    if not steps:
        return ""
    phases = dict.fromkeys(step.phase for step in steps)
    rows = []
    for phase in phases:
        values = [step.loss for step in steps if step.phase == phase]
        rows.append(
            [phase, str(len(values)), f"`{sparkline(values)}`", f"{values[0]:.3f} → {values[-1]:.3f}"]
        )
    body = table(["phase", "steps", "loss, nats a token", "first → last"], rows, right=(1,))
    return folded("Loss of the candidate", f"{body}\n\n[As a chart]({url}/loss.svg)")


def by_leaf(evaluation: Evaluation) -> str:
    rows = evaluation.comparison.by_leaf
    if not rows:
        return ""
    more = f"\n\n… and {len(rows) - MOST_LEAVES} more." if len(rows) > MOST_LEAVES else ""
    return folded(f"Leaf by leaf ({len(rows)})", leaf_table(rows[:MOST_LEAVES]) + more)


def cost(evaluation: Evaluation) -> str:
    spent = evaluation.cost
    tokens = spent.prompt_tokens + spent.completion_tokens
    line = (
        f"{several(spent.requests, 'request')} to teacher and judge: {spent.prompt_tokens:,} prompt tokens in, "
        f"{spent.completion_tokens:,} tokens out. What was there already is not counted."
    )
    return folded(f"Cost: {spent.accelerator_minutes:.1f} accelerator-minutes, {tokens:,} tokens", line)


def provenance(report: ReportInput, evaluation: Evaluation) -> str:
    """What it was made from, and one command that makes it again."""
    source = evaluation.provenance
    if source is None:
        return ""
    compared = "the base model" if source.release_version is None else f"release {source.release_version}"
    facts = [
        ("commit", report.head_sha),
        ("base commit", source.base_commit),
        ("recipe", source.recipe),
        ("base model", source.base_model),
        ("compared with", compared),
        *(sorted(source.versions.items())),
        *((f"inputs key of {name}", key[:16]) for name, key in source.inputs_keys.items()),
    ]
    listed = table(["", ""], [[prose(name, 60), code(value)] for name, value in facts])
    command = reproduce(report.head_sha, source.base_commit, source.recipe)
    body = f"{listed}\n\nIn a clone of the taxonomy:\n\n```sh\n{command}\n```"
    return folded("Provenance, and how to reproduce this", body)


def reproduce(head: str, base: str, recipe: str) -> str:
    """One command for a shell; every word is quoted, and what is no commit or name is left out."""
    words = [
        "graft",
        "run",
        "compare",
        "--head",
        _word(head),
        "--base",
        _word(base),
        "--recipe",
        _word(recipe),
    ]
    return shlex.join(words)


def _word(text: str) -> str:
    return text if re.fullmatch(r"[\w./-]{1,100}", text, re.ASCII) else "UNKNOWN"


def joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part)
