"""`graft deliveries` as people type it."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from pipelines.errors import WrongUse
from service.cli import deliveries as command
from service.cli.main import build
from service.errors import Misconfigured
from service.ledger import deliveries
from service.ledger.session import read_scope, session_scope
from service.ledger.tables import Delivery
from service.settings import Settings

TOKEN = "ghs_AbCdEfGhIjKlMnOpQrStUvWxYz012345"
Graft = Callable[..., Result]


@pytest.fixture
def nudged() -> list[tuple[str, int]]:
    return []


@pytest.fixture
def graft(
    settings: Settings, engine: Engine, monkeypatch: pytest.MonkeyPatch, nudged: list[tuple[str, int]]
) -> Graft:
    """Runs `graft deliveries ...` on a ledger with three deliveries."""
    record(engine, "d-1", event="pull_request", age=timedelta(days=2))
    record(engine, "d-2", event="issue_comment", body={"comment": {"body": f"\x1b[31m {TOKEN}"}})
    record(engine, "d-3", event="push", repository="other/place")
    with session_scope(engine) as session:
        deliveries.processed(session, 1, now=datetime.now(UTC))
        deliveries.failed(session, 2, error=f"[bold]GitHubFailed: {TOKEN}", not_before=datetime.now(UTC))
    monkeypatch.setattr("service.cli.here.get_settings", lambda: settings)
    noted = nullcontext(lambda task, row_id: nudged.append((task, row_id)))
    monkeypatch.setattr(command, "nudging", lambda _settings: noted)
    monkeypatch.setenv("COLUMNS", "200")
    app = build(["deliveries"])
    return lambda *arguments: CliRunner().invoke(app, ["deliveries", *arguments])


def record(
    engine: Engine, name: str, *, event: str, body: Any = None, age: timedelta = timedelta(), **changes: str
) -> None:
    given = {"action": "created", "repository": "garden/taxonomy"} | changes
    with session_scope(engine) as session:
        deliveries.record(
            session,
            delivery_id=name,
            event=event,
            body=json.dumps(body or {}).encode(),
            now=datetime.now(UTC) - age,
            **given,
        )


def listed(graft: Graft, *arguments: str) -> list[str]:
    done = graft("list", "--json", *arguments)
    assert done.exit_code == 0, done.output
    return [one["delivery"] for one in json.loads(done.stdout)]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), ["d-3", "d-2", "d-1"]),
        (("--unprocessed",), ["d-3", "d-2"]),
        (("--failed",), ["d-2"]),
        (("--event", "push"), ["d-3"]),
        (("--repository", "garden/taxonomy"), ["d-2", "d-1"]),
        (("--since", "1d"), ["d-3", "d-2"]),
        (("--since", "2020-01-01"), ["d-3", "d-2", "d-1"]),
        (("--limit", "1"), ["d-3"]),
    ],
)
def test_deliveries_are_listed_newest_first_and_picked_from(
    graft: Graft, arguments: tuple[str, ...], expected: list[str]
) -> None:
    assert listed(graft, *arguments) == expected


def test_the_table_shows_states_and_hides_credentials_and_markup(graft: Graft) -> None:
    done = graft("list")
    assert done.exit_code == 0
    for word in ("processed", "failing", "waiting", "issue_comment.created", "[bold]GitHubFailed"):
        assert word in done.stdout
    assert TOKEN not in done.stdout


def test_a_delivery_is_shown_with_its_body_and_without_what_it_should_not_tell(graft: Graft) -> None:
    for name in ("2", "d-2"):
        done = graft("show", name)
        assert done.exit_code == 0
        assert "issue_comment" in done.stdout
        assert '"comment"' in done.stdout
        assert TOKEN not in done.stdout
        assert "\x1b" not in done.stdout
    shown = json.loads(graft("show", "2", "--json").stdout)
    assert shown["state"] == "failing"
    assert "body" not in json.loads(graft("show", "2", "--json", "--no-body").stdout)


@pytest.mark.parametrize(
    "arguments",
    [("show", "99"), ("show", "9" * 30), ("replay", "d-2", "no-such"), ("list", "--since", "soon")],
)
def test_what_is_not_there_is_said_and_changes_nothing(
    graft: Graft, engine: Engine, nudged: list[tuple[str, int]], arguments: tuple[str, ...]
) -> None:
    done = graft(*arguments)
    assert isinstance(done.exception, WrongUse)
    assert done.exception.mend
    assert nudged == []
    with read_scope(engine) as session:
        assert session.get_one(Delivery, 2).error is not None


def test_a_replay_makes_it_unprocessed_and_tells_a_worker(
    graft: Graft, engine: Engine, nudged: list[tuple[str, int]]
) -> None:
    done = graft("replay", "1", "d-2")
    assert done.exit_code == 0, done.output
    assert nudged == [("handle_delivery", 1), ("handle_delivery", 2)]
    with read_scope(engine) as session:
        for row_id in (1, 2):
            row = session.get_one(Delivery, row_id)
            assert (row.processed_at, row.attempts, row.error) == (None, 0, None)


def test_a_replay_is_told_to_the_workers_of_a_service_that_was_started_in_the_home(
    settings: Settings, engine: Engine, started_broker: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(engine, "d-1", event="push")
    monkeypatch.setattr("service.cli.here.get_settings", lambda: settings)
    done = CliRunner().invoke(build(["deliveries"]), ["deliveries", "replay", "1"])

    assert done.exit_code == 0, done.output
    assert tasks(started_broker) == ["handle_delivery"]


def tasks(broker: Redis) -> list[str]:
    """What lies in the queue that the control workers take from."""
    return [json.loads(message)["headers"]["task"] for message in broker.lrange("control", 0, -1)]


def test_a_replay_that_would_do_nothing_is_refused(
    graft: Graft, engine: Engine, nudged: list[tuple[str, int]]
) -> None:
    done = graft("replay", "1", "3")
    assert isinstance(done.exception, WrongUse)
    assert "GRAFT_REPOSITORIES" in done.exception.mend
    assert nudged == []
    with read_scope(engine) as session:
        assert session.get_one(Delivery, 1).processed_at is not None


def test_where_there_is_no_ledger_none_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "service.cli.here.get_settings", lambda: Settings(home=tmp_path / "mistyped", database_url="")
    )
    done = CliRunner().invoke(build(["deliveries"]), ["deliveries", "list"])

    assert isinstance(done.exception, Misconfigured)
    assert "GRAFT_HOME" in done.exception.mend
    assert list(tmp_path.iterdir()) == []
