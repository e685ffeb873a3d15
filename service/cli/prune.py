"""`graft prune`: make room, by the policy in the settings; the running service does so daily by itself."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from pipelines.errors import ExitCode
from service.cli.here import require_ledger, settings_of
from service.jobs.prune import Pruned, by_kind
from service.jobs.prune import prune as prune_now
from service.jobs.tools import Tools
from service.ledger.session import make_engine
from service.queue import nudging

_UNITS = ("B", "kB", "MB", "GB", "TB")


def prune(
    *,
    dry_run: Annotated[bool, typer.Option(help="Only say what would go.")] = False,
    home: Annotated[Path | None, typer.Option(help="The service's home; without, the settings'.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, every folder by name.")] = False,
) -> None:
    """Remove what nothing needs any more.

    Deliveries and artifacts, by the settings GRAFT_KEEP_*; exit 3 when some could not go.
    """
    settings = settings_of(home)
    require_ledger(settings)
    with nudging(settings) as nudge:
        done = prune_now(Tools(settings, make_engine(settings), nudge), dry_run=dry_run)
    if as_json:
        said = asdict(done) | {"folder_bytes": done.folder_bytes}
        typer.echo(json.dumps(said, indent=1, default=lambda moment: moment.isoformat()))
    else:
        _show(done)
    raise typer.Exit(ExitCode.OUTSIDE_FAILED if done.faults else ExitCode.FINE)


def _show(done: Pruned) -> None:
    console = Console(highlight=False, soft_wrap=True)
    table = Table("what", "how many", "bytes")
    table.add_row("deliveries", str(done.deliveries), human(done.delivery_bytes))
    for kind, (count, size) in by_kind(done.folders).items():
        table.add_row(kind, str(count), human(size))
    console.print(table)
    verb = "would go" if done.dry_run else "went"
    total = human(done.folder_bytes + done.delivery_bytes)
    console.print(f"{total} {verb}; {done.kept} folders are needed or were used not long ago.", markup=False)
    for fault in done.faults:
        console.print(f"could not be removed: {fault}", style="red", markup=False)


def human(size: float) -> str:
    """Bytes for people: `1.4 GB`."""
    for unit in _UNITS[:-1]:
        if size < 1000:  # noqa: PLR2004 - as disks are sold
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} {_UNITS[-1]}"
