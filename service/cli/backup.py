"""`graft backup`: a copy of what cannot be computed again, made while the service runs."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from service.cli.backups.paper import FILE, BackupPaper, copy_folder, sha256
from service.cli.here import require_ledger, settings_of
from service.errors import Misconfigured
from service.jobs.artifact_folders import tail
from service.ledger import backup as ledger_backup
from service.ledger import migrations, retention
from service.ledger.session import make_engine, read_scope
from service.settings import Settings


def backup(
    folder: Annotated[Path, typer.Argument(help="Where to: a folder that is not there yet, or is empty.")],
    *,
    home: Annotated[Path | None, typer.Option(help="The service's home; without, the settings'.")] = None,
    artifacts: Annotated[
        bool, typer.Option(help="Also what was released (GRAFT_KEEP_RELEASES), and the papers behind badges.")
    ] = True,
) -> None:
    """Copy what cannot be computed again.

    The ledger and the released artifacts; `graft restore` brings them back. Keys and secrets are not in it.
    """
    settings = settings_of(home)
    require_ledger(settings)
    if folder.exists() and any(folder.iterdir()):
        raise Misconfigured(f"{folder} is not empty", mend="Name a new folder for each backup.")
    paper = write(settings, folder.absolute(), artifacts=artifacts)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{folder}: the ledger, and {len(paper.artifacts)} artifacts.", markup=False)
    console.print("The App's key, the settings and prepared models are kept elsewhere (docs/operating.md).")


def write(settings: Settings, folder: Path, *, artifacts: bool) -> BackupPaper:
    """Make the backup. Its paper is written last."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        ledger = ledger_backup.copy(settings, folder)
        copied = _copy_artifacts(settings, folder, _chosen(settings) if artifacts else ())
        paper = BackupPaper(
            made_at=datetime.now(UTC),
            graftlab=version("graftlab"),
            revision=migrations.newest(),
            dialect=ledger_backup.dialect_of(settings),
            ledger=ledger.name,
            ledger_sha256=sha256(ledger),
            artifacts_folder=str(settings.artifacts_folder),
            artifacts=copied,
        )
        half = folder / f".{FILE}"
        half.write_text(paper.model_dump_json(indent=1))
        with half.open("rb") as written:
            os.fsync(written.fileno())
        half.rename(folder / FILE)
    except OSError as error:
        raise ledger_backup.NotCopied(
            f"the backup cannot be written: {error}", mend="Remove the folder, make room, and try again."
        ) from error
    return paper


def _chosen(settings: Settings) -> set[str]:
    engine = make_engine(settings)
    try:
        with read_scope(engine) as session:
            return retention.lasting(session, releases=settings.keep_releases)
    finally:
        engine.dispose()


def _copy_artifacts(settings: Settings, folder: Path, chosen: Iterable[str]) -> tuple[str, ...]:
    copied = []
    for name in sorted({tail(path) for path in chosen}):
        source = settings.artifacts_folder / name
        if source.is_dir():  # else it was removed, and with it what it held
            target = folder / "artifacts" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            copy_folder(source, target)
            copied.append(name)
    return tuple(copied)
