"""Many deliveries inserted at once, in each database's own words.

For bursts of webhooks only: what SQLAlchemy adds to a row there costs as much as the row. Nothing but a unique index
decides what is new.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from service.ledger.columns import UTCDateTime, packed

Row = tuple[str, str, str | None, str | None, bytes]
"""delivery_id, event, action, repository, body"""

_SQLITE: Final = """
INSERT INTO deliveries (delivery_id, event, action, repository, body, received_at, attempts, faults)
VALUES (?, ?, ?, ?, ?, ?, 0, 0) ON CONFLICT DO NOTHING
"""
_SQLITE_NEW: Final = """
SELECT delivery_id, id FROM deliveries
WHERE delivery_id IN (SELECT value FROM json_each(?)) ORDER BY id DESC LIMIT ?
"""
_POSTGRESQL: Final = """
INSERT INTO deliveries (delivery_id, event, action, repository, body, received_at, attempts, faults)
SELECT one ->> 0, one ->> 1, one ->> 2, one ->> 3,
       substring(%(bodies)b::bytea FROM (one ->> 4)::int FOR (one ->> 5)::int), %(now)s, 0, 0
FROM json_array_elements(%(rows)s::json) AS arriving (one) ON CONFLICT DO NOTHING
RETURNING delivery_id, id
"""


def insert_new(connection: Connection, rows: Sequence[Row], *, now: datetime) -> dict[str, int]:
    """Insert the rows whose delivery_id is not there yet. Returns it and the row's id for each that was inserted."""
    if connection.dialect.name == "postgresql":
        return _insert_postgresql(connection, rows, now)
    return _insert_sqlite(connection, rows, now)


def _insert_sqlite(connection: Connection, rows: Sequence[Row], now: datetime) -> dict[str, int]:
    store = UTCDateTime().dialect_impl(connection.dialect).bind_processor(connection.dialect)
    assert store is not None  # noqa: S101 - SQLite has no type for times
    at = store(now)
    given = [
        (name, event, action, repository, packed(body), at) for name, event, action, repository, body in rows
    ]
    inserted = connection.exec_driver_sql(_SQLITE, given).rowcount
    # The writer's lock is ours, so the new ones have the largest ids.
    names = json.dumps([row[0] for row in rows])
    return {row[0]: row[1] for row in connection.exec_driver_sql(_SQLITE_NEW, (names, inserted))}


def _insert_postgresql(connection: Connection, rows: Sequence[Row], now: datetime) -> dict[str, int]:
    """One statement however many rows, so that it is planned once; and one value for all bodies, since an array of
    them would be sent as text.
    """
    bodies: list[bytes] = []
    told: list[tuple[str | int | None, ...]] = []
    start = 1
    for name, event, action, repository, body in rows:
        bodies.append(packed(body))
        told.append((name, event, action, repository, start, len(bodies[-1])))
        start += len(bodies[-1])
    given = {"bodies": b"".join(bodies), "rows": json.dumps(told), "now": now}
    return {row[0]: row[1] for row in connection.exec_driver_sql(_POSTGRESQL, given)}
