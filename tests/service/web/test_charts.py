import math

import pytest

from pipelines.artifacts import Verdict
from service.web.charts import HEIGHT, WIDTH, forest, loss_curves, round_values
from tests.service.reports import examples


def test_intervals_lie_in_order_on_one_scale_that_holds_zero() -> None:
    plot = forest(examples.comparison().deltas)

    assert plot is not None
    exam, retention = plot.rows
    assert 0 < plot.zero < exam.reference.low < exam.reference.middle < exam.reference.high < 100
    assert retention.reference.low < plot.zero < retention.reference.high
    assert exam.control is not None
    assert exam.control.middle < exam.reference.middle
    assert [tick.label for tick in plot.ticks] == ["0", "+20", "+40"]


def test_a_loss_of_everything_still_has_a_place() -> None:
    flat = examples.delta("exam", "leaf exam", Verdict.NO_CLEAR_CHANGE, (0.0, 0.0, 0.0))

    plot = forest([flat.model_copy(update={"against_control": None})])

    assert plot is not None
    assert plot.rows[0].reference.middle == plot.zero == 50


def test_no_rows_give_no_chart() -> None:
    assert forest([]) is None
    assert loss_curves([]) == ()


def test_each_phase_has_a_curve_within_the_picture() -> None:
    curves = loss_curves(examples.steps(1000))

    assert [curve.phase for curve in curves] == ["knowledge", "skills"]
    for curve in curves:
        places = [tuple(map(float, place[1:].split(","))) for place in curve.path.split()]
        assert len(places) <= 300
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places)
        assert places[0][1] < places[-1][1]  # loss falls: y grows downwards


def test_a_loss_that_is_no_number_does_not_break_the_chart() -> None:
    steps = examples.steps(4)
    broken = steps[1].model_copy(update={"loss": math.nan})

    curve = loss_curves((steps[0], broken, *steps[2:]))[0]

    assert "nan" not in curve.path
    assert curve.steps == 3


@pytest.mark.parametrize(
    ("low", "high", "values"),
    [(0.0, 10.0, [0, 2, 4, 6, 8, 10]), (-7.0, 55.0, [0, 20, 40]), (0.31, 0.42, [0.35, 0.4])],
)
def test_axes_carry_round_values(low: float, high: float, values: list[float]) -> None:
    found = round_values(low, high, 5)

    assert found == values or len(found) <= 6
    assert all(low <= value <= high for value in found)
