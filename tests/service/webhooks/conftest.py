"""The whole app on a real ledger, its nudges caught."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import Engine, select

from service.app import create_app
from service.github.signature import sign
from service.ledger.session import make_engine, read_scope
from service.ledger.tables import Base, Delivery
from service.settings import Settings

SECRET = b"a secret to everybody"
SECRETS = (SecretStr("older"), SecretStr(SECRET.decode()))
PUSH = {"ref": "refs/heads/main", "after": "a" * 40, "repository": {"full_name": "orchard/taxonomy"}}


@dataclass
class Door:
    """The service as GitHub meets it."""

    engine: Engine
    nudged: list[tuple[str, int]] = field(default_factory=list)
    broker_is_down: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)
    client: TestClient = field(init=False)

    def nudge(self, task: str, row_id: int) -> None:
        with self.changed:
            self.nudged.append((task, row_id))
            self.changed.notify_all()
        if self.broker_is_down:
            raise ConnectionError("no broker")

    def wait_nudged(self, wanted: list[tuple[str, int]]) -> None:
        """Workers are told after the answer has left, so this is waited for."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.nudged == wanted, timeout=15), self.nudged

    def send(self, body: Any = PUSH, event: str = "push", delivery: str = "d-1", **headers: str) -> Any:
        """POST a delivery as GitHub would; headers given replace those (with `_` for `-`), empty ones go."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": delivery,
            "X-Hub-Signature-256": sign(SECRET, raw),
            "Content-Type": "application/json",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        kept = {name: value for name, value in sent.items() if value}
        return self.client.post("/webhooks/github", content=raw, headers=kept)

    def rows(self) -> list[Delivery]:
        with read_scope(self.engine) as session:
            return list(session.scalars(select(Delivery).order_by(Delivery.id)))


@contextmanager
def opened(settings: Settings, engine: Engine) -> Iterator[Door]:
    door = Door(engine)
    with TestClient(create_app(settings, nudge=door.nudge)) as client:
        door.client = client
        yield door


@pytest.fixture
def web_settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"webhook_secrets": SECRETS})


@pytest.fixture
def door_on_each(web_settings: Settings, engine: Engine) -> Iterator[Door]:
    """Once for each kind of database: for what the database decides."""
    with opened(web_settings, engine) as door:
        yield door


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """Quick to open: for what is decided before the database is asked."""
    settings = Settings(home=tmp_path, database_url="", webhook_secrets=SECRETS)
    engine = make_engine(settings)
    Base.metadata.create_all(engine)
    with opened(settings, engine) as door:
        yield door
    engine.dispose()
