"""`graft preview`: a few samples of a leaf on this machine, as an evaluation would write them, without the service."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from pipelines.errors import WrongUse
from pipelines.plan import RunContext
from pipelines.recipe import load_recipe
from pipelines.trials import LeafPreview, Preview
from service.cli.run import carry_out_run, commit_of, parse_mirrors
from taxonomy_schema.errors import TreeError
from taxonomy_schema.locate import locate


def preview(
    leaf: Annotated[
        Path | None,
        typer.Argument(help="A leaf's folder; without it, all leaves that the commit adds or changes."),
    ] = None,
    *,
    taxonomy: Annotated[Path, typer.Option(help="A clone of the taxonomy that holds both commits.")] = Path(),
    head: Annotated[str, typer.Option(help="The commit that holds the leaf.")] = "HEAD",
    base: Annotated[
        str, typer.Option(help="What it is compared with, to see which leaves are new.")
    ] = "HEAD~1",
    recipe: Annotated[
        str, typer.Option(help="A shipped recipe (laptop, scripted, node) or a YAML file.")
    ] = "laptop",
    samples: Annotated[
        int | None,
        typer.Option(min=1, max=100, help="How many to ask for, a leaf; else what the recipe says."),
    ] = None,
    home: Annotated[Path, typer.Option(help="Where artifacts and models are kept.")] = Path(".graft"),
    mirror: Annotated[list[str] | None, typer.Option(help="URL=REPO: read documents from REPO.")] = None,
) -> None:
    """Write a few samples of new leaves.

    Of those that a commit adds or changes; the judge's reasons are shown. It works on what is committed. A leaf that
    was previewed and has not changed is not written again.
    """
    mirrors = parse_mirrors(mirror or [])
    chosen = load_recipe(recipe).with_mirrors(mirrors)
    if samples is not None:
        small = chosen.preview.model_copy(update={"samples_per_leaf": samples})
        chosen = chosen.model_copy(update={"preview": small})
    context = RunContext(
        kind="preview",
        recipe=chosen,
        commit=commit_of(taxonomy, head),
        base_commit=commit_of(taxonomy, base),
        leaf=_leaf_id(taxonomy, leaf),
    )
    console = Console(highlight=False)
    finished = carry_out_run(context, taxonomy=taxonomy, home=home, mirrors=mirrors, console=console)
    for found in Preview.load(finished["generate", "preview"].path).leaves:
        _show(found, console)


def _leaf_id(taxonomy: Path, leaf: Path | None) -> str | None:
    """The leaf's path in the tree, from where the caller stands or as it is named in the tree."""
    if leaf is None:
        return None
    if leaf.exists():
        try:
            return locate(leaf)[1] or None
        except TreeError as error:
            raise WrongUse("no_such_leaf", str(error), mend="Name a leaf's folder.") from error
    if (taxonomy / leaf).exists():
        return Path(os.path.normpath(leaf)).as_posix()
    raise WrongUse("no_such_leaf", f"{leaf} is not there", mend="Name a leaf's folder, or leave it out.")


def _show(leaf: LeafPreview, console: Console) -> None:
    asked = len(leaf.kept) + len(leaf.dropped)
    again = ", from an earlier preview" if leaf.reused else ""
    console.print(
        Text(f"\n{leaf.leaf_id}: {len(leaf.kept)} of {asked} kept{again}", style="bold"), soft_wrap=True
    )
    for sample in leaf.kept:
        reason = f": {sample.judgement.reason}" if sample.judgement.reason else ""
        note = f"judged {sample.judgement.score:g}{reason}"
        _sample(console, sample.question, sample.answer, note, kept=True)
    for dropped in leaf.dropped:
        _sample(console, dropped.question, dropped.answer, dropped.reason.replace(":", ": ", 1), kept=False)


def _sample(console: Console, question: str, answer: str, note: str, *, kept: bool) -> None:
    """Texts of models and contributors: shown, never read as markup."""
    text = Text()
    text.append("✓ " if kept else "✗ ", style="green" if kept else "red")
    text.append(f"{_plain(question)}\n" if question else "")
    text.append(f"  {_plain(answer) or '(nothing)'}\n")
    text.append(f"  {_plain(note)}", style="dim")
    console.print(Padding(text, (0, 0, 1, 2)), soft_wrap=True)


def _plain(text: str) -> str:
    """One line; control characters, which a terminal would obey, become spaces."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
