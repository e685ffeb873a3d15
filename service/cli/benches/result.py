"""What a benchmark takes and what it gives back."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from pipelines.provenance import installed_versions


@dataclass(frozen=True)
class BenchOptions:
    """What may be said on the command line; a benchmark looks only at what concerns it."""

    data: Path | None = None
    """Folder of real data, for those that can use it."""
    seed: int = 0
    deliveries: int = 200
    kills: int = 20
    inputs: int = 1_000_000


class Figure(BaseModel):
    """`value` is the median of `runs`; `goal` says what it is held against."""

    value: float
    unit: str
    goal: str
    runs: list[float]


class BenchResult(BaseModel):
    name: str
    figures: dict[str, Figure]
    peers: dict[str, str]
    environment: dict[str, str]


def environment() -> dict[str, str]:
    """The machine and the versions that a figure depends on."""
    return {
        "cores": str(os.cpu_count()),
        "machine": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    } | installed_versions()
