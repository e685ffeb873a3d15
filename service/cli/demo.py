"""`graft demo`: the whole journey on this machine."""

import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from pipelines.errors import WrongUse
from pipelines.recipe import load_recipe
from service.cli.journey.leaf import NewLeaf
from service.cli.journey.report import JourneyReport
from service.cli.journey.show import Show
from service.cli.journey.steps import Journey
from service.cli.journey.summary import summarise
from service.cli.journey.watch import Ledger
from service.cli.journey.world import access, start_from, start_sample
from service.cli.run import parse_mirrors
from service.cli.stack import Stack, StackOptions
from service.github.standin.driver import StandIn
from service.github.standin.seed import KNOWLEDGE_CONTRIBUTION, SKILL_CONTRIBUTION
from service.ledger.queries import RunView
from service.ledger.tables import StageState


@dataclass(frozen=True)
class DemoOptions:
    """What `walk` needs to know; `home` keeps artifacts and models from one demo to the next."""

    home: Path
    recipe: str = "laptop"
    taxonomy: Path | None = None
    leaf: str = "knowledge"
    mirrors: tuple[str, ...] = ()
    keep: bool = False
    kill_in: tuple[str, ...] = ()
    database_url: str = ""
    lease_seconds: float = 15.0
    before_merge: Callable[[Journey], None] = lambda _journey: None


def demo(
    *,
    home: Annotated[Path, typer.Option(help="Keeps artifacts and models for the next time.")] = Path(
        ".graft-demo"
    ),
    recipe: Annotated[
        str, typer.Option(help="A shipped recipe (laptop, scripted, node) or a YAML file.")
    ] = "laptop",
    taxonomy: Annotated[
        Path | None, typer.Option(help="A real taxonomy to use in place of the sample.")
    ] = None,
    leaf: Annotated[
        str, typer.Option(help="Its leaf to open as pull request; of the sample: knowledge or skill.")
    ] = "knowledge",
    mirror: Annotated[list[str] | None, typer.Option(help="URL=REPO: read documents from REPO.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write a report as JSON.")] = None,
    keep: Annotated[bool, typer.Option(help="Leave everything running until Ctrl-C.")] = False,
    kill_gpu_worker_in: Annotated[
        str, typer.Option(help="Kill the GPU worker in these stages: generate,train.")
    ] = "",
) -> None:
    """Walk the whole journey on this machine.

    A leaf becomes a pull request, a comment with deltas, a release and a badge, with real engines.
    """
    console = Console(highlight=False)
    options = DemoOptions(
        home=home.resolve(),
        recipe=recipe,
        taxonomy=taxonomy,
        leaf=leaf,
        mirrors=tuple(mirror or ()),
        keep=keep,
        kill_in=tuple(name for name in kill_gpu_worker_in.split(",") if name),
    )
    result = walk(options, console)
    if report is not None:
        report.write_text(result.model_dump_json(indent=1) + "\n")
        console.print(f"report: {report}")


def walk(options: DemoOptions, console: Console) -> JourneyReport:
    """Bring the stack up, walk the journey, take everything down again."""
    _check(options)
    signal.signal(signal.SIGTERM, _interrupt)
    show = Show(console)
    began = time.monotonic()
    with running(options, show) as (stack, standin, ledger):
        killer = WorkerKiller(stack, show, list(options.kill_in))
        leaf = _leaf(options, standin)
        scratch = stack.options.home
        journey = Journey(
            stack,
            standin,
            ledger,
            leaf,
            show,
            scratch=scratch,
            on_stage=killer.look,
            before_merge=options.before_merge,
        )
        walked = journey.walk()
        result = summarise(journey, walked, seconds=time.monotonic() - began)
        _say(result, show)
        if options.keep:
            show.step(f"Everything stays up until Ctrl-C: {stack.web_url} and {standin.base_url}")
            _stay(stack)
    return result


