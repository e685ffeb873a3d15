"""`graft`: one file a command; this one only lists them and turns errors into exit codes."""

import sys

import typer
from rich.console import Console

from pipelines.errors import ExitCode, StageError
from service.cli.bench import bench
from service.cli.demo import demo
from service.cli.doctor import doctor
from service.cli.lint import lint
from service.cli.new import new
from service.cli.release import release
from service.cli.run import run
from service.cli.up import up
from service.errors import Misconfigured, ServiceError

_HELP = """Lets a community teach one language model the way open source takes patches.

Exit codes: 0 fine, 1 findings or a failed gate, 2 wrong use, 3 something outside failed."""

app = typer.Typer(help=_HELP, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
for command in (demo, up, lint, new, run, release, doctor, bench):
    app.command()(command)


def main() -> None:
    """The console script; an error is one sentence, what to do next, and an exit code."""
    console = Console(stderr=True, highlight=False)
    try:
        app()
    except StageError as error:
        console.print(error.message, style="red", markup=False)
        console.print(error.mend, markup=False)
        sys.exit(error.exit_code)
    except ServiceError as error:
        console.print(error.message, style="red", markup=False)
        if error.mend:
            console.print(error.mend, markup=False)
        sys.exit(ExitCode.WRONG_USE if isinstance(error, Misconfigured) else ExitCode.OUTSIDE_FAILED)
