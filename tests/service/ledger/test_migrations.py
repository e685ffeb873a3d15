"""The migrations and the tables say the same."""

import threading
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from service.ledger import migrations
from service.ledger.migrations import upgrade
from service.ledger.session import make_engine
from service.ledger.tables import Base
from service.settings import Settings


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def test_migrating_an_empty_database_gives_exactly_the_tables(engine: Engine) -> None:
    assert differences(engine) == []


def test_the_newest_revision_is_the_last_of_the_versions_and_what_migrating_leads_to(engine: Engine) -> None:
    last = ScriptDirectory(str(Path(migrations.__file__).parent)).get_current_head()

    with engine.connect() as connection:
        assert migrations.newest() == last == migrations.present(connection)


def test_an_empty_database_has_no_revision(settings: Settings) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    empty = make_engine(settings)

    with empty.connect() as connection:
        assert migrations.present(connection) is None

    empty.dispose()


def test_a_table_that_no_migration_makes_would_be_noticed(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE cursors")

    assert len(differences(engine)) == 1


def test_partial_unique_indexes_are_in_the_migrated_database(engine: Engine) -> None:
    inspector = inspect(engine)

    assert {"one_open_run"} <= {index["name"] for index in inspector.get_indexes("runs")}
    assert {"one_worker_a_key"} <= {index["name"] for index in inspector.get_indexes("stages")}


def test_several_processes_may_migrate_at_once(settings: Settings) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    failures: list[BaseException] = []

    def migrate() -> None:
        try:
            upgrade(settings)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion
            failures.append(error)

    threads = [threading.Thread(target=migrate) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine = make_engine(settings)
    found = differences(engine)
    engine.dispose()

    assert failures == []
    assert found == []
