"""A database of its own for a test, in the PostgreSQL that the tests were given or started."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.engine import make_url


@contextmanager
def own_schema(server: str) -> Iterator[str]:
    """A URL that sees only a new, empty schema of the server; the schema is dropped at the end."""
    url = make_url(server).set(drivername="postgresql")
    schema = f"graft_test_{secrets.token_hex(6)}"
    plain = url.render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
    try:
        options = {"options": f"-csearch_path={schema}"}
        yield url.update_query_dict(options).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())
