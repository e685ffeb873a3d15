"""Accelerator time as a budget: what was used in the last seven days, and when room is there again.

The window moves: what a stage used leaves it seven days after the stage ended. What open runs are expected to use still
counts as used now, so that many runs asked for at once cannot spend the same room.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

WINDOW: Final = timedelta(days=7)


@dataclass(frozen=True)
class Charge:
    """Accelerator-minutes (working minutes times accelerators) of one stage, and when they count from."""

    minutes: float
    at: datetime


@dataclass(frozen=True)
class Budget:
    """A limit of the policy and how much of it is used."""

    whose: str
    """For people, as plain text: `the pull requests of ada`."""
    used: float
    most: float
    frees_at: datetime | None = None
    """When it is used up: the moment at which there is room again. None: not used up, or never."""

    @property
    def used_up(self) -> bool:
        return self.used >= self.most


def budget(whose: str, most: float, charges: Iterable[Charge], *, now: datetime) -> Budget:
    """How a limit of `most` accelerator-minutes in seven days stands."""
    counted = sorted((c for c in charges if c.at > now - WINDOW), key=lambda charge: charge.at)
    used = sum(charge.minutes for charge in counted)
    return Budget(whose, used, most, _frees_at(counted, most, used))


def _frees_at(counted: list[Charge], most: float, used: float) -> datetime | None:
    if used < most:
        return None
    for charge in counted:
        used -= charge.minutes
        if used < most:
            return charge.at + WINDOW
    return None  # a budget of nothing is never free


def used_up(found: Budget) -> str:
    """One sentence for people: what is used up, and when there is room again."""
    when = (
        f"There is room again about {found.frees_at:%A, %Y-%m-%d %H:%M} UTC."
        if found.frees_at
        else "No room comes by waiting: maintainers may raise it in .graft.yaml."
    )
    return f"The budget of {found.whose} is used up: {shown(found)}. {when}"


def shown(found: Budget) -> str:
    """`12.5 of 60 accelerator-minutes in seven days`."""
    return f"{found.used:.1f} of {found.most:g} accelerator-minutes in seven days"
