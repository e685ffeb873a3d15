"""The ledger is copied while it is written to, and comes back on either database."""

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.engine import make_url

from service.cli import backup, restore
from service.cli.backups.paper import FILE
from service.errors import Misconfigured
from service.ledger import migrations, outbox, runs
from service.ledger.backup import NotCopied
from service.ledger.session import make_engine, read_scope, session_scope
from service.ledger.tables import Lock, Outbox, Release, Run, RunKind, RunState, Stage, StageState
from service.settings import Settings
from tests.service.ledger.makers import ready_stages

NOW = datetime.now(UTC)


def put(engine: Engine, count: int, *, first: int = 0) -> None:
    for place in range(first, first + count):
        with session_scope(engine) as session:
            outbox.put(
                session, key=f"k{place}", kind="comment", repository="a/b", payload={"n": place}, now=NOW
            )


def keys(settings: Settings) -> set[str]:
    engine = make_engine(settings)
    with read_scope(engine) as session:
        found = set(session.scalars(select(Outbox.key)))
    engine.dispose()
    return found


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a service on SQLite, whatever the tests run on; PostgreSQL has tests of its own below."""
    return Settings(home=tmp_path / "home", database_url="")


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path) -> Settings:
    """Another home, empty."""
    return settings.model_copy(update={"home": tmp_path / "new", "database_url": ""})


@pytest.fixture
def release(engine: Engine, settings: Settings) -> Path:
    """A published release with its folder, and an open run that compares with it."""
    folder = settings.artifacts_folder / "release" / "aa" / ("a" * 32)
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    request = runs.RunRequest(
        kind=RunKind.RELEASE, repository="a/b", head_sha="c", base_sha="c", requested_by="ann"
    )
    with session_scope(engine) as session:
        run, _ = runs.create(session, request, now=NOW)
        run.context = {"reference": {"path": str(folder)}}
        session.add(
            Stage(
                run_id=run.id,
                position=9,
                name="release",
                queue="cpu",
                run_dir=str(folder),
                state=StageState.SUCCEEDED,
            )
        )
        session.add(
            Release(
                repository="a/b", version="1", run_id=run.id, taxonomy_commit="c", folder=str(folder), digest="d",
                state="published", created_at=NOW, published_at=NOW,
            )
        )  # fmt: skip
    return folder


def test_a_backup_taken_between_writes_is_one_state_and_comes_back_with_its_artifacts(
    engine: Engine, settings: Settings, release: Path, elsewhere: Settings, tmp_path: Path
) -> None:
    put(engine, 20)
    writing = threading.Thread(target=put, args=(engine, 60), kwargs={"first": 20})
    writing.start()
    backup.write(settings, tmp_path / "backup", artifacts=True)
    writing.join()
    restore.read(elsewhere, tmp_path / "backup", replace=False)

    found = keys(elsewhere)
    assert {f"k{n}" for n in range(20)} <= found
    assert found == {f"k{n}" for n in range(len(found))}, (
        "what came later is there, and what came before is not"
    )
    moved = elsewhere.artifacts_folder / release.relative_to(settings.artifacts_folder)
    assert (moved / "model.safetensors").read_bytes() == b"weights"
    copy = make_engine(elsewhere)
    with read_scope(copy) as session:
        assert session.scalars(select(Release.folder)).one() == str(moved)
        assert session.scalars(
            select(Stage.run_dir).where(Stage.name == "release", Stage.position == 9)
        ).one() == str(moved)
        assert session.scalars(select(Run.context)).one()["reference"]["path"] == str(moved)
    copy.dispose()
    assert oct((tmp_path / "backup").stat().st_mode & 0o777) == "0o700"


def test_a_ledger_that_is_there_is_replaced_only_when_that_is_said_and_nobody_uses_it(
    engine: Engine, settings: Settings, tmp_path: Path
) -> None:
    put(engine, 1)
    backup.write(settings, tmp_path / "backup", artifacts=False)
    put(engine, 1, first=1)
    with pytest.raises(Misconfigured, match="there is a ledger already"):
        restore.read(settings, tmp_path / "backup", replace=False)
    with session_scope(engine) as session:
        session.add(Lock(name="outbox", owner="host:1", expires_at=datetime.now(UTC) + timedelta(minutes=1)))
    with pytest.raises(Misconfigured, match="in use"):
        restore.read(settings, tmp_path / "backup", replace=True)
    with session_scope(engine) as session:
        session.get_one(Lock, "outbox").expires_at = datetime.now(UTC) - timedelta(seconds=1)
    engine.dispose()

    _, aside = restore.read(settings, tmp_path / "backup", replace=True)

    assert keys(settings) == {"k0"}
    assert aside is not None
    with closing(sqlite3.connect(aside)) as old:
        assert old.execute("SELECT count(*) FROM outbox").fetchone() == (2,)


@pytest.fixture
def taken(engine: Engine, settings: Settings, tmp_path: Path) -> Path:
    put(engine, 1)
    backup.write(settings, tmp_path / "backup", artifacts=False)
    return tmp_path / "backup"


def damage_ledger(folder: Path) -> None:
    with (folder / "ledger.sqlite").open("r+b") as file:
        file.write(b"x")


def name_a_later_revision(folder: Path) -> None:
    paper = json.loads((folder / FILE).read_text()) | {"revision": "of_tomorrow"}
    (folder / FILE).write_text(json.dumps(paper))


def name_another_database(folder: Path) -> None:
    paper = json.loads((folder / FILE).read_text()) | {"dialect": "postgresql"}
    (folder / FILE).write_text(json.dumps(paper))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / FILE).unlink(), "no whole backup"),
        (damage_ledger, "not what was written"),
        (name_a_later_revision, "later version"),
        (name_another_database, "postgresql"),
    ],
)
def test_what_is_no_whole_backup_of_ours_changes_nothing(
    taken: Path, elsewhere: Settings, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(taken)
    with pytest.raises(Misconfigured, match=said):
        restore.read(elsewhere, taken, replace=False)
    assert not Path(elsewhere.ledger_url.removeprefix("sqlite:///")).exists()


@pytest.fixture
def two_databases(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    """A database to back up and an empty one, of their own, and the server's own tools on the path."""
    import pgserver

    tools = Path(pgserver.__file__).parent / "pginstall" / "bin"
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    url = make_url(postgresql_url).set(drivername="postgresql")
    plain = url.render_as_string(hide_password=False)
    names = [f"graft_backup_{os.getpid()}_{part}" for part in ("old", "new")]
    with psycopg.connect(plain, autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE DATABASE {name}".encode())
        old, new = (url.set(database=name).render_as_string(hide_password=False) for name in names)
        yield old, new
        for name in names:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.mark.postgresql
def test_postgresql_is_dumped_and_restored_by_its_own_tools(
    two_databases: tuple[str, str], tmp_path: Path
) -> None:
    old, new = (
        Settings(home=tmp_path / name, database_url=url)
        for name, url in zip("on", two_databases, strict=True)
    )
    migrations.upgrade(old)
    engine = make_engine(old)
    put(engine, 3)
    ready_stages(engine, 1, now=NOW)
    backup.write(old, tmp_path / "backup", artifacts=True)
    restore.read(new, tmp_path / "backup", replace=False)
    assert keys(new) == {"k0", "k1", "k2"}
    put(engine, 1, first=3)
    with pytest.raises(Misconfigured, match="there is a ledger already"):
        restore.read(old, tmp_path / "backup", replace=False)
    restore.read(old, tmp_path / "backup", replace=True)
    assert keys(old) == {"k0", "k1", "k2"}
    with session_scope(engine) as session:  # sequences came along: new rows get new ids
        request = runs.RunRequest(
            kind=RunKind.CHECK, repository="a/b", head_sha="f" * 40, base_sha="b", requested_by="a"
        )
        run, fresh = runs.create(session, request, now=NOW)
        assert (fresh, run.state) == (True, RunState.QUEUED)
    engine.dispose()


@pytest.mark.postgresql
def test_without_postgresqls_tools_it_is_said_what_to_install(
    two_databases: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path, database_url=two_databases[0])
    migrations.upgrade(settings)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotCopied) as caught:
        backup.write(settings, tmp_path / "backup", artifacts=False)
    assert "client tools" in caught.value.mend
