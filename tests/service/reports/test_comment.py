from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.artifacts import Verdict
from pipelines.errors import ExitCode
from service.decisions.comment_commands import parse
from service.reports.comment import LONGEST, MARKER, answer_marker, render
from service.reports.model import CheckResult, PolicyEffect, ReportInput, RunLine
from service.reports.verdict import SIGNS
from taxonomy_schema.models import Place, Severity
from tests.service.reports import examples
from tests.service.reports.hostile import STRINGS, references, skeleton, without_code


def test_the_comment_begins_with_marker_verdict_and_what_to_do_next() -> None:
    lines = [line for line in render(examples.report()).split("\n") if line]

    assert lines[0] == MARKER
    assert lines[1] == f"### ✅ {examples.comparison().summary}"
    assert lines[2] == "**Next:** a maintainer may merge this. This is about commit `a1b2c3d4`."


def test_the_table_shows_every_level_delta_interval_and_verdict() -> None:
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in render(examples.report()).split("\n")
        if line.startswith("| **exam of the contribution**")
    ]

    assert cells == [
        [
            "**exam of the contribution**",
            "−302.1",
            "−301.0",
            "−263.9",
            "+38.2 [+25.1, +51.3]",
            "+37.1 [+24.0, +50.2]",
            "15 in 5 groups",
            "✅ improved",
        ]
    ]


def test_a_drop_is_shown_with_its_reason_and_count() -> None:
    text = render(examples.report()).replace("\u200b", "")

    assert "Samples: 79 of 96 kept" in text
    assert "9 judge:not supported by the passage<br>4 duplicate:same question<br>4 parse:no answer" in text


def test_everything_is_folded_but_verdict_and_table() -> None:
    text = render(examples.report())

    assert text.index("| **retention on 6 other leaves**") < text.index("<details>")
    for summary in ("hint", "Samples", "Answers", "Loss", "Leaf by leaf", "Cost", "Provenance"):
        assert f"<summary>{summary}" in text or f" {summary}" in text
    assert text.count("<details") == text.count("</details>") == 7


def test_one_command_reproduces_it() -> None:
    command = f"graft run compare --head {examples.HEAD} --base {examples.BASE} --recipe laptop"

    assert f"```sh\n{command}\n```" in render(examples.report())


def test_a_run_under_way_shows_its_stages() -> None:
    text = render(replace(examples.report(), evaluation=None, runs=(examples.running(),)))

    assert "### ⏳ Evaluating: 3 of 6 stages done" in text
    assert "wait about 5 min 40 s" in text
    assert "`████░░░░░░░░`  40%" in text
    assert "19 of 48 steps" in text


def test_a_queued_run_shows_its_place() -> None:
    run = RunLine(id=9, kind="evaluate", state="queued", requested_by="ada", queue_place=3)

    text = render(replace(examples.report(), evaluation=None, runs=(run,)))

    assert "### ⏳ The evaluation waits for a worker (place 3 in the queue)" in text


@pytest.mark.parametrize(
    ("exit_code", "said"),
    [
        (ExitCode.FAILED, "This lies with the contribution. Name a file that the commit holds."),
        (ExitCode.WRONG_USE, "This lies with the service's settings"),
        (ExitCode.OUTSIDE_FAILED, "This lies with the machines, not with the contribution."),
    ],
)
def test_a_failure_says_whose_it_is(exit_code: ExitCode, said: str) -> None:
    run = examples.ended_badly(exit_code)

    text = render(replace(examples.report(), evaluation=None, runs=(run,)))

    assert said in text
    assert ("`/graft retry`" in text) == (exit_code is not ExitCode.FAILED)


def test_errors_come_first_and_are_not_folded() -> None:
    check = CheckResult((examples.LEAF,), (examples.finding(Severity.HINT), examples.finding()))

    text = render(replace(examples.report(), check=check, evaluation=None, runs=()))

    assert "### ❌ The check found 1 error" in text
    assert text.index("`GL301`") < text.index("<details>") < text.index("`GL307`")


