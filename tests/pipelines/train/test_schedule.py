"""Up over the warm-up, then level or down along a cosine."""

import pytest

from pipelines.train.config import PhaseSettings
from pipelines.train.schedule import learning_rate


def rates(settings: PhaseSettings, steps: int) -> list[float]:
    return [learning_rate(step, steps, settings) for step in range(1, steps + 1)]


def test_cosine_rises_then_falls_to_a_tenth() -> None:
    found = rates(PhaseSettings(learning_rate=1.0, warmup_steps=4), 20)
    assert found[:4] == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert found[3:] == sorted(found[3:], reverse=True)
    assert found[-1] == pytest.approx(0.1)


def test_constant_stays_level() -> None:
    found = rates(PhaseSettings(learning_rate=1.0, warmup_steps=2, schedule="constant"), 6)
    assert found == pytest.approx([0.5, 1, 1, 1, 1, 1])


def test_a_phase_of_one_step_takes_the_whole_rate() -> None:
    assert rates(PhaseSettings(learning_rate=1.0, warmup_steps=10), 1) == [1.0]
