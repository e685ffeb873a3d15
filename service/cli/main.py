"""Lists the commands, loads the one that was asked for, and turns errors into exit codes."""

import gc
import importlib
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    import typer

COMMANDS = (
    "demo",
    "up",
    "lint",
    "explain",
    "fmt",
    "new",
    "diff",
    "completion",
    "preview",
    "run",
    "release",
    "deliveries",
    "app",
    "prune",
    "backup",
    "restore",
    "doctor",
    "bench",
)
"""Each is a function (or, with commands below it, a Typer) of the same name in the module of the same name."""

_HELP = """Lets a community teach one language model the way open source takes patches.

Exit codes: 0 fine, 1 findings or a failed gate, 2 wrong use, 3 something outside failed."""

_SELDOM: Final = 50_000
"""Objects made between two searches for cycles. Python's 700 are so few that loading the rules pays for dozens."""


def build(names: Iterable[str] = COMMANDS) -> "typer.Typer":
    """The command line with these commands; only what is asked for is loaded."""
    import typer

    app = typer.Typer(help=_HELP, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.callback(help=_HELP)(_nothing)
    for name in names:
        command = getattr(importlib.import_module(f"service.cli.{name}"), name)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app


def _nothing() -> None:
    """With a callback, a single command keeps its name."""


def main() -> None:
    """The console script; an error is one sentence, what to do next, and an exit code."""
    if _plain_lint(sys.argv[1:]):
        _lint(*sys.argv[2:])
    asked = sys.argv[1:2]
    try:
        # Here already: some commands read settings while they are loaded, and one may be wrong.
        app = build(asked if asked and asked[0] in COMMANDS else COMMANDS)
        app()
    except Exception as error:
        exit_code = _tell(error)
        if exit_code is None:
            raise
        sys.exit(exit_code)
    except KeyboardInterrupt:
        _say("interrupted", "")
        sys.exit(130)


def _plain_lint(words: list[str]) -> bool:
    """`graft lint` or `graft lint TARGET`: asked so often, by hand and by editors, that it waits for no parser."""
    return words[:1] == ["lint"] and len(words) <= 2 and not any(word.startswith("-") for word in words)  # noqa: PLR2004


def _lint(*target: str) -> NoReturn:
    """The lint that waits for nothing: it neither looks for cycles while the rules are loaded, nor frees at its end,
    one by one, what the process leaves behind as a whole.
    """
    gc.set_threshold(_SELDOM)
    from service.cli.lint_plain import lint_plain

    exit_code = lint_plain(*target)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)


def _tell(error: Exception) -> int | None:
    """Say an error of ours and give its exit code; None for one that is a bug. What it takes is loaded only now."""
    from pipelines.errors import ExitCode, StageError
    from service.errors import Misconfigured, Refusal, ServiceError

    if isinstance(error, StageError):
        _say(error.message, error.mend)
        return error.exit_code
    if isinstance(error, ServiceError):
        _say(error.message, error.mend)
        return ExitCode.WRONG_USE if isinstance(error, Misconfigured | Refusal) else ExitCode.OUTSIDE_FAILED
    return None


def _say(message: str, mend: str) -> None:
    import typer

    typer.secho(message, fg="red", err=True)
    if mend:
        typer.echo(mend, err=True)