def _check(options: DemoOptions) -> None:
    """Raises WrongUse for what would only fail minutes later."""
    load_recipe(options.recipe)
    unknown = set(options.kill_in) - _ON_ACCELERATORS
    if unknown:
        raise WrongUse(
            "no_such_stage",
            f"the GPU worker does no stage {min(unknown)!r}",
            mend=f"--kill-gpu-worker-in takes {', '.join(sorted(_ON_ACCELERATORS))}, separated by commas.",
        )
    if options.taxonomy is None:
        if options.leaf not in _SAMPLES:
            raise WrongUse(
                "no_taxonomy", f"--leaf {options.leaf} needs a taxonomy", mend="Give --taxonomy DIR too."
            )
    elif not (options.taxonomy / options.leaf / "qna.yaml").is_file():
        raise WrongUse(
            "no_such_leaf",
            f"{options.taxonomy} holds no leaf {options.leaf!r}",
            mend="Give --leaf the path of a folder with a qna.yaml, within --taxonomy.",
        )


@contextmanager
def running(options: DemoOptions, show: Show) -> Iterator[tuple[Stack, StandIn, Ledger]]:
    """The service, a GitHub for it and a view of its ledger, all new; artifacts and models stay from before."""
    world_home = options.home / "world"
    shutil.rmtree(world_home, ignore_errors=True)
    world_home.mkdir(parents=True)
    stack = Stack(_stack_options(options, world_home))
    standin: StandIn | None = None
    try:
        show.step("0. Everything starts")
        standin = _stand_in(options, stack)
        settings = stack.start(access(standin), say=show.note)
        show.note(f"GitHub         {standin.base_url}/{standin.seeded.repository}   (the stand-in)")
        show.note(f"GraftLab       {stack.web_url}")
        with Ledger(settings) as ledger:
            yield stack, standin, ledger
    finally:
        show.done()
        stack.stop()
        if standin is not None:
            standin.stop()


_ON_ACCELERATORS = {"generate", "train", "evaluate"}
_SAMPLES = {"knowledge": KNOWLEDGE_CONTRIBUTION, "skill": SKILL_CONTRIBUTION}


@dataclass
class WorkerKiller:
    """Kills the GPU worker once in each named stage, when it has got somewhere: nothing may be lost by it."""

    stack: Stack
    show: Show
    stages: list[str]

    def look(self, run: RunView) -> None:
        for stage in run.stages:
            if stage.name in self.stages and stage.state is StageState.RUNNING and stage.share > 0:
                self.stages.remove(stage.name)
                self.show.note(f"! the GPU worker is killed in the middle of {stage.name}")
                self.stack.supervisor.kill("worker-gpu")


def _stack_options(options: DemoOptions, world_home: Path) -> StackOptions:
    return StackOptions(
        home=world_home,
        shared=options.home,
        recipe=options.recipe,
        mirrors=parse_mirrors(list(options.mirrors)),
        database_url=options.database_url,
        write_interval=0.0,  # the stand-in asks for no pause between writes
        lease_seconds=options.lease_seconds,
        heartbeat_seconds=options.lease_seconds / 5,
        sweep_seconds=5.0,
    )


def _stand_in(options: DemoOptions, stack: Stack) -> StandIn:
    home = stack.options.home / "stand-in"
    if options.taxonomy is None:
        return start_sample(home, stack)
    return start_from(home, stack, taxonomy=options.taxonomy, without=options.leaf)


def _leaf(options: DemoOptions, standin: StandIn) -> NewLeaf:
    contributions = standin.seeded.contributions
    leaf_id = _SAMPLES[options.leaf] if options.taxonomy is None else next(iter(contributions))
    return NewLeaf(leaf_id, contributions[leaf_id])


def _say(result: JourneyReport, show: Show) -> None:
    show.step(
        f"The journey took {result.journey_seconds:.0f} s, {result.engine_seconds:.0f} s of them in the engines."
    )
    for stage in result.stages:
        how = "reused, computed nothing" if stage.reused else f"{stage.seconds:6.1f} s"
        show.note(f"{stage.run:9} {stage.name:9} {stage.subject:10} {how}")
    if result.reused_stages:
        show.note(
            f"{result.reused_stages} of {len(result.stages)} stages had an unchanged inputs key and were not run."
        )


def _stay(stack: Stack) -> None:
    try:
        while True:
            stack.tick()
            time.sleep(0.5)
    except KeyboardInterrupt:
        return


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
