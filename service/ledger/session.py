"""The door to the database: an engine from the settings, transactions, and nudges that leave only after a commit."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, Table, create_engine, event, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from service.errors import Misconfigured
from service.ledger.tables import Base
from service.settings import Settings

log = logging.getLogger(__name__)

Nudge = Callable[[str, int], object]
"""(task's name, row id): tells a worker to look at a row. It may be lost: the sweeper finds the row."""

_NUDGES = "nudges"
_BUSY_SECONDS = 30
_PAGE_BYTES = 16_384
"""A webhook's body fills two of these instead of six: each page has its own write, checksum and copy."""


def make_engine(settings: Settings) -> Engine:
    """The engine for the ledger; raises Misconfigured for a database that the ledger was not made for."""
    url = make_url(settings.ledger_url)
    match url.get_backend_name():
        case "sqlite":
            settings.home.mkdir(parents=True, exist_ok=True)
            engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
            event.listen(engine, "connect", _set_up_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        case "postgresql" | "postgres":
            engine = create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
            event.listen(engine, "connect", _set_up_postgresql)
            return engine
        case other:
            raise Misconfigured(
                f"the ledger cannot live in {other!r}",
                mend="Set GRAFT_DATABASE_URL to a postgresql:// URL, or leave it empty for SQLite.",
            )


def _set_up_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    assert isinstance(connection, sqlite3.Connection)  # noqa: S101 - the engine's dialect says so
    connection.isolation_level = None  # transactions are begun by `_begin_sqlite`, not by the driver
    for pragma in (
        f"page_size={_PAGE_BYTES}",  # heeded by a new file only, and only before its WAL
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={_BUSY_SECONDS * 1000}",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _set_up_postgresql(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """A server may be set to answer a commit before its disk has it; ours are to be answered after."""
    cursor = connection.cursor()
    cursor.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    cursor.close()
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once: one that begins as a reader fails when another wrote in between.
    reader = connection.get_execution_options().get("reader", False)
    connection.exec_driver_sql("BEGIN" if reader else "BEGIN IMMEDIATE")


@contextmanager
def session_scope(engine: Engine, nudge: Nudge | None = None) -> Iterator[Session]:
    """One writing transaction: committed at the end, rolled back when an exception leaves the block.

    Nudges noted by `nudge_after_commit` are sent once the commit is durable. Without `nudge` none are sent.
    """
    with Session(engine, expire_on_commit=False) as session:
        yield session
        session.commit()
        noted: list[tuple[str, int]] = session.info.pop(_NUDGES, [])
    if nudge is not None:
        for task, row_id in dict.fromkeys(noted):
            _send(nudge, task, row_id)


def _send(nudge: Nudge, task: str, row_id: int) -> None:
    try:
        nudge(task, row_id)
    except Exception:
        # The work is recorded. A broker that is down must not look to the caller like a failed commit.
        log.exception("nudge not sent: %s(%d); the sweeper will find the row", task, row_id)


@contextmanager
def read_scope(engine: Engine) -> Iterator[Session]:
    """One consistent view for reading; it never waits for a writer. Nothing is committed."""
    with Session(engine.execution_options(reader=True), expire_on_commit=False) as session:
        yield session


def nudge_after_commit(session: Session, task: str, row_id: int) -> None:
    """Note that `task` is to look at the row; forgotten when the transaction is rolled back."""
    session.info.setdefault(_NUDGES, []).append((task, row_id))


def insert_or_ignore(session: Session, table: type[Base], values: dict[str, Any]) -> int | None:
    """Insert a row unless a unique index has one like it. Returns the new row's id, None when there was one."""
    key = inspect(table).primary_key[0]
    statement = insert_ignoring(session.get_bind().dialect, table).values(values)
    return session.execute(statement.returning(key)).scalar_one_or_none()


def insert_ignoring(dialect: Dialect, table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """An insert that passes over rows of which a unique index has one like it."""
    target = table.__table__
    assert isinstance(target, Table)  # noqa: S101 - every table of the ledger is one
    if dialect.name == "postgresql":
        return postgresql.insert(target).on_conflict_do_nothing()
    return sqlite.insert(target).on_conflict_do_nothing()
