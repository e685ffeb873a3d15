"""`graft diff A..B`: which leaves a branch adds, changes, moves and removes, and what changed inside them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from service.cli.lint_target import commits_of
from service.cli.lint_text import colour, count, plain, say
from taxonomy_schema.difference import FieldChange, LeafDifference, difference
from taxonomy_schema.errors import TreeError
from taxonomy_schema.rule import quoted

_WRONG_USE: Final = 2
_SIGNS: Final = {"added": "+", "removed": "-", "changed": "~", "moved": ">"}
_COLOURS: Final = {"added": "green", "removed": "red", "changed": "yellow", "moved": "cyan"}


def diff(
    commits: Annotated[
        str, typer.Argument(metavar="A..B", help="Two commits: what B did since it left A.")
    ] = "main..HEAD",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
    repository: Annotated[Path, typer.Option("--repository", "-C", help="The taxonomy's clone.")] = Path(),
) -> None:
    """Say what changed between two commits.

    Leaf by leaf: seeds, document, attribution.
    """
    if ".." not in commits:
        say(f"{commits} is no range of commits. Name two, as main..HEAD.", error=True, fg="red")
        raise typer.Exit(_WRONG_USE)
    try:
        leaves = difference(repository, *commits_of(commits))
    except TreeError as error:
        say(str(error), error=True, fg="red")
        raise typer.Exit(_WRONG_USE) from error
    if as_json:
        told = {"version": 1, "leaves": [leaf.to_dict() for leaf in leaves]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for leaf in leaves:
        for line in _lines(leaf):
            typer.echo(line, color=colour())
    by_status = [f"{sum(leaf.change.status == status for leaf in leaves)} {status}" for status in _SIGNS]
    say(f"{count(len(leaves), 'leaf', 'leaves')}: {', '.join(by_status)}.")


def _lines(leaf: LeafDifference) -> Iterator[str]:
    change = leaf.change
    head = typer.style(f"{_SIGNS[change.status]} {change.status:<7}", fg=_COLOURS[change.status], bold=True)
    moved = f" (was {plain(change.old_id)})" if change.old_id else ""
    yield f"{head} {typer.style(plain(change.id), bold=True)}{moved}"
    if leaf.unreadable:
        yield "    has not the format on one side, so that nothing is known of its seeds; see “graft lint”"
    elif change.status in ("added", "removed"):
        yield f"    {leaf.kind or 'leaf'} with {count(leaf.seed_count, 'seed')}"
    elif leaf.form_only:
        yield "    only how it is written, not what it says"
    if change.status not in ("added", "removed"):
        for seed in leaf.seeds:
            sign = typer.style(_SIGNS[seed.status], fg=_COLOURS[seed.status])
            parts = f" ({' and '.join(seed.parts)})" if seed.parts else ""
            yield f"    {sign} seed {quoted(seed.question)}{parts}"
        for field in leaf.fields:
            yield f"    ~ {_field(field)}"
        for field in leaf.attribution:
            yield f"    ~ attribution: {_field(field)}"


def _field(field: FieldChange) -> str:
    old, new = ("nothing" if value is None else quoted(value) for value in (field.old, field.new))
    return f"{plain(field.name)}: {old} -> {new}"