STATES: dict[str, tuple[Callable[[ReportInput], ReportInput], str]] = {
    "checking": (lambda r: replace(r, check=None), "⏳ The leaves are being checked"),
    "nothing": (lambda r: replace(r, check=CheckResult(())), "✅ No leaf is changed"),
    "not approved": (lambda r: replace(r, approved_by=None), "says `/graft approve`"),
    "approved": (lambda r: r, "ada approved\n\n**Next:** say `/graft evaluate`"),
    "routed": (
        lambda r: replace(r, approved_by=None, reviewers=("rita", "orchard/birders")),
        "(`rita` or `orchard/birders`) or a maintainer looks at it and says `/graft approve`",
    ),
    "held": (lambda r: replace(r, state="held"), "say `/graft unhold`"),
    "draft": (lambda r: replace(r, state="draft"), "mark it as ready for review"),
    "budget": (lambda r: replace(r, needed="wait until Monday"), "**Next:** wait until Monday"),
    "closed": (lambda r: replace(r, state="closed"), "### ⏹️ Closed"),
    "merged": (lambda r: replace(r, state="merged"), "goes into the next release".replace("goes", "go")),
    "shipped": (lambda r: replace(r, state="merged", shipped_in="2026.47.1"), "### 🚀 Shipped in 2026.47.1"),
}


@pytest.mark.parametrize("name", STATES)
def test_each_state_says_what_comes_next(name: str) -> None:
    change, said = STATES[name]

    assert said in render(change(replace(examples.report(), evaluation=None, runs=())))


@pytest.mark.parametrize("verdict", Verdict)
def test_each_verdict_has_its_line(verdict: Verdict) -> None:
    text = render(replace(examples.report(), evaluation=examples.evaluation(verdict)))

    assert f"### {SIGNS[verdict]} The exam" in text
    assert "**Next:**" in text


def test_what_happens_to_the_policy_is_folded_and_names_who_gains_and_loses() -> None:
    effect = PolicyEffect(
        (("budget_minutes", "10", "60"),), ("eve: approved by policy",), ("bob: approved by policy",)
    )
    check = CheckResult((examples.LEAF,), policy=effect)

    text = render(replace(examples.report(), check=check))

    assert "<summary>What this does to <code>.graft.yaml</code>: 1 setting would change</summary>" in text
    assert "`budget_minutes`" in text
    assert "| 10" in text
    assert text.index("Gains: eve") < text.index("Loses: bob")
    same = replace(check, policy=PolicyEffect(()))
    assert "means the same as before" in render(replace(examples.report(), check=same))


def _hostile(text: str) -> ReportInput:
    """Every field that anybody outside can write to holds `text`."""
    found = examples.evaluation(leaf=text)
    rows = tuple(d.model_copy(update={"label": text, "note": text}) for d in found.comparison.deltas)
    answers = tuple(
        a.model_copy(update=dict.fromkeys(("question", "reference_answer", "release", "candidate"), text))
        for a in found.comparison.answers
    )
    compared = found.comparison.model_copy(update={"summary": text, "deltas": rows, "answers": answers})
    kept = tuple(
        s.model_copy(
            update={
                "question": text,
                "answer": text,
                "judgement": s.judgement.model_copy(update={"reason": text}),
            }
        )
        for s in found.samples
    )
    counts = tuple(c.model_copy(update={"dropped": {text: 17}}) for c in found.leaves)
    place = Place(file=text, line=3)
    findings = tuple(
        examples.finding(severity)._replace(message=text, mend=text, place=place, code=text)
        for severity in Severity
    )
    bad = examples.ended_badly(ExitCode.OUTSIDE_FAILED)
    assert bad.failure is not None
    fault = bad.failure.model_copy(update={"message": text, "mend": text, "code": text})
    stages = (replace(bad.stages[0], failure=fault), *bad.stages[1:])
    return replace(
        examples.report(),
        author=text,
        approved_by=text,
        needed=text,
        reviewers=(text,),
        check=CheckResult((text,), findings, PolicyEffect(((text, text, text),), (text,), (text,))),
        runs=(replace(bad, stages=stages, ending=text, requested_by=text),),
        evaluation=replace(found, comparison=compared, samples=kept, leaves=counts),
    )


