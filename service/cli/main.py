"""Lists the commands, loads the one that was asked for, and turns errors into exit codes."""

import importlib
import sys
from collections.abc import Iterable

import typer
from rich.console import Console

from pipelines.errors import ExitCode, StageError
from service.errors import Misconfigured, ServiceError

COMMANDS = (
    "demo",
    "up",
    "lint",
    "explain",
    "fmt",
    "new",
    "diff",
    "completion",
    "run",
    "release",
    "doctor",
    "bench",
)
"""Each is a function of the same name in the module of the same name."""

_HELP = """Lets a community teach one language model the way open source takes patches.

Exit codes: 0 fine, 1 findings or a failed gate, 2 wrong use, 3 something outside failed."""


def build(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """The command line with these commands. Loading only the one that is asked for keeps `graft lint` instant."""
    app = typer.Typer(help=_HELP, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.callback(help=_HELP)(_nothing)
    for name in names:
        app.command(name)(getattr(importlib.import_module(f"service.cli.{name}"), name))
    return app


def _nothing() -> None:
    """With a callback, a single command keeps its name."""


def main() -> None:
    """The console script; an error is one sentence, what to do next, and an exit code."""
    asked = sys.argv[1:2]
    app = build(asked if asked and asked[0] in COMMANDS else COMMANDS)
    console = Console(stderr=True, highlight=False)
    try:
        app()
    except StageError as error:
        _say(console, error.message, error.mend)
        sys.exit(error.exit_code)
    except ServiceError as error:
        _say(console, error.message, error.mend)
        sys.exit(ExitCode.WRONG_USE if isinstance(error, Misconfigured) else ExitCode.OUTSIDE_FAILED)
    except KeyboardInterrupt:
        _say(console, "interrupted", "")
        sys.exit(130)


def _say(console: Console, message: str, mend: str) -> None:
    console.print(message, style="red", markup=False, soft_wrap=True)
    if mend:
        console.print(mend, markup=False, soft_wrap=True)
