from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from service.app import create_app
from service.settings import Settings
from service.webhooks import health
from tests.service.webhooks.conftest import Door


def ready(settings: Settings) -> tuple[int, dict[str, dict[str, object]]]:
    with TestClient(create_app(settings, nudge=lambda _task, _row: None)) as client:
        answer = client.get("/readyz")
    return answer.status_code, answer.json()["parts"]


def test_the_process_says_that_it_lives(door: Door) -> None:
    assert door.client.get("/healthz").json() == {"status": "alive"}


def test_it_is_ready_when_ledger_broker_and_disk_are(
    web_settings: Settings, engine: Engine, broker_url: str
) -> None:
    status, parts = ready(web_settings.model_copy(update={"broker_url": broker_url}))
    assert status == 200
    assert parts == {"database": {"ok": True}, "broker": {"ok": True}, "disk": {"ok": True}}


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "nonsense://x"])
def test_a_broker_that_does_not_answer_is_named(web_settings: Settings, engine: Engine, url: str) -> None:
    status, parts = ready(web_settings.model_copy(update={"broker_url": url}))
    assert status == 503
    assert "GRAFT_BROKER_URL" in str(parts["broker"]["mend"])
    assert parts["database"] == {"ok": True}


def test_a_ledger_that_is_not_migrated_is_named(
    web_settings: Settings, engine: Engine, broker_url: str
) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    status, parts = ready(web_settings.model_copy(update={"broker_url": broker_url}))
    assert status == 503
    assert "older" in str(parts["database"]["fault"])
    assert "igrate" in str(parts["database"]["mend"])


def test_a_database_that_cannot_be_reached_is_named_without_its_password(
    web_settings: Settings, broker_url: str, tmp_path: Path
) -> None:
    gone = {"database_url": "postgresql://u:geheim@127.0.0.1:1/x", "broker_url": broker_url}
    status, parts = ready(web_settings.model_copy(update=gone))
    assert status == 503
    assert "GRAFT_DATABASE_URL" in str(parts["database"]["mend"])
    assert "geheim" not in str(parts)


def test_a_full_disk_is_named(web_settings: Settings) -> None:
    part = health._disk(web_settings, lambda _folder: SimpleNamespace(free=1024))
    assert "MiB left" in part.fault
    assert "GRAFT_HOME" in part.mend
