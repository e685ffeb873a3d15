"""Rows of before budgets and routes are read after the migration, with what they meant then."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, MetaData, inspect, select
from sqlalchemy.orm import Session

from service.ledger import migrations
from service.ledger.session import make_engine
from service.ledger.tables import Contribution, Run, RunKind, Stage
from service.settings import Settings

NEW = {"needed", "look_at", "held_by_triager", "accelerators"}


AT = datetime(2026, 5, 20, 12, tzinfo=UTC)
ROWS: dict[str, dict[str, Any]] = {
    "contributions": {
        "id": 1, "repository": "garden/taxonomy", "number": 7, "title": "t", "author": "ada",
        "author_association": "NONE", "head_sha": "a" * 40, "base_sha": "b" * 40, "base_branch": "main",
        "state": "open", "draft": False, "held": True, "seen_at": AT, "head_seen_at": AT,
        "report_wanted": 0, "report_made": 0,
    },
    "runs": {
        "id": 1, "kind": "evaluate", "repository": "garden/taxonomy", "number": 7, "contribution_id": 1,
        "head_sha": "a" * 40, "base_sha": "b" * 40, "state": "queued", "requested_by": "max", "context": {},
        "result": {}, "created_at": AT,
    },
    "stages": {
        "id": 1, "run_id": 1, "position": 0, "name": "train", "subject": "", "queue": "gpu", "state": "waiting",
        "reused": False, "attempts": 0, "lease_token": 0, "progress": {}, "failure": {}, "summary": {},
        "seconds": 0.0,
    },
}  # fmt: skip


def move(engine: Engine, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        (command.downgrade if to == "0001" else command.upgrade)(config, to)


def columns(engine: Engine) -> set[str]:
    return {
        column["name"]
        for table in ("contributions", "stages")
        for column in inspect(engine).get_columns(table)
    }


def test_old_rows_get_what_they_meant(engine: Engine, settings: Settings) -> None:
    move(engine, "0001")
    assert not NEW & columns(engine)
    tables = MetaData()
    tables.reflect(engine, only=["contributions", "runs", "stages"])
    with engine.begin() as connection:
        for name, values in ROWS.items():
            connection.execute(tables.tables[name].insert().values(**values))
    move(engine, "head")

    fresh = make_engine(settings)
    with Session(fresh) as session:
        contribution = session.scalars(select(Contribution)).one()
        assert (contribution.held, contribution.held_by_triager) == (True, False)
        assert (contribution.needed, contribution.look_at) == ({}, None)
        assert session.scalars(select(Stage)).one().accelerators == 1
        assert session.scalars(select(Run)).one().kind is RunKind.EVALUATE
    fresh.dispose()
