"""`graft bench NAME`: ours and the peer alternating in one run; figures, never verdicts."""

import json
import os
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from pipelines.errors import WrongUse
from pipelines.provenance import installed_versions
from service.cli.demo import DemoOptions, walk


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


def journey_bench(console: Console) -> BenchResult:
    """The whole demo on the real engines, from nothing but prepared models; there is no peer."""
    with tempfile.TemporaryDirectory(prefix="graft-bench-") as folder:
        result = walk(DemoOptions(home=Path(folder)), console)
    share = round(result.overhead_share, 4)
    return BenchResult(
        name="journey",
        figures={
            "journey_s": Figure(
                value=round(result.journey_seconds, 1),
                unit="s",
                goal="at most 900, aiming for 600",
                runs=[round(result.journey_seconds, 1)],
            ),
            "overhead_share": Figure(
                value=share,
                unit="share of journey_s outside the engines and the trainer",
                goal="small",
                runs=[share],
            ),
        },
        peers={},
        environment=environment() | result.versions,
    )


BENCHES: dict[str, Callable[[Console], BenchResult]] = {"journey": journey_bench}


def bench(
    name: Annotated[str, typer.Argument(help=f"Which: {', '.join(BENCHES)}.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
    setup: Annotated[
        bool, typer.Option("--setup", help="Install peers in an environment of their own.")
    ] = False,
) -> None:
    """Measure; exits 0 whatever the figures are, 3 when a peer is missing."""
    if name not in BENCHES:
        raise WrongUse(
            "no_such_bench", f"there is no benchmark {name!r}", mend=f"One of: {', '.join(BENCHES)}."
        )
    out = Console(highlight=False)
    if setup:
        out.print(f"{name} has no peers to install.")
        return
    result = BENCHES[name](Console(stderr=True, highlight=False))
    if as_json:
        typer.echo(json.dumps(result.model_dump()))
    else:
        out.print(_table(result))


def environment() -> dict[str, str]:
    """The machine and the versions that a figure depends on."""
    return {
        "cores": str(os.cpu_count()),
        "machine": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    } | installed_versions()


def _table(result: BenchResult) -> Table:
    table = Table("figure", "value", "unit", "goal", title=f"bench {result.name}")
    for name, figure in result.figures.items():
        table.add_row(name, f"{figure.value:g}", figure.unit, figure.goal)
    return table
