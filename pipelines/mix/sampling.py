"""Which rows a phase gets: leaf by leaf in turn, until the tokens are spent."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.mix.rows import Candidate


@dataclass(frozen=True, slots=True)
class Drawn:
    """A row as it stands in the file; `time` counts from 0 how often it came before."""

    candidate: Candidate
    time: int


def draw_evenly(candidates: Iterable[Candidate], budget: int, seed: int) -> list[Drawn]:
    """Take one row of each leaf in turn, and begin a leaf anew when it has none left, while `budget` tokens last.

    The same candidates, budget and seed give the same rows, whatever else there was to choose from.
    """
    leaves: defaultdict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        leaves[candidate.leaf_id].append(candidate)
    order = sorted(leaves, key=lambda leaf: _hash(seed, leaf))
    for rows in leaves.values():
        rows.sort(key=lambda candidate: _hash(seed, candidate.row.id))
    taken: Counter[str] = Counter()
    drawn: list[Drawn] = []
    left = budget
    while True:
        before = len(drawn)
        for leaf in order:
            rows = leaves[leaf]
            time, at = divmod(taken[leaf], len(rows))
            if rows[at].tokens <= left:
                drawn.append(Drawn(rows[at], time))
                left -= rows[at].tokens
                taken[leaf] += 1
        if len(drawn) == before:
            return drawn


def shuffled(drawn: Iterable[Drawn], seed: int) -> list[Drawn]:
    """An order that depends on the rows alone; a repeat comes after the row's first time."""
    return sorted(drawn, key=lambda one: (one.time, _hash(seed, one.candidate.row.id)))


def _hash(seed: int, text: str) -> str:
    return hashlib.sha256(f"{seed}\0{text}".encode()).hexdigest()
