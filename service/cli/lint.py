"""`graft lint`: what the rules say of leaves, on this machine, before anybody else sees them."""

from enum import StrEnum
from typing import Annotated, Final

import typer

from service.cli.lint_target import lint_target
from service.cli.lint_text import say, show
from taxonomy_schema.errors import TreeError
from taxonomy_schema.findings import Severity
from taxonomy_schema.policy import HOSTS, Policy

_FINDINGS: Final = 1
_WRONG_USE: Final = 2


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


def lint(
    target: Annotated[
        str,
        typer.Argument(
            metavar="[PATH|A..B]", help="A taxonomy, what lies in one, its .graft.yaml, or two commits."
        ),
    ] = ".",
    output: Annotated[Format, typer.Option("--format", help="How findings are written.")] = Format.TEXT,
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", help="A further host that documents may come from.")
    ] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Check every leaf, also those known not to have changed.")
    ] = False,
) -> None:
    """Check leaves: their form, counts, sources and places. Of A..B: what B changed since it left A."""
    policy = Policy(hosts=(*HOSTS, *(allow_host or ())))
    try:
        linted = lint_target(target, policy, remember=not no_cache)
    except TreeError as error:
        say(str(error), error=True, fg="red")
        raise typer.Exit(_WRONG_USE) from error
    if output is Format.TEXT:
        show(linted.findings, linted.texts, linted.leaves)
    else:
        from service.cli.lint_formats import written

        text = written(output, linted)
        if text:
            typer.echo(text)
    if any(finding.severity is Severity.ERROR for finding in linted.findings):
        raise typer.Exit(_FINDINGS)
