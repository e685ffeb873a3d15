"""How long the whole demo takes on the real engines, from nothing but prepared models; there is no peer."""

import tempfile
from pathlib import Path

from rich.console import Console

from service.cli.benches.result import BenchOptions, BenchResult, Figure, environment
from service.cli.demo import DemoOptions, walk


def run(console: Console, options: BenchOptions) -> BenchResult:
    """One walk; `overhead_share` is what the engines and the trainer do not account for."""
    del options
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
