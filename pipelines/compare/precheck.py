"""A contribution's seeds under a model that is by itself, and under the same model told beforehand: what it may know.

Who knows a thing gains little by being told it. The two scores stand on the same seeds, so their difference is paired.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pipelines.artifacts import ExamReport, ItemScore
from pipelines.compare.config import CompareConfig
from pipelines.compare.items import POINTS
from pipelines.compare.statistics import Estimate, estimate
from pipelines.trials import Familiarity, LeafLevel, Level, Precheck, SeedScore

_DIGITS = 4


def precheck(report: ExamReport, config: CompareConfig) -> Precheck:
    """`report` holds at least one seed (ValueError otherwise)."""
    told = {score.item_id: _points(score) for score in report.told}
    alone, gain = _estimate(report.scores), _gain(report.scores, told)
    familiarity = _familiarity(gain, config)
    shown = [score for score in report.scores if score.item_id in told]
    level = _level(alone, config)
    return Precheck(
        familiarity=familiarity,
        summary=_summary(familiarity, level, gain, config),
        confidence=config.confidence,
        alone=level,
        told=_level(_of([told[score.item_id] for score in shown], shown), config) if shown else None,
        gain=_level(gain, config) if gain else None,
        leaves=_leaves(report.scores, told, config),
        seeds=_seeds(report, told),
    )


def _points(score: ItemScore) -> float:
    return POINTS * score.log_likelihood


def _of(values: Sequence[float], scores: Sequence[ItemScore]) -> Estimate:
    return estimate(values, [(score.leaf_id, score.group) for score in scores])


def _estimate(scores: Sequence[ItemScore]) -> Estimate:
    return _of([_points(score) for score in scores], scores)


def _gain(scores: Sequence[ItemScore], told: Mapping[str, float]) -> Estimate | None:
    """Told minus alone; None where nothing could be told."""
    both = [score for score in scores if score.item_id in told]
    return _of([told[score.item_id] - _points(score) for score in both], both) if both else None


def _level(found: Estimate, config: CompareConfig) -> Level:
    low, high = found.interval(config.confidence)
    return Level(
        points=round(found.mean, _DIGITS),
        low=round(low, _DIGITS),
        high=round(high, _DIGITS),
        n=found.n,
        groups=found.clusters,
    )


def _familiarity(gain: Estimate | None, config: CompareConfig) -> Familiarity:
    if gain is None or gain.n < config.min_items or gain.clusters < config.min_clusters:
        return Familiarity.UNKNOWN
    return Familiarity.NEW if gain.interval(config.confidence)[0] > 0 else Familiarity.FAMILIAR


def _summary(familiarity: Familiarity, alone: Level, gain: Estimate | None, config: CompareConfig) -> str:
    likely = f"{100 * float(np.exp(alone.points / POINTS)):.2g} %"
    lead = f"By itself the model gives each token of these answers a likelihood of {likely} on average"
    if familiarity is Familiarity.UNKNOWN or gain is None:
        return f"{lead}; there are too few seeds to say whether it knows them."
    low, high = gain.interval(config.confidence)
    by = f"{gain.mean:+.1f} points, {config.confidence * 100:g} % interval {low:+.1f} to {high:+.1f}"
    if familiarity is Familiarity.NEW:
        return f"{lead}; told beforehand, it finds them clearly likelier ({by}): there is something to teach."
    seen = f"a gain of {gain.detectable(config.confidence):.1f} points would be seen 4 times in 5"
    return f"{lead}; told beforehand, it finds them not clearly likelier ({by}; {seen}): it may know them already."


def _leaves(
    scores: Sequence[ItemScore], told: Mapping[str, float], config: CompareConfig
) -> tuple[LeafLevel, ...]:
    by_leaf: dict[str, list[ItemScore]] = {}
    for score in scores:
        by_leaf.setdefault(score.leaf_id, []).append(score)
    levels = []
    for leaf, own in sorted(by_leaf.items()):
        gain = _gain(own, told)
        levels.append(
            LeafLevel(
                leaf_id=leaf,
                alone=_level(_estimate(own), config),
                gain=_level(gain, config) if gain else None,
            )
        )
    return tuple(levels)


def _seeds(report: ExamReport, told: Mapping[str, float]) -> tuple[SeedScore, ...]:
    points = {score.item_id: _points(score) for score in report.scores}
    return tuple(
        SeedScore(
            leaf_id=answer.leaf_id,
            question=answer.question,
            seed_answer=answer.reference_answer,
            model_answer=answer.answer,
            points=round(points[answer.item_id], _DIGITS),
            told_points=round(told[answer.item_id], _DIGITS) if answer.item_id in told else None,
        )
        for answer in report.answers
    )
