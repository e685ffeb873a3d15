"""`graft lint`: what the rules say of leaves, on this machine, before anybody else sees them."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from service.cli.lint_target import Linted, LintOptions, apart, lint_targets
from service.cli.lint_text import errors_among, plain, say, show
from taxonomy_schema.errors import TaxonomyError

_FINDINGS: Final = 1
_WRONG_USE: Final = 2


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


def lint(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH|A..B]...",
            help="A taxonomy, what lies in one, its .graft.yaml, or two commits. [default: .]",
        ),
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How findings are written.")] = Format.TEXT,
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", help="A further host that documents may come from.")
    ] = None,
    benchmarks: Annotated[
        Path | None,
        typer.Option(
            help="A folder of benchmarks (as of MMLU, GSM8K, HumanEval) whose questions no leaf may teach.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    documents: Annotated[
        Path | None,
        typer.Option(
            help="A clone of a document's repository, or a folder of such, to hold knowledge leaves against.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    *,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Check every leaf, also those known not to have changed.")
    ] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what can be mended safely, then check what is left.")
    ] = False,
    diff: Annotated[
        bool,
        typer.Option("--diff", "--dry-run", help="Show what --fix would change, and write nothing."),
    ] = False,
) -> None:
    """Check leaves: their form, counts, sources and places. Of A..B: what B changed since it left A."""
    options = LintOptions(
        tuple(allow_host or ()), remember=not no_cache, benchmarks=benchmarks, documents=documents
    )
    try:
        if diff:
            _show_diff(targets or ["."], options)
            return
        if fix:
            _fix(targets or ["."], options, quiet=output is not Format.TEXT)
        linted = lint_targets(targets or ["."], options)
    except TaxonomyError as error:
        say(str(error), error=True, fg="red")
        raise typer.Exit(_WRONG_USE) from error
    _say_found(linted, output)
    if errors_among(linted.findings):
        raise typer.Exit(_FINDINGS)


def _say_found(linted: Linted, output: Format) -> None:
    if output is Format.TEXT:
        show(linted.findings, linted.texts, linted.leaves)
        return
    from service.cli.lint_formats import written

    text = written(output, linted)
    if text:
        typer.echo(text)


def _fix(targets: list[str], options: LintOptions, *, quiet: bool) -> None:
    """What was mended is said on standard output, or beside it where that holds what a program reads."""
    from service.cli.lint_fix import fix

    done = [sentence for target in apart(targets) for sentence in fix(target, options.hosts)]
    for sentence in done:
        say(f"mended {plain(sentence)}", fg="green", error=quiet)
    if not done:
        say("Nothing to mend.", error=quiet)


def _show_diff(targets: list[str], options: LintOptions) -> None:
    """Exits 1 if there is something to change, as other tools do, so that a job can ask."""
    from service.cli.lint_fix import show_diff

    shown = [show_diff(target, options.hosts) for target in apart(targets)]
    if any(shown):
        raise typer.Exit(_FINDINGS)
    say("Nothing to mend.", error=True)
