from dataclasses import replace

import pytest

from pipelines.artifacts import Verdict
from pipelines.errors import ExitCode
from service.decisions.on_click import BUTTONS
from service.github.client import Action, Conclusion
from service.reports.check import APPROVE, CANCEL, EVALUATE, LONGEST_SUMMARY, render
from service.reports.model import CheckResult, ReportInput
from taxonomy_schema.models import Place, Severity
from tests.service.reports import examples
from tests.service.reports.hostile import STRINGS, skeleton


def plain() -> ReportInput:
    return replace(examples.report(), evaluation=None, runs=())


def test_errors_fail_on_their_lines() -> None:
    check = render(
        replace(
            plain(),
            check=CheckResult((examples.LEAF,), (examples.finding(line=12), examples.finding(Severity.HINT))),
        )
    )

    assert (check.name, check.status, check.conclusion) == ("GraftLab", "completed", "failure")
    assert check.title == "1 error, 1 hint"
    assert [(a.path, a.start_line, a.end_line, a.level) for a in check.annotations] == [
        (f"{examples.LEAF}/qna.yaml", 12, 12, "failure"),
        (f"{examples.LEAF}/qna.yaml", 12, 12, "notice"),
    ]
    assert check.annotations[0].message.endswith("Begin with what answers it.")


def test_a_finding_over_several_lines_is_annotated_to_its_end() -> None:
    finding = examples.finding()._replace(place=Place(file="a/qna.yaml", line=3, end_line=9))

    annotation = render(replace(plain(), check=CheckResult(("a",), (finding,)))).annotations[0]

    assert (annotation.start_line, annotation.end_line) == (3, 9)


def test_a_passed_check_is_a_success_before_any_evaluation() -> None:
    check = render(plain())

    assert (check.status, check.conclusion, check.title) == ("completed", "success", "Passed, with 1 hint")


@pytest.mark.parametrize(
    ("verdict", "conclusion"),
    [
        (Verdict.IMPROVED, "success"),
        (Verdict.REGRESSED, "failure"),
        (Verdict.NO_CLEAR_CHANGE, "success"),
        (Verdict.TOO_FEW_ITEMS, "success"),
    ],
)
def test_only_a_regression_fails_an_evaluation(verdict: Verdict, conclusion: Conclusion) -> None:
    check = render(replace(examples.report(), evaluation=examples.evaluation(verdict)))

    assert (check.conclusion, check.title) == (conclusion, verdict.value.capitalize())
    assert "| **exam of the contribution**" in check.summary
    assert check.details_url == "https://graft.example/runs/7"


@pytest.mark.parametrize(
    ("exit_code", "conclusion"),
    [(ExitCode.FAILED, "failure"), (ExitCode.OUTSIDE_FAILED, "neutral"), (ExitCode.WRONG_USE, "neutral")],
)
def test_broken_infrastructure_is_neutral(exit_code: ExitCode, conclusion: Conclusion) -> None:
    assert render(replace(plain(), runs=(examples.ended_badly(exit_code),))).conclusion == conclusion


def test_an_open_run_is_in_progress() -> None:
    check = render(replace(plain(), runs=(examples.running(),)))

    assert (check.status, check.conclusion, check.title) == (
        "in_progress",
        None,
        "Evaluating: 3 of 6 stages done",
    )


@pytest.mark.parametrize(
    ("report", "offered"),
    [
        (replace(plain(), approved_by=None), [APPROVE]),
        (plain(), [EVALUATE]),
        (examples.report(), [EVALUATE]),
        (replace(plain(), runs=(examples.running(),)), [CANCEL]),
        (replace(plain(), state="held", runs=(examples.running(),)), [CANCEL]),
        (replace(plain(), state="held"), []),
        (replace(plain(), state="draft"), []),
        (replace(plain(), state="closed", runs=(examples.running(),)), []),
        (replace(plain(), state="merged"), []),
        (replace(plain(), check=None), []),
        (replace(plain(), check=CheckResult(())), []),
        (replace(plain(), check=CheckResult((examples.LEAF,), (examples.finding(),))), []),
    ],
)
def test_the_buttons_are_those_that_make_sense_now(report: ReportInput, offered: list[Action]) -> None:
    assert list(render(report).actions) == offered


@pytest.mark.parametrize("action", [APPROVE, EVALUATE, CANCEL])
def test_githubs_limits_for_buttons_are_kept_without_cutting(action: Action) -> None:
    assert len(action.label) <= 20
    assert len(action.description) <= 40
    assert len(action.identifier) <= 20
    assert action.identifier in BUTTONS


def test_an_unfinished_check_is_in_progress() -> None:
    assert render(replace(plain(), check=None)).status == "in_progress"


def test_a_stopped_run_is_cancelled() -> None:
    run = replace(examples.running(), state="cancelled", ending="ada said so", stages=())

    assert render(replace(plain(), runs=(run,))).conclusion == "cancelled"


@pytest.mark.parametrize("text", STRINGS)
def test_hostile_text_changes_nothing_in_the_summary(text: str) -> None:
    def summary(said: str) -> str:
        findings = tuple(
            examples.finding(severity)._replace(message=said or "word", mend=said or "word")
            for severity in Severity
        )
        return render(replace(plain(), check=CheckResult((examples.LEAF,), findings))).summary

    assert skeleton(summary(text)) == skeleton(summary("word"))


def test_the_summary_is_never_too_long() -> None:
    long = examples.finding(message="\U0001f331" * 900)._replace(mend="\U0001f331" * 900)

    check = render(replace(plain(), check=CheckResult((examples.LEAF,), (long,) * 2000)))

    assert len(check.summary.encode("utf-16-le")) // 2 <= LONGEST_SUMMARY
    assert len(check.annotations) == 2000
