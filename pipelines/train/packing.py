"""Which rows make a step, and how a step's rows are dealt to ranks and packed into sequences. Pure.

A row never meets another inside the model: rows of one sequence keep positions of their own and attend to
themselves only, so a packed row's loss is that of the row alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.train.rows import TokenRow

IGNORED = -100


@dataclass(frozen=True, slots=True)
class Packed:
    """Rows end to end; every array is (tokens,).

    `labels[i]` is the token that should follow `ids[i]`, or IGNORED; `positions` restart with each row;
    `rows` numbers them from 0.
    """

    ids: NDArray[np.int64]
    labels: NDArray[np.int64]
    positions: NDArray[np.int64]
    rows: NDArray[np.int64]


def plan_steps(lengths: Sequence[int], *, tokens_per_step: int, epochs: int, seed: int) -> list[list[int]]:
    """Row numbers of each optimiser step, the same on every rank and for every number of ranks.

    Rows are shuffled anew in each epoch; a step takes rows until one more would carry it further from
    `tokens_per_step` than it is.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    steps: list[list[int]] = []
    for _ in range(epochs):
        current: list[int] = []
        filled = 0
        for row in random.permutation(len(lengths)).tolist():
            over = filled + lengths[row] - tokens_per_step
            if current and over > tokens_per_step - filled:
                steps.append(current)
                current, filled = [], 0
            current.append(row)
            filled += lengths[row]
        if current:
            steps.append(current)
    return steps


def deal(
    step: Sequence[int], lengths: Sequence[int], *, ranks: int, max_tokens: int
) -> list[list[list[int]]]:
    """[rank][batch] -> row numbers. Every rank gets equally many batches; some may be empty.

    Longest first onto the rank with the fewest tokens (Graham's LPT rule), then each rank's rows into batches
    of at most `max_tokens` by first-fit decreasing; a longer row has a batch of its own.
    """
    loads = [0] * ranks
    dealt: list[list[list[int]]] = [[] for _ in range(ranks)]
    for row in sorted(step, key=lambda number: (-lengths[number], number)):
        rank = loads.index(min(loads))
        loads[rank] += lengths[row]
        for batch in dealt[rank]:
            if sum(lengths[number] for number in batch) + lengths[row] <= max_tokens:
                batch.append(row)
                break
        else:
            dealt[rank].append([row])
    most = max(len(batches) for batches in dealt)
    return [batches + [[] for _ in range(most - len(batches))] for batches in dealt]


def pack(rows: Sequence[TokenRow]) -> Packed:
    """One sequence of all rows; without any, a single token that counts for nothing (a rank may have no rows)."""
    if not rows:
        zero = np.zeros(1, dtype=np.int64)
        return Packed(zero, np.full(1, IGNORED, dtype=np.int64), zero, zero)
    return Packed(
        ids=np.concatenate([row.ids for row in rows]),
        labels=np.concatenate([_labels(row) for row in rows]),
        positions=np.concatenate([np.arange(len(row), dtype=np.int64) for row in rows]),
        rows=np.repeat(np.arange(len(rows), dtype=np.int64), [len(row) for row in rows]),
    )


def _labels(row: TokenRow) -> NDArray[np.int64]:
    following = np.where(row.counts[1:], row.ids[1:], IGNORED)
    return np.append(following, IGNORED)
