"""`graft doctor`: is each real part here, and if not, what to do."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from pipelines.errors import ExitCode
from service.cli.checkup.part import Found, Part, State, examine
from service.cli.here import settings_of
from service.errors import Misconfigured
from service.settings import Settings

_COLOURS: Final = {State.OK: "green", State.NOTE: "yellow", State.MISSING: "red"}


def doctor(
    *,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only what each process needs: no GitHub, no workers, no engines.")
    ] = False,
    engines: Annotated[
        bool, typer.Option(help="Also import the engines, which takes half a minute, and ask the teacher.")
    ] = True,
    home: Annotated[Path | None, typer.Option(help="The service's home; without, the settings'.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Check each real part of the service.

    What is missing is named, with the way to mend it; exit 3 when something is.
    """
    console = Console(highlight=False, soft_wrap=True)
    found = []
    for one in _examined(home, quick=quick, engines=engines):
        found.append(one)
        if not as_json:
            _show(console, one)
    healthy = all(one.state is not State.MISSING for one in found)
    if as_json:
        typer.echo(json.dumps({"healthy": healthy, "parts": [asdict(one) for one in found]}, indent=1))
    raise typer.Exit(ExitCode.FINE if healthy else ExitCode.OUTSIDE_FAILED)


def _examined(home: Path | None, *, quick: bool, engines: bool) -> Iterator[Found]:
    """One after the other, as they are found. Without settings nothing else can be looked at."""
    try:
        settings = settings_of(home)
    except Misconfigured as error:
        yield Found("settings", State.MISSING, error.message, error.mend)
        return
    served = ", ".join(settings.repositories) or "no repository yet"
    yield Found("settings", State.OK, f"home {settings.home}, serves {served}")
    for part in _parts(settings, quick=quick, engines=engines):
        yield examine(part)


def _parts(settings: Settings, *, quick: bool, engines: bool) -> list[Part]:
    # Loaded only now: what they reach reads the settings, and a fault in those is the first finding.
    from service.cli.checkup import at_github, machine, stores

    chosen = [*machine.parts(settings), *stores.parts(settings)]
    if quick:
        return chosen
    chosen += [*at_github.parts(settings), *stores.workers(settings)]
    return [*chosen, *machine.engines(settings)] if engines else chosen


def _show(console: Console, one: Found) -> None:
    console.print(f"[{_COLOURS[one.state]}]{one.state.value:8}[/]", end="")
    console.print(f"{one.name:16} {one.said}", markup=False)
    if one.state is not State.OK and one.mend:
        console.print(f"{'':24} {one.mend}", markup=False)
