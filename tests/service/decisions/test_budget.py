from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.decisions.budget import WINDOW, Budget, Charge, budget, used_up

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


def ago(days: float, minutes: float) -> Charge:
    return Charge(minutes, NOW - timedelta(days=days))


@pytest.mark.parametrize(
    ("most", "charges", "used", "frees_in_days"),
    [
        pytest.param(60, [], 0, None, id="nothing used"),
        pytest.param(60, [ago(1, 59)], 59, None, id="room left"),
        pytest.param(60, [ago(1, 60)], 60, 6, id="used up to the minute"),
        pytest.param(60, [ago(6, 10), ago(1, 55)], 65, 1, id="the oldest leaves first"),
        pytest.param(60, [ago(1, 55), ago(6, 2), ago(5, 4)], 61, 1, id="in whatever order it is told"),
        pytest.param(60, [ago(6, 1), ago(2, 200)], 201, 5, id="what is much too much must all leave"),
        pytest.param(60, [ago(8, 500), ago(1, 1)], 1, None, id="what is older than the window is forgotten"),
        pytest.param(60, [ago(0, 70)], 70, 7, id="what runs now leaves in a week"),
        pytest.param(0, [], 0, None, id="a budget of nothing"),
    ],
)
def test_a_budget_counts_the_last_seven_days_and_says_when_there_is_room_again(
    most: float, charges: list[Charge], used: float, frees_in_days: float | None
) -> None:
    found = budget("all", most, charges, now=NOW)
    expected = None if frees_in_days is None else NOW + timedelta(days=frees_in_days)
    assert found == Budget("all", used, most, expected)
    assert found.used_up is (used >= most)


def test_what_is_used_up_is_said_with_numbers_and_a_day() -> None:
    text = used_up(budget("the pull requests of ada", 60, [ago(1, 90)], now=NOW))
    assert "pull requests of ada is used up: 90.0 of 60 accelerator-minutes" in text
    assert "Tuesday, 2026-05-26 12:00 UTC" in text
    assert "No room comes by waiting" in used_up(budget("all", 0, [], now=NOW))


@given(
    st.lists(st.tuples(st.floats(0, 10), st.floats(0.1, 500))).map(lambda two: [ago(*one) for one in two]),
    st.integers(1, 500),
)
def test_just_after_the_moment_it_names_there_is_room_and_just_before_there_is_none(
    charges: list[Charge], most: int
) -> None:
    found = budget("all", most, charges, now=NOW)
    if not found.used_up:
        assert found.frees_at is None
        return
    assert found.frees_at is not None
    assert NOW < found.frees_at <= NOW + WINDOW
    just = timedelta(microseconds=1)
    assert not budget("all", most, charges, now=found.frees_at).used_up
    assert budget("all", most, charges, now=found.frees_at - just).used_up
