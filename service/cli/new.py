"""`graft new`: the files of a new leaf, ready to be filled in."""

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from taxonomy_schema.errors import TaxonomyError, TreeError
from taxonomy_schema.locate import locate
from taxonomy_schema.scaffold import DEFAULT_COMMIT, DEFAULT_REPOSITORY, new_leaf, write_leaf

_WRONG_USE: Final = 2


def new(
    path: Annotated[Path, typer.Argument(help="Where: knowledge/… or compositional_skills/[grounded/]…")],
    author: Annotated[
        str, typer.Option(help="Your name on the code host.", prompt="Your name on the code host")
    ],
    repository: Annotated[
        str, typer.Option(help="Knowledge: the Git repository of the document.")
    ] = DEFAULT_REPOSITORY,
    commit: Annotated[str, typer.Option(help="Knowledge: its full commit id.")] = DEFAULT_COMMIT,
) -> None:
    """Write qna.yaml and attribution.txt of a new leaf; the path decides which kind it is."""
    try:
        root, leaf_id = locate(path)
        if not leaf_id:
            raise TreeError(
                f"{path} is the taxonomy itself. Name a new folder in it, as knowledge/science/birds."
            )
        written = write_leaf(root, new_leaf(leaf_id, author, repository=repository, commit=commit))
    except TaxonomyError as error:
        Console(stderr=True, highlight=False).print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(_WRONG_USE) from error
    for file in written:
        typer.echo(file)
    typer.echo("Replace each text that begins with “REPLACE:”, then run “graft lint” on the folder.")
