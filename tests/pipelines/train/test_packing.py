"""Steps, ranks and sequences: every row exactly once, the same everywhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.train.packing import IGNORED, deal, pack, plan_steps
from pipelines.train.rows import TokenRow

lengths_of_rows = st.lists(st.integers(min_value=2, max_value=120), min_size=1, max_size=60)


@given(lengths_of_rows, st.integers(1, 3), st.integers(16, 400), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_every_row_is_in_one_step_of_each_epoch(
    lengths: list[int], epochs: int, tokens: int, seed: int
) -> None:
    steps = plan_steps(lengths, tokens_per_step=tokens, epochs=epochs, seed=seed)
    seen = [row for step in steps for row in step]
    assert sorted(seen) == sorted(list(range(len(lengths))) * epochs)
    assert steps == plan_steps(lengths, tokens_per_step=tokens, epochs=epochs, seed=seed)
    longest = max(lengths)
    assert all(sum(lengths[row] for row in step) <= max(longest, tokens + longest / 2) for step in steps)


@given(lengths_of_rows, st.integers(1, 8), st.integers(64, 300))
@settings(max_examples=60, deadline=None)
def test_every_rank_gets_as_many_batches_and_no_row_is_lost(
    lengths: list[int], ranks: int, most: int
) -> None:
    dealt = deal(range(len(lengths)), lengths, ranks=ranks, max_tokens=most)
    assert len({len(batches) for batches in dealt}) == 1
    assert sorted(row for batches in dealt for batch in batches for row in batch) == list(range(len(lengths)))
    for batches in dealt:
        for batch in batches:
            assert len(batch) <= 1 or sum(lengths[row] for row in batch) <= most


def test_ranks_are_loaded_alike() -> None:
    lengths = list(range(10, 110))
    dealt = deal(range(100), lengths, ranks=4, max_tokens=10_000)
    loads = [sum(lengths[row] for batch in batches for row in batch) for batches in dealt]
    assert max(loads) / min(loads) < 1.02


def test_labels_are_the_next_tokens_that_count_and_never_reach_into_the_next_row() -> None:
    first = TokenRow(np.array([1, 2, 3]), np.array([False, True, True]))
    second = TokenRow(np.array([4, 5]), np.array([True, True]))
    packed = pack([first, second])
    assert packed.ids.tolist() == [1, 2, 3, 4, 5]
    assert packed.labels.tolist() == [2, 3, IGNORED, 5, IGNORED]
    assert packed.positions.tolist() == [0, 1, 2, 0, 1]
    assert packed.rows.tolist() == [0, 0, 0, 1, 1]


def test_a_rank_without_rows_has_something_that_counts_for_nothing() -> None:
    packed = pack([])
    assert packed.labels.tolist() == [IGNORED]


@pytest.mark.parametrize("tokens", [1, 10**9])
def test_a_step_holds_one_row_at_least_and_all_at_most(tokens: int) -> None:
    steps = plan_steps([5, 6, 7], tokens_per_step=tokens, epochs=1, seed=1)
    assert len(steps) == (3 if tokens == 1 else 1)
