"""`graft fmt`: writes leaves in one form, so that reviews are about what they say."""

from typing import Annotated, Final, NamedTuple

import typer

from service.cli.lint_fix import changes, print_diff
from service.cli.lint_target import apart, is_range, place_of
from service.cli.lint_text import count, plain, say
from taxonomy_schema.errors import TreeError
from taxonomy_schema.fmt import format_leaf
from taxonomy_schema.rewrite import rewrite
from taxonomy_schema.tree import read_folder

_FINDINGS: Final = 1
_WRONG_USE: Final = 2


def fmt(
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH]...", help="A taxonomy, or folders or leaves in one. [default: .]"),
    ] = None,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if something is written otherwise.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Write nothing; show what would change.")] = False,
    upgrade: Annotated[
        bool, typer.Option("--upgrade", help="Lift older leaves to the newest version where they fit it.")
    ] = False,
) -> None:
    """Write leaves in one form.

    Order of keys, indentation, block texts, width; what leaves say never changes.
    """
    try:
        done = [
            _format(target, dry=check or diff, diff=diff, upgrade=upgrade)
            for target in apart(targets or ["."])
        ]
    except TreeError as error:
        say(str(error), error=True, fg="red")
        raise typer.Exit(_WRONG_USE) from error
    changed = [path for one in done for path in one.changed]
    left_alone = [reason for one in done for reason in one.left_alone]
    leaves = sum(one.leaves for one in done)
    for reason in left_alone:
        say(f"left alone {plain(reason)}", error=True, fg="yellow")
    verb = "would be formatted" if check or diff else "formatted"
    say(f"{count(len(changed), 'file')} {verb}, of {count(leaves, 'leaf', 'leaves')}.", error=diff)
    if left_alone or (changed and (check or diff)):
        raise typer.Exit(_FINDINGS)


class _Done(NamedTuple):
    """Files that change, reasons why others were left alone, and how many leaves were looked at."""

    changed: list[str]
    left_alone: list[str]
    leaves: int


def _format(target: str, *, dry: bool, diff: bool, upgrade: bool) -> _Done:
    if is_range(target):
        raise TreeError(f"{target} names commits, which cannot be written. Name a path.")
    root, under = place_of(target)
    leaves = read_folder(root, under)
    changed: list[str] = []
    left_alone: list[str] = []
    for files in leaves.values():
        formatted = format_leaf(files, upgrade=upgrade)
        left_alone += formatted.left_alone
        for name, old, new in changes(files, formatted.files):
            path = f"{files.id}/{name}"
            changed.append(path)
            if diff:
                print_diff(path, old, new)
            else:
                say(plain(path))
            if not dry:
                rewrite(root / path, old, new)
    return _Done(changed, left_alone, len(leaves))
