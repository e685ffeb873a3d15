"""What keeps a candidate from being published, and what does not."""

import pytest

from pipelines.artifacts import Delta, Verdict
from pipelines.errors import GateFailed
from pipelines.release.gate import check_gate, failing_rows
from tests.pipelines.release.building import GOOD, comparison, delta


def test_a_good_candidate_passes() -> None:
    check_gate(GOOD)


@pytest.mark.parametrize(
    "row",
    [
        delta("exam", -30, -5, Verdict.REGRESSED),
        delta("retention", -9, -1, Verdict.REGRESSED),
        delta("retention:skills/other", -9, -1, Verdict.REGRESSED),
        delta("exam:knowledge/new", -9, -1, Verdict.NO_CLEAR_CHANGE),
    ],
    ids=lambda row: f"{row.metric} {row.verdict.value}",
)
def test_these_keep_it_back_and_are_named(row: Delta) -> None:
    with pytest.raises(GateFailed) as caught:
        check_gate(comparison(delta("exam", 1, 2), row))
    assert row.metric in caught.value.message
    assert f"{row.against_reference.delta:+.1f}" in caught.value.message


@pytest.mark.parametrize(
    "row",
    [
        delta("retention:skills/other", -9, -1, Verdict.NO_CLEAR_CHANGE),
        delta("retention", -9, 1, Verdict.NO_CLEAR_CHANGE),
        delta("exam:knowledge/new", -9, -1, Verdict.TOO_FEW_ITEMS, n=2),
    ],
    ids=["an old leaf within the noise of many", "within the noise", "too few to tell"],
)
def test_noise_keeps_nothing_back(row: Delta) -> None:
    assert failing_rows(comparison(row)) == ()
