"""Intervals that hold what they promise, also when questions come in clusters; shown by simulation."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from pipelines.compare.statistics import Estimate, estimate, holm

TRIALS = 1500


def simulate(sizes: Sequence[int], share_within: float, *, seed: int) -> list[tuple[Estimate, float]]:
    """Estimates of a true difference of 0 and the naive standard error beside each.

    `share_within` is the intraclass correlation of a cluster's items.
    """
    random = np.random.default_rng(seed)
    names = [cluster for cluster, size in enumerate(sizes) for _ in range(size)]
    found = []
    for _ in range(TRIALS):
        common = random.normal(0, math.sqrt(share_within), len(sizes))
        values = common[names] + random.normal(0, math.sqrt(1 - share_within), len(names))
        naive = float(values.std(ddof=1) / math.sqrt(len(values)))
        found.append((estimate(values.tolist(), names), naive))
    return found


@pytest.mark.parametrize(
    ("sizes", "share_within"),
    [
        ([1] * 12, 0.0),
        ([3] * 5, 0.0),
        ([3] * 5, 0.6),
        ([5] * 20, 0.5),
        ([1, 2, 3, 4, 10], 0.5),
        ([12, 2, 2, 2, 2, 2, 2], 0.7),
    ],
)
def test_no_difference_is_called_one_five_times_in_a_hundred_at_most(
    sizes: list[int], share_within: float
) -> None:
    found = [estimated for estimated, _ in simulate(sizes, share_within, seed=7)]
    alarms = sum(estimated.p_value() < 0.05 for estimated in found) / TRIALS
    covered = sum(low <= 0 <= high for low, high in (each.interval(0.95) for each in found)) / TRIALS
    noise = 3 * math.sqrt(0.05 * 0.95 / TRIALS)
    assert alarms <= 0.05 + noise
    assert covered >= 0.95 - noise
    assert covered < 1, "an interval that always holds the truth says nothing"


def test_the_simulation_would_catch_an_interval_that_ignores_clusters() -> None:
    found = simulate([5] * 20, 0.5, seed=7)
    reach = float(stats.t.ppf(0.975, 99))
    covered = sum(abs(estimated.mean) <= reach * naive for estimated, naive in found) / TRIALS
    assert covered < 0.85


def test_single_items_give_the_ordinary_paired_t_test() -> None:
    values = [0.3, -0.1, 0.8, 0.4, 0.2, 0.9]
    found = estimate(values, list(range(6)))
    ordinary = stats.ttest_1samp(values, 0)
    assert found.p_value() == pytest.approx(ordinary.pvalue)
    assert found.interval(0.95) == pytest.approx(tuple(ordinary.confidence_interval(0.95)))


def test_clusters_of_one_size_give_the_t_test_of_their_means() -> None:
    values = [0.3, -0.1, 0.8, 0.4, 0.2, 0.9, 1.0, 1.1]
    found = estimate(values, ["a", "a", "b", "b", "c", "c", "d", "d"])
    means = [0.1, 0.6, 0.55, 1.05]
    assert found.p_value() == pytest.approx(stats.ttest_1samp(means, 0).pvalue)


def test_one_cluster_tells_nothing() -> None:
    found = estimate([1.0, 1.1, 0.9], ["a", "a", "a"])
    assert found.p_value() == 1.0
    assert found.interval(0.95) == (found.mean, found.mean)


def test_equal_scores_are_no_difference() -> None:
    found = estimate([0.0] * 6, list(range(6)))
    assert found.p_value() == 1.0
    assert found.interval(0.95) == (0.0, 0.0)


def test_degrees_of_freedom_are_those_of_the_matrices_they_stand_for() -> None:
    sizes = np.array([1.0, 2.0, 3.0, 7.0])
    share = sizes / sizes.sum()
    weights = 1 / (1 - share)
    root = np.diag(np.sqrt(weights))
    centre = np.eye(4) - np.outer(share, np.ones(4))
    spreads = [root @ centre @ np.diag(variances) @ centre.T @ root for variances in (sizes, sizes**2)]
    expected = min(np.trace(spread) ** 2 / np.trace(spread @ spread) for spread in spreads)
    names = [cluster for cluster, size in enumerate(sizes) for _ in range(int(size))]
    random = np.random.default_rng(1)
    found = estimate(random.normal(size=len(names)).tolist(), names)
    assert found.freedom == pytest.approx(expected)


def test_what_is_detectable_is_detected_four_times_in_five() -> None:
    random = np.random.default_rng(3)
    true = estimate(random.normal(0, 1, 4000).tolist(), list(range(4000))).detectable(0.95) * math.sqrt(100)
    seen = sum(
        estimate(random.normal(true, 1, 40).tolist(), list(range(40))).p_value() < 0.05 for _ in range(1000)
    )
    assert 0.74 < seen / 1000 < 0.86


def test_holm_adjusts_as_in_the_textbook() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


def test_nothing_to_estimate_is_refused() -> None:
    with pytest.raises(ValueError, match="0 differences"):
        estimate([], [])
