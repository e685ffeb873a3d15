"""The learning rate of each step."""

import math

from pipelines.train.config import PhaseSettings

_LAST_SHARE = 0.1


def learning_rate(step: int, steps: int, settings: PhaseSettings) -> float:
    """The rate of `step` (from 1) of `steps`: up linearly over the warm-up, then level or down along a cosine."""
    warmup = min(settings.warmup_steps, steps)
    if step <= warmup:
        return settings.learning_rate * step / warmup
    if settings.schedule == "constant":
        return settings.learning_rate
    share = (step - warmup) / (steps - warmup)
    return settings.learning_rate * (_LAST_SHARE + (1 - _LAST_SHARE) * (1 + math.cos(math.pi * share)) / 2)
