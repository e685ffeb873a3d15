"""`graft run`: carry out the stages of a run here, without the service; also how a report is reproduced."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipelines.errors import BadContribution, OutsideFailed, StageError, WrongUse
from pipelines.plan import (
    Finished,
    PlannedStage,
    RunContext,
    StageKey,
    build_spec,
    run_directory,
    stages_in,
    stages_of,
)
from pipelines.recipe import load_recipe
from pipelines.runs import Place, RunDir
from taxonomy_schema.errors import TreeError
from taxonomy_schema.gitio import resolve

_FAILURES: dict[int, type[StageError]] = {1: BadContribution, 2: WrongUse}


def run(
    stage: Annotated[
        str, typer.Argument(help="How far to go: collect, generate, mix, train, evaluate or compare.")
    ],
    *,
    taxonomy: Annotated[Path, typer.Option(help="A clone of the taxonomy that holds both commits.")] = Path(),
    head: Annotated[str, typer.Option(help="The contribution's commit.")] = "HEAD",
    base: Annotated[str, typer.Option(help="What it is compared with.")] = "HEAD~1",
    recipe: Annotated[
        str, typer.Option(help="A shipped recipe (laptop, scripted, node) or a YAML file.")
    ] = "laptop",
    home: Annotated[Path, typer.Option(help="Where artifacts and models are kept.")] = Path(".graft"),
    mirror: Annotated[list[str] | None, typer.Option(help="URL=REPO: read documents from REPO.")] = None,
) -> None:
    """Carry out stages here, without a service.

    Those of an evaluate run, up to STAGE; what is there already is used again.
    """
    names = [planned.name for planned in stages_of("evaluate")]
    if stage not in names:
        raise WrongUse(
            "no_such_stage",
            f"there is no stage {stage!r}",
            mend=f"One of: {', '.join(dict.fromkeys(names))}.",
        )
    mirrors = parse_mirrors(mirror or [])
    context = RunContext(
        kind="evaluate",
        recipe=load_recipe(recipe).with_mirrors(mirrors),
        commit=commit_of(taxonomy, head),
        base_commit=commit_of(taxonomy, base),
    )
    carry_out_run(
        context, up_to=stage, taxonomy=taxonomy, home=home, mirrors=mirrors, console=Console(highlight=False)
    )


def carry_out_run(
    context: RunContext,
    *,
    up_to: str = "",
    taxonomy: Path,
    home: Path,
    mirrors: dict[str, str],
    console: Console,
) -> dict[StageKey, Finished]:
    """Every stage of the run, or those up to the last one of that name; raises StageError at the first that fails."""
    shared = home.resolve()
    place = Place(
        models=shared / "models",
        leaves=shared / "artifacts" / "leaves",
        taxonomy=taxonomy.resolve(),
        mirrors=mirrors,
    )
    stages = stages_in(context)
    last = max(
        (index for index, planned in enumerate(stages) if planned.name == up_to), default=len(stages) - 1
    )
    finished: dict[StageKey, Finished] = {}
    for planned in stages[: last + 1]:
        finished[planned.key] = _carry_out(
            planned, context, finished, place=place, artifacts=shared / "artifacts", console=console
        )
    return finished


def parse_mirrors(words: list[str]) -> dict[str, str]:
    """`URL=REPO` -> {URL: absolute path or URL}; raises WrongUse for another form."""
    mirrors: dict[str, str] = {}
    for word in words:
        url, separator, target = word.partition("=")
        if not (separator and url and target):
            raise WrongUse(
                "bad_mirror", f"--mirror {word!r} is not URL=REPO", mend="Write --mirror https://...=PATH."
            )
        mirrors[url] = target if "://" in target else str(Path(target).resolve())
    return mirrors


def commit_of(repository: Path, name: str) -> str:
    """The full id of a commit; raises WrongUse when it, or the repository, is not there."""
    try:
        return resolve(repository, name)
    except TreeError as error:
        said, _, mend = str(error).partition(". ")
        raise WrongUse("no_such_commit", said, mend=mend) from error


def _carry_out(
    planned: PlannedStage,
    context: RunContext,
    finished: dict[StageKey, Finished],
    *,
    place: Place,
    artifacts: Path,
    console: Console,
) -> Finished:
    spec = build_spec(planned, context, finished)
    run_dir = RunDir.create(run_directory(artifacts, spec), spec, place)
    title = f"{planned.name} {planned.subject}".strip()
    if run_dir.finished:
        console.print(f"{title:22} reused    {run_dir.path}", soft_wrap=True)
    else:
        console.print(f"{title:22} running   {run_dir.path}", soft_wrap=True)
        argv = [sys.executable, "-m", "pipelines", planned.name, str(run_dir.path)]
        code = subprocess.run(argv, env=os.environ | {"HF_HUB_OFFLINE": "1"}, check=False).returncode
        if code:
            raise _failure(run_dir, title, code)
        console.print(f"{title:22} finished  in {run_dir.manifest().seconds:.1f} s", soft_wrap=True)
    return Finished(path=run_dir.path, manifest=run_dir.manifest())


def _failure(run_dir: RunDir, title: str, code: int) -> StageError:
    failure = run_dir.failure()
    kind = _FAILURES.get(code, OutsideFailed)
    if failure is None:
        return kind(
            "died",
            f"{title} ended with status {code}",
            mend=f"Its work is kept in {run_dir.path}; run again.",
        )
    return kind(failure.code, f"{title}: {failure.message}", mend=failure.mend)
