"""`graft restore`: the ledger and the artifacts of a backup become the service's."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from service.cli.backups.paper import BackupPaper, copy_folder
from service.cli.here import settings_of
from service.errors import Misconfigured
from service.ledger import backup as ledger_backup
from service.ledger import migrations
from service.ledger.session import make_engine, session_scope
from service.settings import Settings


def restore(
    folder: Annotated[Path, typer.Argument(help="What `graft backup` wrote.")],
    *,
    home: Annotated[Path | None, typer.Option(help="The service's home; without, the settings'.")] = None,
    replace: Annotated[
        bool, typer.Option(help="Take the place of a ledger that is there: its file is moved aside.")
    ] = False,
) -> None:
    """Put a backup back, with the service stopped. Once started, the service reads from GitHub what happened since."""
    settings = settings_of(home)
    paper, aside = read(settings, folder.absolute(), replace=replace)
    console = Console(highlight=False, soft_wrap=True)
    console.print(
        f"The ledger of {paper.made_at:%Y-%m-%d %H:%M} UTC is back, at this version's tables.", markup=False
    )
    console.print(f"Artifacts: {len(paper.artifacts)}, in {settings.artifacts_folder}.", markup=False)
    if aside is not None:
        console.print(f"The ledger that was there is {aside}; remove it when all is well.", markup=False)
    console.print("Start the service: it compares itself with GitHub, and says nothing twice.")


def read(settings: Settings, folder: Path, *, replace: bool) -> tuple[BackupPaper, Path | None]:
    """Put the backup back. Returns its paper, and where a ledger that was there lies now."""
    paper = BackupPaper.load(folder)
    if paper.dialect != ledger_backup.dialect_of(settings):
        raise Misconfigured(
            f"the backup is of {paper.dialect}, the settings name {ledger_backup.dialect_of(settings)}",
            mend="Set GRAFT_DATABASE_URL to a database of that kind.",
        )
    if not migrations.knows(paper.revision):
        raise Misconfigured(
            f"the backup was made by a later version of GraftLab ({paper.graftlab}, tables {paper.revision})",
            mend="Install that version, or a later one.",
        )
    try:
        for name in paper.artifacts:
            target = settings.artifacts_folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            copy_folder(folder / "artifacts" / name, target)
    except OSError as error:
        raise ledger_backup.NotCopied(
            f"the artifacts cannot be put back: {error}",
            mend="Make room, and restore again: it goes on from there.",
        ) from error
    aside = ledger_backup.put_back(settings, folder / paper.ledger, replace=replace, now=datetime.now(UTC))
    if paper.artifacts_folder != str(settings.artifacts_folder):
        engine = make_engine(settings)
        with session_scope(engine) as session:
            ledger_backup.retarget(session, paper.artifacts_folder, str(settings.artifacts_folder))
        engine.dispose()
    return paper, aside
