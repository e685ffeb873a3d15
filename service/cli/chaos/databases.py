"""A database for a storm: a file, or a schema of its own in PostgreSQL (a given one, or one started for it)."""

import os
import secrets
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from pipelines.errors import OutsideFailed

Kind = Literal["sqlite", "postgresql"]
KINDS: Final[tuple[Kind, ...]] = ("sqlite", "postgresql")


@contextmanager
def database(kind: Kind, folder: Path) -> Iterator[str]:
    """Its URL; "" is SQLite in the house's home. Raises OutsideFailed when there is no PostgreSQL to be had."""
    if kind == "sqlite":
        yield ""
        return
    given = os.environ.get("GRAFT_DATABASE_URL", "")
    if given.startswith("postgres"):
        with _schema(given) as url:
            yield url
        return
    with _started(folder) as server, _schema(server) as url:
        yield url


@contextmanager
def _started(folder: Path) -> Iterator[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # it warns when it is imported, on a machine without XDG_RUNTIME_DIR
            from pgserver.postgres_server import get_server
    except ImportError as error:
        raise OutsideFailed(
            "no_postgresql",
            "there is no PostgreSQL for this benchmark",
            mend="Name one in GRAFT_DATABASE_URL, or `pip install pgserver`.",
        ) from error
    folder.mkdir(parents=True, exist_ok=True)
    server = get_server(folder)
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@contextmanager
def _schema(server: str) -> Iterator[str]:
    """A URL that sees only a new, empty schema; the schema is dropped at the end."""
    url = make_url(server).set(drivername="postgresql+psycopg")
    name = f"graft_storm_{secrets.token_hex(6)}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE SCHEMA {name}"))
        own = url.update_query_dict({"options": f"-csearch_path={name}"})
        yield own.set(drivername="postgresql").render_as_string(hide_password=False)
        with engine.connect() as connection:
            connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
    finally:
        engine.dispose()
