"""A copy of the ledger while it is in use, and the way back.

SQLite is copied by its own online backup: one consistent state, whoever writes meanwhile. PostgreSQL is dumped and
restored by its own tools, which must be of the server's version or newer; passwords reach them in the environment.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import func, inspect, literal, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from service.errors import Misconfigured, ServiceError
from service.ledger import migrations
from service.ledger.session import make_engine, read_scope
from service.ledger.tables import Lock, Release, Run, RunState, Stage, StageState
from service.settings import Settings

FILES: Final = {"sqlite": "ledger.sqlite", "postgresql": "ledger.pgdump"}
"""Dialect -> the copy's name."""
_PAGES: Final = 512
"""Copied at a time, so that writers wait for milliseconds."""


class NotCopied(ServiceError):
    """The copy could not be made, or not be put back."""


def dialect_of(settings: Settings) -> str:
    return "sqlite" if make_url(settings.ledger_url).get_backend_name() == "sqlite" else "postgresql"


def copy(settings: Settings, folder: Path) -> Path:
    """Copy the ledger into the folder. Raises NotCopied."""
    target = folder / FILES[dialect_of(settings)]
    if dialect_of(settings) == "postgresql":
        _run(settings, "pg_dump", ["--format=custom", "--no-owner", "--file", str(target)])
        return target
    try:
        with (
            closing(sqlite3.connect(f"file:{_file(settings)}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as copied,
        ):
            source.backup(copied, pages=_PAGES)
            copied.execute("PRAGMA journal_mode=DELETE")  # one file, that can be carried about
            found = copied.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as error:
        raise NotCopied(f"the ledger cannot be copied: {error}", mend="Is there room for it?") from error
    if found != "ok":
        raise NotCopied(f"the copy is damaged: {found}", mend="Check the disk of the ledger, and its file.")
    return target


def put_back(settings: Settings, source: Path, *, replace: bool, now: datetime) -> Path | None:
    """Make the copy the ledger, brought to this version. Returns where a replaced SQLite ledger was moved to.

    Raises Misconfigured when there is a ledger and it is not to be replaced, or when it is in use; NotCopied.
    """
    _refuse_when_used(settings, replace=replace, now=now)
    aside = None
    if dialect_of(settings) == "postgresql":
        wiping = ["--clean", "--if-exists"] if replace else []
        _run(
            settings,
            "pg_restore",
            ["--no-owner", "--exit-on-error", "--single-transaction", *wiping, str(source)],
        )
    else:
        aside = _replace_file(_file(settings), source, now)
    migrations.upgrade(settings)
    return aside


def retarget(session: Session, old: str, new: str) -> None:
    """The folder of artifacts lies elsewhere now: rows name its run directories by their new paths."""
    for column in (Stage.run_dir, Release.folder):
        table = column.class_
        moved = literal(new) + func.substr(column, len(old) + 1)
        under = column.startswith(f"{old}/", autoescape=True)
        session.execute(update(table).where(under).values({column: moved}))
    for run in session.scalars(select(Run).where(Run.state.in_((RunState.QUEUED, RunState.RUNNING)))):
        reference = run.context.get("reference")
        if isinstance(reference, dict) and str(reference.get("path", "")).startswith(f"{old}/"):
            path = new + str(reference["path"])[len(old) :]
            run.context = run.context | {"reference": reference | {"path": path}}


def _replace_file(target: Path, source: Path, now: datetime) -> Path | None:
    """Moves what was there aside, with what belongs to it: a copy beside another's journal would be damaged."""
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f"{target.name}.restoring")
    aside = target.with_name(f"{target.name}.replaced-{now:%Y%m%dT%H%M%S}")
    try:
        shutil.copyfile(source, half)
        with half.open("rb") as file:
            os.fsync(file.fileno())
        moved = target.exists()
        for ending in ("", "-wal", "-shm"):
            old = target.with_name(target.name + ending)
            if old.exists():
                old.rename(aside.with_name(aside.name + ending))
        half.rename(target)
    except OSError as error:
        raise NotCopied(f"{target} cannot be written: {error}", mend="Is there room for it?") from error
    return aside if moved else None


def _refuse_when_used(settings: Settings, *, replace: bool, now: datetime) -> None:
    if dialect_of(settings) == "sqlite" and not _file(settings).exists():
        return
    engine = make_engine(settings)
    try:
        if not inspect(engine).has_table("alembic_version"):
            return
        if not replace:
            raise Misconfigured(
                "there is a ledger already",
                mend="Name another home or database, or say --replace: a file is then moved aside, a database emptied.",
            )
        with read_scope(engine) as session:
            if _in_use(session, now):
                raise Misconfigured(
                    "the ledger is in use: somebody holds a lease on it",
                    mend="Stop the service, then restore.",
                )
    finally:
        engine.dispose()


def _in_use(session: Session, now: datetime) -> bool:
    stages = select(func.count()).select_from(Stage)
    beating = session.scalar(stages.where(Stage.state == StageState.RUNNING, Stage.lease_expires_at > now))
    held = session.scalar(select(func.count()).select_from(Lock).where(Lock.expires_at > now))
    return bool(beating or held)


def _file(settings: Settings) -> Path:
    return Path(make_url(settings.ledger_url).database or "")


def _run(settings: Settings, tool: str, arguments: Sequence[str]) -> None:
    url = make_url(settings.ledger_url)
    program = shutil.which(tool)
    if program is None:
        raise NotCopied(
            f"{tool} is not there",
            mend=f"Install PostgreSQL's client tools, or run {tool} where the server is.",
        )
    plain = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = dict(os.environ) | ({"PGPASSWORD": str(url.password)} if url.password else {})
    done = subprocess.run(
        [program, "--dbname", plain, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip()[-2000:]
        raise NotCopied(
            f"{tool} failed: {said}", mend=f"Its version must be the server's or newer ({tool} --version)."
        )
