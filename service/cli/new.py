"""`graft new`: the files of a new leaf, ready to be filled in. What is not said by flags is asked for."""

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from service.cli.lint_text import say
from taxonomy_schema.errors import ScaffoldError, TaxonomyError, TreeError
from taxonomy_schema.kinds import ROOTS
from taxonomy_schema.locate import locate
from taxonomy_schema.scaffold import DEFAULT_COMMIT, DEFAULT_REPOSITORY, kind_of, new_leaf, write_leaf

_WRONG_USE: Final = 2
_COMMIT_DIGITS: Final = 40


class LeafKind(StrEnum):
    """What a leaf teaches, as the shell names it, with the folder that such leaves live in."""

    KNOWLEDGE = "knowledge"
    GROUNDED = "grounded"
    FREEFORM = "freeform"

    @property
    def folder(self) -> str:
        return {"knowledge": "knowledge", "grounded": "compositional_skills/grounded"}.get(
            self, "compositional_skills"
        )


def new(
    path: Annotated[
        Path | None,
        typer.Argument(
            help="Where: knowledge/… or compositional_skills/[grounded/]…, or with --kind below that."
        ),
    ] = None,
    author: Annotated[str, typer.Option(help="Your name on the code host.")] = "",
    kind: Annotated[
        LeafKind | None, typer.Option(help="What it teaches; only needed where the path does not say it.")
    ] = None,
    repository: Annotated[str, typer.Option(help="Knowledge: the Git repository of the document.")] = "",
    commit: Annotated[str, typer.Option(help="Knowledge: its full commit id.")] = "",
) -> None:
    """Write the two files of a new leaf.

    They are qna.yaml and attribution.txt; the path decides which kind it is. Asks what is missing.
    """
    try:
        where = _where(path, kind)
        root, leaf_id = locate(where)
        if not leaf_id:
            raise TreeError(
                f"{where} is the taxonomy itself. Name a new folder in it, as knowledge/science/birds."
            )
        author = author or _asked("Your name on the code host", "--author")
        if kind_of(leaf_id).is_knowledge:
            repository = repository or _asked_or(
                "The document's Git repository (https://…)", DEFAULT_REPOSITORY
            )
            commit = commit or _asked_or("Its full commit id (40 digits)", DEFAULT_COMMIT, _full_commit)
        leaf = new_leaf(
            leaf_id, author, repository=repository or DEFAULT_REPOSITORY, commit=commit or DEFAULT_COMMIT
        )
        written = write_leaf(root, leaf)
    except TaxonomyError as error:
        say(str(error), error=True, fg="red")
        raise typer.Exit(_WRONG_USE) from error
    for file in written:
        typer.echo(file)
    typer.echo("Replace each text that begins with “REPLACE:”, then run “graft lint” on the folder.")


def is_somebody_there() -> bool:
    return sys.stdin.isatty()


def _where(path: Path | None, kind: LeafKind | None) -> Path:
    """The new leaf's folder; a path that names no root lies below the folder of its kind."""
    if path is None:
        if kind is None:
            choice = _asked("What does it teach: knowledge, grounded or freeform", "PATH or --kind", _kind)
            kind = LeafKind(choice)
        path = Path(_asked(f"Where, below {kind.folder}/ (as science/birds)", "PATH").strip("/"))
    if kind is not None and not path.is_absolute() and path.parts[:1] and path.parts[0] not in ROOTS:
        path = Path(kind.folder) / path
    return path


def _asked(question: str, flag: str, check: Callable[[str], str] = str) -> str:
    """What somebody at the terminal answers; where nobody is, the flag is missing."""
    if not is_somebody_there():
        raise ScaffoldError(
            f"Nobody is here to be asked. Say {flag}; “graft new --help” lists what can be said."
        )
    answer: str = typer.prompt(question, value_proc=lambda said: check(said.strip()), err=True)
    return answer


def _asked_or(question: str, otherwise: str, check: Callable[[str], str] = str) -> str:
    """The answer, or a text to be replaced later where nobody is asked, or nobody knows yet."""
    if not is_somebody_there():
        return otherwise
    answer: str = typer.prompt(
        f"{question}; Enter to write it later", default=otherwise, show_default=False,
        value_proc=lambda said: said if said == otherwise else check(said.strip()), err=True,
    )  # fmt: skip
    return answer


def _kind(said: str) -> str:
    names = [kind.value for kind in LeafKind]
    near = [name for name in names if said and name.startswith(said.lower())]
    if len(near) != 1:
        raise typer.BadParameter(f"One of {', '.join(names)}.")
    return near[0]


def _full_commit(said: str) -> str:
    digits = said.lower()
    if len(digits) != _COMMIT_DIGITS or set(digits) - set("0123456789abcdef"):
        raise typer.BadParameter("Write the 40 digits that “git rev-parse HEAD” prints in that repository.")
    return digits