@pytest.mark.parametrize("text", [text for text in STRINGS if text])
def test_hostile_text_in_every_field_changes_nothing_in_the_comment(text: str) -> None:
    comment = render(_hostile(text))

    assert without_code(skeleton(comment)) == without_code(skeleton(render(_hostile("word"))))
    assert parse(comment) == []
    assert comment.count("<!--") == 1
    assert comment.startswith(MARKER)
    ours = comment.replace("](https://graft.example", "](")
    assert [found for found in references(ours) if found not in examples.HEAD] == []


def test_the_comment_is_never_too_long_and_says_what_is_left_out() -> None:
    flood = examples.comparison().by_leaf * 400
    answers = tuple(
        a.model_copy(
            update=dict.fromkeys(
                ("question", "reference_answer", "release", "candidate"), "\U0001f331" * 9000
            )
        )
        for a in examples.comparison().answers * 40
    )
    found = examples.evaluation()
    compared = found.comparison.model_copy(update={"by_leaf": flood, "answers": answers})
    samples = tuple(s.model_copy(update={"answer": "*" * 9000}) for s in found.samples * 20)
    leaves = tuple(
        c.model_copy(
            update={"leaf_id": f"{'*' * 190}{i}", "dropped": {"|" * 110 + str(n): 2 for n in range(9)}}
        )
        for i, c in enumerate(found.leaves * 90)
    )
    report = replace(
        examples.report(), evaluation=replace(found, comparison=compared, samples=samples, leaves=leaves)
    )

    text = render(report)

    assert len(text.encode("utf-16-le")) // 2 <= LONGEST
    assert "Too long for a comment and left out: samples ([read there](https://graft.example/runs/7))" in text
    assert "Provenance" in text
    assert text.count("<details") == text.count("</details>")


def test_too_many_findings_are_counted_not_listed() -> None:
    check = CheckResult((examples.LEAF,), tuple(examples.finding(line=i + 1) for i in range(900)))

    text = render(replace(examples.report(), check=check))

    assert "… and 860 errors more." in text


def test_the_first_part_is_cut_when_it_alone_is_too_long() -> None:
    long = examples.finding(message="*" * 300)._replace(mend="\U0001f331" * 300)
    check = CheckResult((examples.LEAF,), (long,) * 40)
    rows = tuple(
        d.model_copy(update={"note": "`" * 300, "label": "`" * 120})
        for d in examples.comparison().deltas * 60
    )
    found = examples.evaluation()
    found = replace(found, comparison=found.comparison.model_copy(update={"deltas": rows}))

    text = render(replace(examples.report(), check=check, evaluation=found))

    assert len(text.encode("utf-16-le")) // 2 <= LONGEST
    assert "The rest is too long for a comment." in text
    assert text.startswith(MARKER)


def test_equal_input_gives_equal_text() -> None:
    assert render(examples.report()) == render(examples.report())


def test_a_trial_changes_nothing_in_the_comment() -> None:
    report = replace(examples.report(), evaluation=None)
    trial = RunLine(id=99, kind="precheck", state="running", requested_by="octo")
    assert render(replace(report, runs=(*report.runs, trial))) == render(report)


def test_an_answer_has_a_marker_of_its_own() -> None:
    assert answer_marker(42) == "<!-- graftlab:answer:42 -->"


def test_the_guide_shows_the_comment_as_it_is_rendered() -> None:
    guide = (Path(__file__).parents[3] / "docs/reading-a-report.md").read_text()

    assert render(examples.report()).replace("\u200b", "") in guide
