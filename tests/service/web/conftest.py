from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from service import badges, web
from service.settings import Settings
from tests.service.web.seed import Seeded, seed


@pytest.fixture
def seeded(engine: Engine, tmp_path: Path) -> Seeded:
    return seed(engine, tmp_path / "artifacts", now=datetime.now(UTC))


@pytest.fixture
def client(engine: Engine, settings: Settings) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(web.router)
    app.include_router(badges.router)
    app.state.engine = engine
    app.state.settings = settings
    with TestClient(app) as client:
        yield client
