"""Paired differences in clusters: their mean, an honest interval, a p-value. Pure numpy and scipy.

Items of one cluster (questions on one passage) are not independent, so they do not count as so many
observations: Miller, "Adding Error Bars to Evals" (arXiv 2411.00640), sections on clustered and paired errors.

The variance of the mean is cluster-robust with Bell and McCaffrey's small-sample correction (CR2): for an
intercept alone each cluster's sum of residuals is weighed by 1 / (1 - its share of items); with clusters of one
size that is the familiar G / (G - 1). The t distribution's degrees of freedom are Satterthwaite's (Bell and
McCaffrey 2002; Cameron and Miller, "A Practitioner's Guide to Cluster-Robust Inference", 2015, section VI.D),
taken under independent items and under wholly dependent ones, whichever is fewer.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean of `n` differences in `clusters` clusters, its standard error and the t distribution it follows."""

    mean: float
    error: float
    freedom: float
    n: int
    clusters: int

    def interval(self, confidence: float) -> tuple[float, float]:
        """Two-sided; a single cluster tells nothing of its spread, then both ends are the mean."""
        if not np.isfinite(self.error):
            return self.mean, self.mean
        half = float(stats.t.ppf(0.5 + confidence / 2, self.freedom)) * self.error
        return self.mean - half, self.mean + half

    def p_value(self) -> float:
        """Two-sided, of no difference."""
        if not np.isfinite(self.error):
            return 1.0
        if self.error == 0:
            return 1.0 if self.mean == 0 else 0.0
        return float(2 * stats.t.sf(abs(self.mean / self.error), self.freedom))

    def detectable(self, confidence: float, power: float = 0.8) -> float:
        """The smallest true difference that would be called one with this power."""
        if not np.isfinite(self.error):
            return float("inf")
        sure = float(stats.t.ppf(0.5 + confidence / 2, self.freedom))
        likely = float(stats.t.ppf(power, self.freedom))
        return (sure + likely) * self.error


def estimate(differences: Sequence[float], clusters: Sequence[Hashable]) -> Estimate:
    """`differences` (n,) and the cluster of each; raises ValueError when there is none or the lengths differ."""
    if not differences or len(differences) != len(clusters):
        raise ValueError(f"{len(differences)} differences in {len(clusters)} clusters")
    values = np.asarray(differences, dtype=np.float64)
    numbers = {name: index for index, name in enumerate(dict.fromkeys(clusters))}
    member = np.array([numbers[name] for name in clusters])
    n, count = len(values), len(numbers)
    mean = float(values.mean())
    if count == 1:
        return Estimate(mean, float("inf"), 1.0, n, count)
    sizes = np.bincount(member, minlength=count).astype(np.float64)
    sums = np.bincount(member, weights=values - mean, minlength=count)
    weights = 1 / (1 - sizes / n)
    error = float(np.sqrt((weights * sums**2).sum()) / n)
    return Estimate(mean, error, _freedom(sizes, weights), n, count)


def _freedom(sizes: Floats, weights: Floats) -> float:
    """Satterthwaite's degrees of freedom, the fewer of two working models for the clusters' totals."""
    share = sizes / sizes.sum()
    independent, dependent = (
        sizes,
        sizes**2,
    )  # variances of totals: items by themselves, items that say the same
    return max(1.0, min(_satterthwaite(share, weights, each) for each in (independent, dependent)))


def _satterthwaite(share: Floats, weights: Floats, variances: Floats) -> float:
    """trace(A)^2 / trace(A A) of A = W^1/2 (I - p 1') D (I - 1 p') W^1/2, in time linear in the clusters."""
    u, v, total = np.sqrt(weights) * share, np.sqrt(weights) * variances, variances.sum()
    diagonal = weights * variances
    rest = total * u**2 - 2 * u * v
    uu, uv, vv = u @ u, u @ v, v @ v
    squared = (
        diagonal @ diagonal
        + 2 * (diagonal @ rest)
        + 2 * (uu * vv + uv**2)
        - 4 * total * uu * uv
        + (total * uu) ** 2
    )
    return float((diagonal + rest).sum() ** 2 / squared)


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted so that, over all of them, a false alarm is as rare as for one (Holm 1979)."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for place, index in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = running
    return adjusted
