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
    Familiarity.LESS: ("🌱", "there is something to teach"),
    Familiarity.LIKE: ("➖", "it may know this already"),
    Familiarity.MORE: ("💡", "it seems to know this already"),
    Familiarity.UNKNOWN: ("❔", "too few questions to tell"),
}
_APPROVE: Final = "A triager says `/graft approve` to have the whole run."
_NEXT: Final = {
    Familiarity.LESS: f"look at its answers below. If they are wrong where your seeds are right, go on. {_APPROVE}",
    Familiarity.LIKE: "read its answers below. Where they are right, the seed teaches little: ask for what it does "
    f"not know, and push. Where they are wrong, go on. {_APPROVE}",
    Familiarity.MORE: "read its answers below. If they are right, this leaf would teach little: ask for what it does "
    "not know, and push.",
    Familiarity.UNKNOWN: f"read its answers below, and judge by them. {_APPROVE}",
}
_EXPLANATION: Final = (
    "<sub>In points: 100 × mean log-likelihood per token of the seeds' answers, as in the exam; 0 is certainty, lower "
    "is less likely. Knowledge is asked without its context. A likelihood also depends on how an answer is worded, so "
    "the answers tell more than the numbers.</sub>"
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
    rows = [["**the seeds of this contribution**", *_level(found.level)]]
    if len(found.leaves) > 1:
        rows += [[code(leaf.leaf_id), *_level(leaf.level)] for leaf in found.leaves[:MOST_LEAVES]]
    if found.others is not None:
        name = several(found.other_leaves, "other leaf", "other leaves")
        rows.append([f"exam questions of {name}", *_level(found.others)])
    if found.against_others is not None:
        against = found.against_others
        rows.append(["**difference**", signed(against.points), _interval(against, signed), ""])
    header = ["", "points", f"{found.confidence * 100:g} % interval", "n"]
    return table(header, rows, right=(1, 2, 3))


def _level(level: Level) -> list[str]:
    n = f"{level.n} in {several(level.groups, 'group')}" if level.groups != level.n else str(level.n)
    return [points(level.points), _interval(level, points), n]


def _interval(level: Level, write: Callable[[float], str]) -> str:
    return "–" if level.low == level.high else f"[{write(level.low)}, {write(level.high)}]"


def _seeds(found: Precheck) -> str:
    if not found.seeds:
        return ""
    shown, parts = found.seeds[:_MOST_SEEDS], []
    for leaf_id, seeds in groupby(shown, key=lambda seed: seed.leaf_id):
        rows = [_seed(seed) for seed in seeds]
        header = ["question", "the seed's answer", "the model's answer", "points"]
        parts.append(f"{code(leaf_id)}\n\n{table(header, rows, right=(3,))}")
    left = found.level.n - len(shown)
    if left:
        parts.append(f"… and {several(left, 'further seed')}, in the numbers above.")
    return folded(f"Seed by seed: {several(len(shown), 'answer')} beside the model's own", "\n\n".join(parts))


def _seed(seed: SeedScore) -> list[str]:
    return [
        prose(seed.question, 400),
        prose(seed.seed_answer, 500),
        prose(seed.model_answer, 500) or "(nothing)",
        points(seed.points),
    ]
