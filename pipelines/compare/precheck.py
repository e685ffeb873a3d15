"""A model's scores on a contribution's seeds, beside its scores on other leaves: what it may know already.

The two means stand on different questions, so nothing is paired: the interval of their difference is Welch's, with
Satterthwaite's degrees of freedom, from clustered standard errors (see `statistics`).
"""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from pipelines.artifacts import ExamReport, ItemScore
from pipelines.compare.config import CompareConfig
from pipelines.compare.items import POINTS
from pipelines.compare.statistics import Estimate, estimate
from pipelines.trials import Familiarity, LeafLevel, Level, Precheck, SeedScore

_DIGITS = 4


def precheck(report: ExamReport, config: CompareConfig) -> Precheck:
    """`report` holds at least one seed of the contribution (ValueError otherwise)."""
    seeds = [score for score in report.scores if score.contributed]
    rest = [score for score in report.scores if not score.contributed]
    own, others = _estimate(seeds), _estimate(rest) if rest else None
    against = _difference(own, others, config.confidence) if others else None
    familiarity = _familiarity(own, others, against, config)
    level, other_leaves = _level(own, config.confidence), len({score.leaf_id for score in rest})
    return Precheck(
        familiarity=familiarity,
        summary=_summary(familiarity, level, against, other_leaves, config.confidence),
        confidence=config.confidence,
        level=level,
        others=_level(others, config.confidence) if others else None,
        other_leaves=other_leaves,
        against_others=against,
        leaves=_leaves(seeds, config.confidence),
        seeds=_seeds(report, seeds),
    )


def _estimate(scores: Sequence[ItemScore]) -> Estimate:
    points = [POINTS * score.log_likelihood for score in scores]
    return estimate(points, [(score.leaf_id, score.group) for score in scores])


def _level(found: Estimate, confidence: float) -> Level:
    low, high = found.interval(confidence)
    return Level(
        points=round(found.mean, _DIGITS),
        low=round(low, _DIGITS),
        high=round(high, _DIGITS),
        n=found.n,
        groups=found.clusters,
    )


def _difference(own: Estimate, others: Estimate, confidence: float) -> Level | None:
    """Seeds minus others; None where either is one single group, which tells nothing of its spread."""
    if not (np.isfinite(own.error) and np.isfinite(others.error)):
        return None
    mean, variances = own.mean - others.mean, (own.error**2, others.error**2)
    spread = sum(variances)
    freedom = (
        spread**2 / sum(v**2 / e.freedom for v, e in zip(variances, (own, others), strict=True))
        if spread
        else 1.0
    )
    half = float(stats.t.ppf(0.5 + confidence / 2, freedom)) * spread**0.5
    return Level(
        points=round(mean, _DIGITS),
        low=round(mean - half, _DIGITS),
        high=round(mean + half, _DIGITS),
        n=own.n,
        groups=own.clusters,
    )


def _familiarity(
    own: Estimate, others: Estimate | None, against: Level | None, config: CompareConfig
) -> Familiarity:
    if against is None or not all(_enough(found, config) for found in (own, others)):
        return Familiarity.UNKNOWN
    if against.high < 0:
        return Familiarity.LESS
    return Familiarity.MORE if against.low > 0 else Familiarity.LIKE


def _enough(found: Estimate | None, config: CompareConfig) -> bool:
    return found is not None and found.n >= config.min_items and found.clusters >= config.min_clusters


def _summary(
    familiarity: Familiarity, level: Level, against: Level | None, leaves: int, confidence: float
) -> str:
    likely = f"{100 * float(np.exp(level.points / POINTS)):.2g} %"
    lead = f"On average the model gives each token of these answers a likelihood of {likely}"
    if familiarity is Familiarity.UNKNOWN or against is None:
        return f"{lead}; there are too few questions here or in other leaves to say whether it knows them."
    than = f"those of {leaves} other {'leaf' if leaves == 1 else 'leaves'}"
    by = f"({against.points:+.1f} points, {confidence * 100:g} % interval {against.low:+.1f} to {against.high:+.1f})"
    what = {
        Familiarity.LESS: f"which is clearly less than {than} {by}: there is something to teach",
        Familiarity.LIKE: f"which is not clearly more or less than {than} {by}: it may know them already",
        Familiarity.MORE: f"which is clearly more than {than} {by}: it seems to know them already",
    }[familiarity]
    return f"{lead}, {what}."


def _leaves(seeds: Sequence[ItemScore], confidence: float) -> tuple[LeafLevel, ...]:
    by_leaf: dict[str, list[ItemScore]] = {}
    for score in seeds:
        by_leaf.setdefault(score.leaf_id, []).append(score)
    return tuple(
        LeafLevel(leaf_id=leaf, level=_level(_estimate(scores), confidence))
        for leaf, scores in sorted(by_leaf.items())
    )


def _seeds(report: ExamReport, seeds: Sequence[ItemScore]) -> tuple[SeedScore, ...]:
    scores = {score.item_id: score for score in seeds}
    return tuple(
        SeedScore(
            leaf_id=answer.leaf_id,
            question=answer.question,
            seed_answer=answer.reference_answer,
            model_answer=answer.answer,
            points=round(POINTS * scores[answer.item_id].log_likelihood, _DIGITS),
            tokens=scores[answer.item_id].tokens,
        )
        for answer in report.answers
    )
