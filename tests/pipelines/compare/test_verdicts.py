"""A delta is never called a change inside its noise; the control says what the leaf did."""

import pytest

from pipelines.artifacts import Delta, Verdict
from pipelines.compare.config import CompareConfig
from pipelines.compare.items import align
from pipelines.compare.summary import summarise
from pipelines.compare.verdicts import deciding_rows, headline, leaf_rows
from pipelines.errors import WrongUse
from tests.pipelines.compare.building import Row, moved, report, usual_rows

CONFIG = CompareConfig()
UP = (0.30, 0.36, 0.42, 0.33)
A_LITTLE = (0.02, -0.02, 0.015, -0.018)
AS_MUCH = (0.31, 0.35, 0.43, 0.32)


def decide(candidate: list[Row], control: list[Row] | None = None) -> dict[str, Delta]:
    items = align(report(usual_rows()), report(control) if control else None, report(candidate))
    return {row.metric: row for row in deciding_rows(items, CONFIG)}


def test_a_gain_over_reference_and_control_is_an_improvement() -> None:
    rows = decide(moved(usual_rows(), exam=UP, rest=A_LITTLE), usual_rows())
    assert rows["exam"].verdict is Verdict.IMPROVED
    assert rows["retention"].verdict is Verdict.NO_CLEAR_CHANGE
    assert headline(list(rows.values())) is Verdict.IMPROVED
    assert rows["exam"].against_reference.delta == pytest.approx(35.25)
    assert rows["exam"].candidate - rows["exam"].reference == pytest.approx(35.25)


def test_what_the_control_gained_as_well_is_no_improvement() -> None:
    rows = decide(moved(usual_rows(), exam=UP), moved(usual_rows(), exam=AS_MUCH))
    assert rows["exam"].verdict is Verdict.NO_CLEAR_CHANGE
    assert "control" in rows["exam"].note
    assert "control" in summarise(list(rows.values()), 0.95)


def test_without_a_control_the_reference_decides() -> None:
    assert decide(moved(usual_rows(), exam=UP))["exam"].verdict is Verdict.IMPROVED


def test_noise_is_no_change_and_says_what_would_have_been_seen() -> None:
    row = decide(moved(usual_rows(), exam=(0.4, -0.45, 0.1, -0.2)))["exam"]
    assert row.verdict is Verdict.NO_CLEAR_CHANGE
    assert "points would be seen" in row.note
    assert row.against_reference.low < 0 < row.against_reference.high


def test_a_lost_retention_is_the_headline_whatever_the_exam_gained() -> None:
    rows = decide(moved(usual_rows(), exam=UP, rest=(-0.3, -0.2, -0.25)))
    assert rows["retention"].verdict is Verdict.REGRESSED
    assert headline(list(rows.values())) is Verdict.REGRESSED
    assert "lost" in summarise(list(rows.values()), 0.95)


@pytest.mark.parametrize(("items", "clusters"), [(4, 2), (6, 2)])
def test_few_items_or_clusters_decide_nothing_however_large_the_gain(items: int, clusters: int) -> None:
    rows: list[Row] = [("knowledge/birds", True, n % clusters, -3.0) for n in range(items)]
    aligned = align(report(rows), None, report(moved(rows, exam=(3.0, 3.1))))
    (exam,) = deciding_rows(aligned, CONFIG)
    assert exam.verdict is Verdict.TOO_FEW_ITEMS
    assert headline([exam]) is Verdict.TOO_FEW_ITEMS


def test_a_single_item_still_makes_a_row() -> None:
    rows: list[Row] = [("knowledge/birds", True, 0, -3.0)]
    (exam,) = deciding_rows(align(report(rows), None, report(rows)), CONFIG)
    assert exam.verdict is Verdict.TOO_FEW_ITEMS
    assert Delta.model_validate_json(exam.model_dump_json()) == exam


def test_questions_on_one_passage_widen_the_interval() -> None:
    rows: list[Row] = [("knowledge/birds", True, n // 4, -3.0) for n in range(16)]
    apart: list[Row] = [(leaf, exam, n, value) for n, (leaf, exam, _, value) in enumerate(rows)]
    gains = [0.6] * 4 + [0.1] * 4 + [0.3] * 4 + [-0.1] * 4

    def width(some: list[Row]) -> float:
        (row,) = deciding_rows(align(report(some), None, report(moved(some, exam=gains))), CONFIG)
        return row.against_reference.high - row.against_reference.low

    assert width(rows) > 2 * width(apart)


def test_retention_is_clustered_by_leaf_once_there_are_enough_leaves() -> None:
    few = decide(usual_rows())["retention"]
    rows = usual_rows(other_leaves=9)
    many = {row.metric: row for row in deciding_rows(align(report(rows), None, report(rows)), CONFIG)}
    assert few.clusters == few.n
    assert many["retention"].clusters == 9


def test_one_leaf_among_many_must_be_clearer_to_be_called_regressed() -> None:
    rows = usual_rows(other_leaves=30, each=6)
    drop = (-0.10, -0.04, -0.08, 0.0, -0.12, -0.03)
    worse = [
        (leaf, exam, group, value + (drop[group % 6] if leaf == "skills/leaf7" else 0.01 * (-1) ** group))
        for leaf, exam, group, value in rows
    ]
    among_many = {row.metric: row for row in leaf_rows(align(report(rows), None, report(worse)), CONFIG)}[
        "retention:skills/leaf7"
    ]
    pair = [(old, new) for old, new in zip(rows, worse, strict=True) if old[0] == "skills/leaf7"]
    (alone,) = leaf_rows(
        align(report([old for old, _ in pair]), None, report([new for _, new in pair])), CONFIG
    )
    assert alone.verdict is Verdict.REGRESSED
    assert among_many.verdict is Verdict.NO_CLEAR_CHANGE
    assert among_many.against_reference == alone.against_reference


def test_other_questions_cannot_be_compared() -> None:
    with pytest.raises(WrongUse) as caught:
        align(report(usual_rows()), None, report(usual_rows(exam_items=11)))
    assert caught.value.code == "items_differ"
    with pytest.raises(WrongUse):
        align(report(usual_rows()), report(usual_rows()[:-1]), report(usual_rows()))
