"""A precheck's answer: does the present release know this already?"""

from collections.abc import Callable
from itertools import groupby
from typing import Final

from pipelines.trials import Familiarity, Level, Precheck, SeedScore
from service.reports.escape import code, prose
from service.reports.sections import MOST_LEAVES, folded
from service.reports.table import points, several, signed, table
from service.reports.trials.model import TrialInput

_TITLES: Final = {
    Familiarity.NEW: ("🌱", "there is something to teach"),
    Familiarity.FAMILIAR: ("💡", "it may know this already"),
    Familiarity.UNKNOWN: ("❔", "too few seeds to tell"),
}
_APPROVE: Final = "a triager says `/graft approve` to have the whole run."
_NEXT: Final = {
    Familiarity.NEW: f"look at its answers below. Where they are wrong and your seeds are right, go on: {_APPROVE}",
    Familiarity.FAMILIAR: "read its answers below. Where they are right, the seed teaches little: ask for what it does "
    f"not know, and push. Where they are wrong, go on: {_APPROVE}",
    Familiarity.UNKNOWN: f"read its answers below, and judge by them. To go on, {_APPROVE}",
}
_EXPLANATION: Final = (
    "<sub>In points: 100 × mean log-likelihood per token of the seeds' answers; 0 is certainty, lower is less likely. "
    "*By itself* it is asked as in the exam. *Told* means that a knowledge question comes with its context, and a "
    "skill's after two other seeds of the leaf: who knows a thing gains little by being told it. The difference is "
    "paired.</sub>"
)
_MOST_SEEDS: Final = 60


def result(trial: TrialInput) -> list[str]:
    found = trial.precheck
    if found is None:
        return [f"### ✅ Precheck of `{trial.short_sha}` is done", "Its result cannot be read any more."]
    sign, title = _TITLES[found.familiarity]
    return [
        f"### {sign} Precheck of `{trial.short_sha}`: {title}",
        f"Asked: **{prose(trial.reference, 60)}**. {prose(found.summary, 500)}",
        f"**Next:** {_NEXT[found.familiarity]}",
        _levels(found),
        _EXPLANATION,
        _seeds(found),
    ]


def _levels(found: Precheck) -> str:
    rows = [["**the model by itself**", *_level(found.alone, points)]]
    if found.told is not None:
        rows.append(["told beforehand", *_level(found.told, points)])
    if found.gain is not None:
        rows.append(["**what being told gains**", *_level(found.gain, signed)])
    if len(found.leaves) > 1:
        rows += [
            [f"gain in {code(leaf.leaf_id)}", *_level(leaf.gain, signed)]
            for leaf in found.leaves[:MOST_LEAVES]
            if leaf.gain is not None
        ]
    header = ["", "points", f"{found.confidence * 100:g} % interval", "seeds"]
    return table(header, rows, right=(1, 2, 3))


def _level(level: Level, write: Callable[[float], str]) -> list[str]:
    n = f"{level.n} in {several(level.groups, 'group')}" if level.groups != level.n else str(level.n)
    return [write(level.points), _interval(level, write), n]


def _interval(level: Level, write: Callable[[float], str]) -> str:
    return "–" if level.low == level.high else f"[{write(level.low)}, {write(level.high)}]"


def _seeds(found: Precheck) -> str:
    if not found.seeds:
        return ""
    shown, parts = found.seeds[:_MOST_SEEDS], []
    for leaf_id, seeds in groupby(shown, key=lambda seed: seed.leaf_id):
        rows = [_seed(seed) for seed in seeds]
        header = ["question", "the seed's answer", "the model's answer", "points", "told"]
        parts.append(f"{code(leaf_id)}\n\n{table(header, rows, right=(3, 4))}")
    left = found.alone.n - len(shown)
    if left:
        parts.append(f"… and {several(left, 'further seed')}, in the numbers above.")
    return folded(f"Seed by seed: {several(len(shown), 'answer')} beside the model's own", "\n\n".join(parts))


def _seed(seed: SeedScore) -> list[str]:
    return [
        prose(seed.question, 400),
        prose(seed.seed_answer, 500),
        prose(seed.model_answer, 500) or "(nothing)",
        points(seed.points),
        "–" if seed.told_points is None else points(seed.told_points),
    ]
