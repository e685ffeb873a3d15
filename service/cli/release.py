"""`graft release`: cut a release now, as the weekly slot does; try one; go back to the one before."""

import time
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import Engine

from pipelines.errors import ExitCode
from service.cli.here import require_ledger, settings_of
from service.cli.journey.show import Show
from service.errors import Misconfigured
from service.github.connect import connect
from service.jobs.answer_input import trial_input
from service.jobs.roll_back import roll_back
from service.jobs.start_release import open_release, start_release
from service.ledger import queries
from service.ledger.queries import RunView
from service.ledger.session import make_engine, read_scope, session_scope
from service.ledger.tables import Run, RunState
from service.queue import nudging
from service.reports.trials.render import render
from service.settings import Settings

_POLL = 1.0

release = typer.Typer(invoke_without_command=True, rich_markup_mode=None)

Repository = Annotated[str, typer.Option(help="Which taxonomy, when several are served: OWNER/NAME.")]


@release.callback()
def cut(
    context: typer.Context,
    *,
    repository: Repository = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Everything up to the gate and the notes; publish nothing.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Stay until the run has ended, and say what came of it.")
    ] = False,
) -> None:
    """Queue a release of the merged leaves.

    The workers of the running service cut it. With --dry-run nothing is published, and a release asked for later uses
    what was computed. With --wait the exit code says how it ended: 0 fine, 1 the gate refused it, 3 something outside
    failed.
    """
    if context.invoked_subcommand is not None:
        return
    settings = settings_of(None)
    chosen = _chosen(settings, repository)
    require_ledger(settings)
    engine = make_engine(settings)
    with nudging(settings) as nudge, session_scope(engine, nudge) as session:
        run = start_release(
            session, connect(settings), settings, chosen, requested_by="graft release", dry_run=dry_run
        )
        # A dry run gives way to a release that is under way.
        trying = bool(run.context.get("dry_run"))
    typer.echo(f"{'dry run' if trying else 'release'} queued: {settings.public_url}/runs/{run.id}")
    if wait:
        raise typer.Exit(_stay(engine, settings, run.id))


@release.command("rollback")
def rollback(
    *,
    version: Annotated[
        str | None, typer.Argument(help="The release to withdraw: the one that is published now.")
    ] = None,
    repository: Repository = "",
    reason: Annotated[str, typer.Option(help="Why, in a sentence; it is shown on the release.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Withdraw the release that is published.

    The release before is what later runs are compared with, badges say so, and the release on GitHub is marked as
    withdrawn. Nothing is deleted. Leaves that only the withdrawn release held wait for the next one: revert a leaf
    in the taxonomy if it is at fault.
    """
    settings = settings_of(None)
    chosen = _chosen(settings, repository)
    require_ledger(settings)
    engine = make_engine(settings)
    if not yes:
        typer.confirm(f"Withdraw {version or 'the newest release'} of {chosen}?", abort=True)
    with nudging(settings) as nudge, session_scope(engine, nudge) as session:
        under_way = open_release(session, chosen)
        done = roll_back(
            session, chosen, version=version, by="an operator", reason=reason, now=datetime.now(UTC)
        )
    typer.echo(f"{done.withdrawn} is withdrawn; the reference is {done.now or 'the base model'} again.")
    for leaf in done.leaves:
        typer.echo(f"  merged, and in no release any more: {leaf}")
    if under_way is not None:
        typer.echo(
            f"Run {under_way.id} is cutting a release now, and is compared with {done.withdrawn} still."
        )


def _chosen(settings: Settings, repository: str) -> str:
    chosen = repository or (settings.repositories[0] if len(settings.repositories) == 1 else "")
    served = ", ".join(settings.repositories)
    if not served:
        raise Misconfigured(
            "no repository is served here",
            mend="Set GRAFT_REPOSITORIES, or name the service's settings with GRAFT_SETTINGS.",
        )
    if chosen not in settings.repositories:
        said = f"{chosen} is not served here" if chosen else "several repositories are served here"
        raise Misconfigured(said, mend=f"Say --repository with one of: {served}.")
    return chosen


def _stay(engine: Engine, settings: Settings, run_id: int) -> ExitCode:
    """Show the run's stages until it has ended, then what came of it."""
    show = Show(Console(highlight=False))
    while True:
        with read_scope(engine) as session:
            detail = queries.run(session, run_id)
        if detail is None:
            raise LookupError(f"run {run_id} is not in the ledger")
        for stage in detail.run.stages:
            show.stage(run_id, stage)
        if not detail.run.state.is_open:
            break
        time.sleep(_POLL)
    show.done()
    _say_ending(engine, settings, detail.run)
    endings = {RunState.SUCCEEDED: ExitCode.FINE, RunState.FAILED: ExitCode.FAILED}
    return endings.get(detail.run.state, ExitCode.OUTSIDE_FAILED)


def _say_ending(engine: Engine, settings: Settings, view: RunView) -> None:
    with read_scope(engine) as session:
        run = session.get_one(Run, view.id)
        said = render(trial_input(session, settings, run, comment_id=0)) if run.context.get("dry_run") else ""
    typer.echo(said.partition("\n")[2].strip() if said else f"{view.state}: {view.ending}")
