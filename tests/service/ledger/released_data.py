"""Ledgers as services of earlier revisions left them: a file of rows for each revision in `released/`."""

from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table

from service.ledger import migrations

FOLDER = Path(__file__).with_name("released")
Rows = dict[str, list[dict[str, Any]]]


def _script() -> ScriptDirectory:
    return ScriptDirectory(str(Path(migrations.__file__).parent))


def revisions() -> list[str]:
    """Every revision in the folder of migrations, the oldest first."""
    return [script.revision for script in reversed(list(_script().walk_revisions()))]


def migrate(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def rows_at(revision: str) -> Rows:
    """What a ledger of that revision may hold: its own file and those of all before it, put together by key."""
    found: Rows = {}
    for script in reversed(list(_script().iterate_revisions(revision, "base"))):
        file = FOLDER / f"{script.revision}.yaml"
        assert file.exists(), (
            f"revision {script.revision} has no data to try it on: write {FOLDER.name}/{file.name}, with a row for "
            "each new table and a value for each new column"
        )
        for table, rows in (yaml.safe_load(file.read_text()) or {}).items():
            _put_together(found.setdefault(table, []), rows)
    return found


def _put_together(known: list[dict[str, Any]], rows: list[dict[str, Any]]) -> None:
    for row in rows:
        key = "id" if "id" in row else "name"
        old = next((one for one in known if one[key] == row[key]), None)
        if old is None:
            known.append(dict(row))
        else:
            old.update(row)


def fill(connection: Connection, rows: Rows) -> dict[str, Table]:
    """Insert the rows into the tables that there are; columns that are gone by then are left out."""
    metadata = MetaData()
    metadata.reflect(connection)
    tables = {table.name: table for table in metadata.sorted_tables if table.name != "alembic_version"}
    for name, table in tables.items():
        for row in rows.get(name, ()):
            values = {
                column.name: _value(column, row[column.name])
                for column in table.columns
                if column.name in row
            }
            connection.execute(sa.insert(table).values(values))
    return tables


def _value(column: sa.Column[Any], value: Any) -> Any:
    if isinstance(value, str) and isinstance(column.type, sa.DateTime):
        return datetime.fromisoformat(value)
    if isinstance(value, str) and isinstance(column.type, sa.LargeBinary):
        return value.encode()
    return value


def counts(connection: Connection, tables: dict[str, Table]) -> dict[str, int]:
    return {
        name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for name, table in tables.items()
    }


def never_filled(connection: Connection, tables: dict[str, Table]) -> list[str]:
    """Columns that are NULL in all rows: no migration of them was tried."""
    return [
        f"{name}.{column.name}"
        for name, table in tables.items()
        for column in table.columns
        if connection.execute(sa.select(sa.func.count(column))).scalar_one() == 0
    ]
