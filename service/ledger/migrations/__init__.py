"""Brings the database to the tables of this version, and tells which it has.

Alembic is loaded by whoever migrates: the web process, which only compares, would keep it and its templates (12 MB).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, String, column, inspect, select, table

from service.errors import Misconfigured
from service.ledger.session import make_engine
from service.settings import Settings

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

_NEWEST: Final = "0007_packed_bodies"
"""The last of `versions`."""
_FOLDER = Path(__file__).parent
_ADVISORY_LOCK = 0x6772616674  # "graft": any number that nothing else uses
_NOTED: Final = table("alembic_version", column("version_num", String))
"""Where Alembic notes the revision."""


def upgrade(settings: Settings) -> None:
    """Create or migrate the ledger, in one transaction. Several processes may do so at once.

    Raises Misconfigured for a ledger that a later version made: it is never taken back, since that could lose rows.
    """
    from alembic import command
    from alembic.config import Config

    engine = make_engine(settings)
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                _hold_references_later(connection)
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
                config.attributes["connection"] = connection
                _refuse_a_later_one(connection)
                command.upgrade(config, "head")
                _check_references(connection)
    finally:
        engine.dispose()


def _hold_references_later(connection: Connection) -> None:
    """SQLite alters a table by making it anew; while the old one goes, rows elsewhere refer to nothing."""
    cursor = connection.connection.cursor()  # outside a transaction, where alone SQLite heeds it
    cursor.execute("PRAGMA foreign_keys=OFF")
    cursor.close()


def _check_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise Misconfigured(
            f"after the migration {len(broken)} rows of the ledger would refer to nothing; nothing was changed",
            mend="Run the version from before, and report this: it is a fault of the migration.",
        )


def newest() -> str:
    """The revision that this version works with."""
    return _NEWEST


def knows(revision: str) -> bool:
    """Whether this version can bring such a ledger forward."""
    return revision in {script.revision for script in _script().walk_revisions()}


def present(connection: Connection) -> str | None:
    """The revision that the database has; None for one without tables of ours."""
    if not inspect(connection).has_table(_NOTED.name):
        return None
    return connection.scalars(select(_NOTED.c.version_num)).one_or_none()


def _script() -> "ScriptDirectory":
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(_FOLDER))


def _refuse_a_later_one(connection: Connection) -> None:
    found = present(connection)
    if found is not None and not knows(found):
        raise Misconfigured(
            f"the ledger was made by a later version of GraftLab: revision {found}",
            mend="Run that version again, or restore the backup from before the upgrade (graft restore).",
        )
