"""`graft bench NAME`: ours and the peer alternating in one run; figures, never verdicts."""

import importlib
import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from pipelines.errors import WrongUse
from service.cli.benches.result import BenchOptions, BenchResult

BENCHES: Final = ("journey", "lint", "fuzz", "ingest", "chaos")
"""Each is a module of `service.cli.benches`; only the one that is asked for is loaded."""


def bench(
    name: Annotated[str, typer.Argument(help=f"Which: {', '.join(BENCHES)}.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
    setup: Annotated[
        bool, typer.Option("--setup", help="Install peers in an environment of their own.")
    ] = False,
    data: Annotated[
        Path | None, typer.Option(help="Folder of real data, for benchmarks that use some.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Repeats what was drawn by chance.")] = 0,
    deliveries: Annotated[int, typer.Option(help="chaos: how many webhooks are sent.", min=1)] = 200,
    inputs: Annotated[int, typer.Option(help="fuzz: how many spoilt leaves are checked.", min=1)] = 1_000_000,
    kills: Annotated[int, typer.Option(help="chaos: how many faults are put in.", min=0)] = 20,
) -> None:
    """Run one benchmark, ours beside its peer.

    Exits 0 whatever the figures are, 3 when a peer is missing: --setup installs peers.
    """
    if name not in BENCHES:
        raise WrongUse(
            "no_such_bench", f"there is no benchmark {name!r}", mend=f"One of: {', '.join(BENCHES)}."
        )
    module: Any = importlib.import_module(f"service.cli.benches.{name}")
    out = Console(highlight=False)
    progress = Console(stderr=True, highlight=False)
    if setup:
        if hasattr(module, "setup"):
            module.setup(progress)
        else:
            out.print(f"{name} has no peers to install.")
        return
    result: BenchResult = module.run(
        progress, BenchOptions(data=data, seed=seed, deliveries=deliveries, kills=kills, inputs=inputs)
    )
    if as_json:
        typer.echo(json.dumps(result.model_dump()))
    else:
        out.print(_table(result))


def _table(result: BenchResult) -> Table:
    table = Table("figure", "value", "unit", "goal", title=f"bench {result.name}")
    for name, figure in result.figures.items():
        table.add_row(name, f"{figure.value:g}", figure.unit, figure.goal)
    return table
