"""From every released revision the ledger comes forward with what it held, and is worked on."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from service.errors import Misconfigured
from service.ledger import (
    contributions,
    deliveries,
    forecast,
    leases,
    locks,
    migrations,
    outbox,
    queries,
    runs,
)
from service.ledger.session import make_engine, read_scope, session_scope
from service.ledger.tables import RunKind, RunState, StageState
from service.settings import Settings
from tests.service.ledger.released_data import FOLDER, counts, fill, migrate, never_filled, revisions, rows_at
from tests.service.ledger.test_migrations import differences

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
REPO = "garden/taxonomy"


@pytest.fixture
def empty(settings: Settings) -> Iterator[Engine]:
    settings.home.mkdir(parents=True, exist_ok=True)
    engine = make_engine(settings)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("revision", revisions())
def test_every_released_ledger_comes_forward_whole_and_is_worked_on(
    empty: Engine, settings: Settings, revision: str
) -> None:
    with empty.begin() as connection:
        migrate(connection, revision)
        tables = fill(connection, rows_at(revision))
        before = counts(connection, tables)
        assert min(before.values()) > 0, "a table has no row to try its migration on"
        assert never_filled(connection, tables) == []

    migrations.upgrade(settings)

    assert differences(empty) == []
    with empty.connect() as connection:
        assert counts(connection, tables) == before
    read_everything(empty)
    work_on(empty)


def read_everything(engine: Engine) -> None:
    with read_scope(engine) as session:
        listed = queries.runs(session)
        assert [(run.id, run.kind, run.state) for run in listed] == [
            (2, RunKind.RELEASE, RunState.SUCCEEDED),
            (1, RunKind.EVALUATE, RunState.RUNNING),
        ]
        assert [stage.state for stage in listed[1].stages] == [
            StageState.SUCCEEDED,
            StageState.RUNNING,
            StageState.WAITING,
        ]
        detail = queries.run(session, 2)
        assert detail is not None
        assert detail.result == {"n": 3}
        assert [(one.version, one.folder) for one in queries.releases(session, REPO)] == [
            ("2026.09.1", "/artifacts/release/k9")
        ]
        leaf = queries.leaf(session, REPO, "knowledge/birds/robin")
        assert leaf is not None
        assert (leaf.delta, leaf.n) == (4.25, 12)
        assert forecast.forecast(session, 1) is not None
        assert [queue.name for queue in forecast.queues(session)] == list(forecast.QUEUES)
        assert deliveries.unprocessed(session, now=NOW) == [2]
        assert contributions.reports_due(session) == [1]
        approval = contributions.live_approval(session, 1)
        assert approval is not None
        assert approval.at == datetime(2026, 3, 1, 5, tzinfo=UTC)
        letter = outbox.take(session, now=NOW)
        assert letter is not None
        assert (letter.remote_id, letter.payload["number"]) == (4_000_000_002, 7)


def work_on(engine: Engine) -> None:
    """What the service does next with such a ledger."""
    with session_scope(engine) as session:
        assert deliveries.record(
            session, delivery_id="d-1", event="push", action=None, repository=REPO, body=b"{}", now=NOW
        ) == (1, False)
        deliveries.processed(session, 2, now=NOW)
        expired = leases.expire(session, now=NOW, seconds=60, max_attempts=4, failure={})
        assert [(one.stage_id, one.state) for one in expired] == [(2, StageState.READY)]
        lease = leases.claim(session, "gpu", owner="host:3", now=NOW, seconds=60)
        assert lease is not None
        assert lease.token > 2
        held = locks.acquire(session, "outbox", owner="host:3", now=NOW, seconds=60)
        assert held is not None
        assert held.token == 13
        assert runs.cancel(session, 1, state=RunState.CANCELLED, reason="by tess", now=NOW)


def test_no_data_lies_there_for_a_revision_that_is_not() -> None:
    assert {file.stem for file in FOLDER.glob("*.yaml")} == set(revisions())


def test_a_revision_without_data_is_noticed(monkeypatch: pytest.MonkeyPatch, empty: Engine) -> None:
    monkeypatch.setattr("tests.service.ledger.released_data.FOLDER", FOLDER / "nowhere")
    with pytest.raises(AssertionError, match="has no data to try it on"):
        rows_at(revisions()[-1])


ANEW = """
from alembic import op

revision, down_revision, branch_labels, depends_on = "anew", {head!r}, None, None


def upgrade():
    sqlite = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("contributions", recreate="always" if sqlite else "never"):
        pass
    {more}
"""


def make_anew(folder: Path, monkeypatch: pytest.MonkeyPatch, *, more: str = "") -> None:
    """A migration to come that makes a table anew to which others refer."""
    copy = shutil.copytree(migrations._FOLDER, folder / "migrations")
    (copy / "versions" / "anew.py").write_text(ANEW.format(head=revisions()[-1], more=more))
    monkeypatch.setattr(migrations, "_FOLDER", copy)


def test_a_table_that_others_refer_to_may_be_made_anew(
    empty: Engine, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with empty.begin() as connection:
        migrate(connection, revisions()[-1])
        fill(connection, rows_at(revisions()[-1]))
    make_anew(tmp_path, monkeypatch)

    migrations.upgrade(settings)

    assert differences(empty) == []
    read_everything(empty)


def test_a_migration_that_loses_what_others_refer_to_changes_nothing(
    empty: Engine, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with empty.begin() as connection:
        migrate(connection, revisions()[-1])
        fill(connection, rows_at(revisions()[-1]))
    make_anew(tmp_path, monkeypatch, more="op.execute('DELETE FROM contributions')")

    with pytest.raises((Misconfigured, IntegrityError)):
        migrations.upgrade(settings)

    read_everything(empty)


def test_a_ledger_of_a_later_version_is_left_alone_and_the_way_back_is_said(
    engine: Engine, settings: Settings
) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'of_tomorrow'")
    with pytest.raises(Misconfigured) as caught:
        migrations.upgrade(settings)
    assert "of_tomorrow" in caught.value.message
    assert "graft restore" in caught.value.mend
