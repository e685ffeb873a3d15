import pytest

from service.reports.spark import sparkline
from service.reports.table import duration, several, signed, table


def test_columns_are_padded_so_that_the_raw_text_lines_up() -> None:
    assert table(["leaf", "n"], [["✅ a", "15"], ["bcd", "7"]], right=(1,)).split("\n") == [
        "| leaf |   n |",
        "| ---- | --: |",
        "| ✅ a |  15 |",
        "| bcd  |   7 |",
    ]


@pytest.mark.parametrize(
    ("value", "said"), [(38.21, "+38.2"), (-0.44, "−0.4"), (0.04, "0.0"), (-0.04, "0.0"), (0.05, "+0.1")]
)
def test_a_difference_always_shows_its_sign(value: float, said: str) -> None:
    assert signed(value) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(7.4, "7 s"), (59.6, "1 min 00 s"), (250, "4 min 10 s"), (7500, "2 h 05 min"), (3599.7, "1 h 00 min")],
)
def test_durations_are_for_people(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_counts_agree_with_their_nouns() -> None:
    assert (several(1, "error"), several(1200, "error"), several(2, "leaf", "leaves")) == (
        "1 error",
        "1,200 errors",
        "2 leaves",
    )


def test_a_sparkline_falls_with_its_values_and_keeps_its_width() -> None:
    assert sparkline([8, 7, 6, 5, 4, 3, 2, 1]) == "█▇▆▅▄▃▂▁"
    assert len(sparkline(list(range(1000)), widest=40)) == 40
    assert sparkline([2.0, 2.0]) == "▁▁"
    assert sparkline([]) == ""
