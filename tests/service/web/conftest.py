from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from service import badges, web
from service.ledger.migrations import upgrade
from service.ledger.session import make_engine
from service.settings import Settings
from tests.service.web.seed import Seeded, seed


@dataclass(frozen=True)
class Garden:
    """A day's work to read in; tests that change the ledger take `client` and `seeded` instead."""

    client: TestClient
    seeded: Seeded


def pages(engine: Engine, settings: Settings) -> FastAPI:
    app = FastAPI()
    app.include_router(web.router)
    app.include_router(badges.router)
    app.state.engine = engine
    app.state.settings = settings
    return app


@pytest.fixture(scope="session")
def garden(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Garden]:
    home = tmp_path_factory.mktemp("garden")
    settings = Settings(home=home, database_url="", repositories=("garden/taxonomy",))
    upgrade(settings)
    engine = make_engine(settings)
    seeded = seed(engine, home / "artifacts", now=datetime.now(UTC))
    with TestClient(pages(engine, settings)) as client:
        yield Garden(client, seeded)
    engine.dispose()


@pytest.fixture
def seeded(engine: Engine, tmp_path: Path) -> Seeded:
    return seed(engine, tmp_path / "artifacts", now=datetime.now(UTC))


@pytest.fixture
def client(engine: Engine, settings: Settings) -> Iterator[TestClient]:
    with TestClient(pages(engine, settings)) as client:
        yield client
