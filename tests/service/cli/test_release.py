"""`graft release` and its rollback, on a ledger without GitHub."""

import json
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from redis import Redis
from sqlalchemy import Engine
from typer.testing import CliRunner

from pipelines.errors import ExitCode
from service.cli import release as module
from service.cli.main import COMMANDS, build
from service.errors import Misconfigured, Refusal
from service.ledger import queries
from service.ledger.session import read_scope, session_scope
from service.ledger.tables import Release, Run, RunKind, RunState
from service.settings import Settings


@pytest.fixture
def ledger(engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setattr("service.cli.here.get_settings", lambda: settings)
    monkeypatch.setattr(module, "nudging", lambda _settings: nullcontext())
    return engine


def ended(engine: Engine, state: RunState, *, version: str = "", dry_run: bool = False) -> int:
    """A release run that has ended; with a version, its release is published."""
    now = datetime.now(UTC)
    with session_scope(engine) as session:
        run = Run(kind=RunKind.RELEASE, repository="garden/taxonomy", head_sha="a" * 40, base_sha="b" * 40)
        run.requested_by, run.created_at, run.state, run.ending = "graft", now, state, "It is over."
        run.context = {"dry_run": dry_run}
        session.add(run)
        session.flush()
        if version:
            release = Release(repository="garden/taxonomy", version=version, run_id=run.id, state="published")
            release.taxonomy_commit, release.folder, release.digest = "a" * 40, "/r", "d"
            release.created_at = release.published_at = now
            session.add(release)
        return run.id


def say(*words: str, keys: str = "") -> str:
    app = build(COMMANDS if not words else ("release", "new"))
    return (
        CliRunner()
        .invoke(app, ["release", *words], input=keys, catch_exceptions=False, standalone_mode=False)
        .output
    )


def states(engine: Engine) -> dict[str, str]:
    with read_scope(engine) as session:
        return {release.version: release.state for release in queries.releases(session)}


def test_a_rollback_asks_first_and_says_what_is_the_reference_again(ledger: Engine) -> None:
    ended(ledger, RunState.SUCCEEDED, version="2026.10.1")
    ended(ledger, RunState.SUCCEEDED, version="2026.11.1")
    with pytest.raises(typer.Abort):
        say("rollback", keys="n\n")
    assert set(states(ledger).values()) == {"published"}

    assert "2026.11.1 is withdrawn; the reference is 2026.10.1 again." in say("rollback", keys="y\n")
    assert "the reference is the base model again" in say("rollback", "2026.10.1", "--yes")
    assert set(states(ledger).values()) == {"withdrawn"}
    with pytest.raises(Refusal):
        say("rollback", "--yes")


def test_it_is_told_to_the_workers_of_a_service_that_was_started_in_the_home(
    settings: Settings, engine: Engine, started_broker: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(engine, RunState.SUCCEEDED, version="2026.10.1")
    monkeypatch.setattr("service.cli.here.get_settings", lambda: settings)
    say("rollback", "--yes")
    rolled_back = [
        json.loads(message)["headers"]["task"] for message in started_broker.lrange("control", 0, -1)
    ]
    started_broker.flushall()
    monkeypatch.setattr(module, "connect", lambda _settings: Branch())
    monkeypatch.setattr("service.jobs.start_release.make_sure_of", lambda *_: None)
    say()

    assert rolled_back == ["send_outbox"]
    assert started_broker.llen("cpu") == 1


class Branch:
    """A GitHub with a default branch."""

    @staticmethod
    def default_branch_head(_repository: str) -> tuple[str, str]:
        return "main", "c" * 40


def test_without_a_ledger_it_is_said_how_to_name_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = Settings(home=tmp_path / "none", database_url="", repositories=("a/b",))
    monkeypatch.setattr("service.cli.here.get_settings", lambda: nowhere)
    for words in ((), ("rollback", "--yes")):
        with pytest.raises(Misconfigured, match="no ledger"):
            say(*words)
    assert list(tmp_path.iterdir()) == []


def test_another_taxonomy_is_not_touched(ledger: Engine) -> None:
    with pytest.raises(Misconfigured, match="is not served"):
        say("rollback", "--yes", "--repository", "else/where")


def test_where_no_taxonomy_is_served_it_is_said_what_to_set() -> None:
    with pytest.raises(Misconfigured, match="no repository is served") as refused:
        module._chosen(Settings(repositories=()), "")
    assert "GRAFT_REPOSITORIES" in refused.value.mend
    with pytest.raises(Misconfigured, match="several") as unsaid:
        module._chosen(Settings(repositories=("a/b", "a/c")), "")
    assert "a/b, a/c" in unsaid.value.mend


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (RunState.SUCCEEDED, ExitCode.FINE),
        (RunState.FAILED, ExitCode.FAILED),
        (RunState.BROKEN, ExitCode.OUTSIDE_FAILED),
        (RunState.CANCELLED, ExitCode.OUTSIDE_FAILED),
    ],
)
def test_who_waits_is_told_by_the_exit_code_how_it_ended(
    ledger: Engine, settings: Settings, state: RunState, code: ExitCode, capsys: pytest.CaptureFixture[str]
) -> None:
    assert module._stay(ledger, settings, ended(ledger, state)) is code
    assert "It is over." in capsys.readouterr().out


def test_who_waits_for_a_dry_run_reads_what_a_pull_request_would_show(
    ledger: Engine, settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    module._stay(ledger, settings, ended(ledger, RunState.SUCCEEDED, dry_run=True))
    said = capsys.readouterr().out
    assert "Dry run at `aaaaaaaa`" in said
    assert "<!--" not in said
