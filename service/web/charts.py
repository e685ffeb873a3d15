"""Numbers become places on a chart. Pure; templates draw what comes out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.artifacts import Delta, Interval, Phase, StepRecord

_MARGIN = 0.06
_MOST_POINTS = 300


@dataclass(frozen=True)
class Bar:
    """An interval with its middle, in per cent of the chart's width."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class ForestRow:
    delta: Delta
    reference: Bar
    control: Bar | None


@dataclass(frozen=True)
class Tick:
    at: float
    """Per cent of the width, or a place in the picture's own unit."""
    label: str


@dataclass(frozen=True)
class Forest:
    """Intervals against zero on one common scale."""

    rows: tuple[ForestRow, ...]
    ticks: tuple[Tick, ...]
    zero: float


def forest(deltas: Sequence[Delta]) -> Forest | None:
    """All rows on one scale that holds zero and every interval; None without rows."""
    if not deltas:
        return None
    ends = [0.0]
    for delta in deltas:
        for interval in (delta.against_reference, delta.against_control):
            ends += [] if interval is None else [interval.low, interval.high]
    low, high = _widened(min(ends), max(ends))

    def place(value: float) -> float:
        return round(100 * (value - low) / (high - low), 2)

    def bar(interval: Interval) -> Bar:
        return Bar(place(interval.low), place(interval.delta), place(interval.high))

    return Forest(
        rows=tuple(
            ForestRow(
                delta,
                bar(delta.against_reference),
                None if delta.against_control is None else bar(delta.against_control),
            )
            for delta in deltas
        ),
        ticks=tuple(Tick(place(value), _label(value, signed=True)) for value in round_values(low, high, 5)),
        zero=place(0.0),
    )


@dataclass(frozen=True)
class Curve:
    """One phase's loss: `path` for an SVG of `width` x `height`, with its axes."""

    phase: Phase
    path: str
    first: float
    last: float
    steps: int
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]


WIDTH, HEIGHT = 400, 200
LEFT, RIGHT, TOP, BOTTOM = 40, 10, 10, 26
"""Room for the axes around the curve."""


def loss_curves(steps: Sequence[StepRecord]) -> tuple[Curve, ...]:
    """A curve for each phase, all on the same scale of loss so that they can be compared."""
    if not steps:
        return ()
    losses = [step.loss for step in steps if math.isfinite(step.loss)] or [0.0]
    low, high = _widened(min(losses), max(losses))

    def y(loss: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - loss) / (high - low)

    y_ticks = tuple(Tick(round(y(value), 1), _label(value)) for value in round_values(low, high, 4))
    return tuple(_curve(steps, phase, y_ticks, low, high) for phase in dict.fromkeys(s.phase for s in steps))


def _curve(
    steps: Sequence[StepRecord], phase: Phase, y_ticks: tuple[Tick, ...], low: float, high: float
) -> Curve:
    own = [step for step in steps if step.phase == phase and math.isfinite(step.loss)]
    thinned = own[:: max(1, math.ceil(len(own) / _MOST_POINTS))]
    last_step = max(own[-1].step, 2) if own else 2

    def x(step: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (step - 1) / (last_step - 1)

    def y(loss: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - loss) / (high - low)

    return Curve(
        phase=phase,
        path=" ".join(f"{'L' if i else 'M'}{x(s.step):.1f},{y(s.loss):.1f}" for i, s in enumerate(thinned)),
        first=own[0].loss if own else 0.0,
        last=own[-1].loss if own else 0.0,
        steps=len(own),
        y_ticks=y_ticks,
        x_ticks=tuple(
            Tick(round(x(value), 1), str(value)) for value in sorted({1, last_step // 2, last_step})
        ),
    )


def _widened(low: float, high: float) -> tuple[float, float]:
    room = (high - low) * _MARGIN or max(abs(high), 1.0) * _MARGIN
    return low - room, high + room


def round_values(low: float, high: float, most: int) -> list[float]:
    """At most `most` + 1 round values (1, 2 or 5 times a power of ten apart) between two ends."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def _label(value: float, *, signed: bool = False) -> str:
    text = f"{value:+g}" if signed and value else f"{value:g}"
    return text.replace("-", "−")
