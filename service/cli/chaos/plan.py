"""What people do and what goes wrong, step by step. The same seed gives the same steps; nothing here has an effect."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

ActKind = Literal["open", "push", "command", "chat", "edit-in", "label", "close", "approve", "release"]
FaultKind = Literal[
    "kill", "stop", "kill-stage", "stop-stage", "flush", "disk-full", "clock", "github", "slow"
]

PROCESSES: Final = ("web", "worker-control", "worker-cpu", "worker-gpu", "beat", "valkey")
_MOST_OPEN: Final = 8
_GOOD: Final = 0.7
"""The share of drafts that pass their check."""
_ACTS: Final[tuple[tuple[ActKind, int], ...]] = (
    ("push", 30),
    ("command", 30),
    ("open", 14),
    ("chat", 12),
    ("edit-in", 5),
    ("label", 4),
    ("close", 5),
)
_COMMANDS: Final = ("/graft status", "/graft help", "/graft hold", "/graft unhold", "/graft evalute")
_FAULTS: Final[tuple[tuple[FaultKind, int], ...]] = (
    ("kill", 40),
    ("stop", 20),
    ("github", 16),
    ("slow", 6),
    ("kill-stage", 4),
    ("stop-stage", 3),
    ("flush", 4),
    ("disk-full", 4),
    ("clock", 3),
)
_VICTIMS: Final = (
    ("worker-control", 45),
    ("web", 22),
    ("valkey", 10),
    ("beat", 8),
    ("worker-cpu", 8),
    ("worker-gpu", 7),
)
_TROUBLES: Final = ("500", "502", "500-after", "drop-connection", "403-retry-after", "429", "timeout-after")
_OFFSETS: Final = (-7200.0, -900.0, -45.0, 0.0)


@dataclass(frozen=True)
class Act:
    """Something a person does. `pull` counts from 0 in the order in which pull requests are opened."""

    kind: ActKind
    pull: int
    good: bool = True
    """For `open` and `push`: whether the leaf passes its check afterwards."""
    text: str = ""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong: with which process or request, and for how many seconds (or by how many)."""

    kind: FaultKind
    target: str = ""
    seconds: float = 0.0


Step = Act | Fault


def steps(
    seed: int, *, faults_an_act: float, approve_at: tuple[int, ...] = (), release_at: int = -1
) -> Iterator[Step]:
    """The storm, without end. What people do does not depend on how much goes wrong.

    `approve_at` and `release_at` name the acts, by number, at which work for the accelerator is asked for.
    """
    acts, faults = _acts(seed, approve_at, release_at), _faults(seed)
    owed = 0.0
    for act in acts:
        yield act
        owed += faults_an_act
        while owed >= 1:
            owed -= 1
            yield next(faults)


def _acts(seed: int, approve_at: tuple[int, ...], release_at: int) -> Iterator[Act]:
    rng = random.Random(f"people {seed}")  # noqa: S311 - no secret
    opened, is_open = 0, dict[int, bool]()
    number = 0
    while True:
        alive = [pull for pull, open_ in is_open.items() if open_]
        kind = rng.choices([kind for kind, _ in _ACTS], [weight for _, weight in _ACTS])[0]
        if not alive or (kind == "open" and len(alive) < _MOST_OPEN):
            yield Act("open", opened, good=rng.random() < _GOOD)
            is_open[opened], opened = True, opened + 1
        elif number == release_at:
            yield Act("release", alive[-1])
        elif number in approve_at:
            yield Act("push", alive[-1], good=True)
            yield Act("approve", alive[-1])
            is_open[alive[-1]] = False  # left in peace from here on, so that its evaluation can end
        elif kind == "close" and len(alive) > 1:
            closed = rng.choice(alive[:-1])
            is_open[closed] = False
            yield Act("close", closed)
        elif kind == "command":
            yield Act("command", rng.choice(alive), text=rng.choice(_COMMANDS))
        elif kind in {"chat", "edit-in", "label"}:
            yield Act(kind, rng.choice(alive))
        else:
            yield Act("push", rng.choice(alive), good=rng.random() < _GOOD)
        number += 1


def _faults(seed: int) -> Iterator[Fault]:
    rng = random.Random(f"nemesis {seed}")  # noqa: S311 - no secret
    while True:
        kind = rng.choices([kind for kind, _ in _FAULTS], [weight for _, weight in _FAULTS])[0]
        victim = rng.choices([name for name, _ in _VICTIMS], [weight for _, weight in _VICTIMS])[0]
        match kind:
            case "kill":
                yield Fault(kind, victim)
            case "stop":
                yield Fault(kind, victim, round(rng.uniform(0.3, 6.0), 2))
            case "stop-stage":
                yield Fault(kind, "", round(rng.uniform(0.3, 6.0), 2))
            case "github":
                yield Fault(kind, rng.choice(_TROUBLES), 1.0)
            case "slow":
                yield Fault(kind, "timeout", round(rng.uniform(0.5, 5.0), 2))
            case "disk-full":
                yield Fault(kind, "", round(rng.uniform(0.3, 2.0), 2))
            case "clock":
                yield Fault(kind, "", rng.choice(_OFFSETS))
            case _:
                yield Fault(kind)
