"""Each part is looked at for real; what is wrong with it is named, with the way to mend it."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from pydantic import SecretStr
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from service.cli.checkup import at_github, machine, stores
from service.cli.checkup.part import Found, Part, State, examine
from service.cli.main import build
from service.github.standin.seed import seed_sample, set_webhook
from service.github.standin.tables import App, Delivery, Registration
from service.settings import Settings
from tests.service.github.standin.served import SECRET, Catcher, Served, catching

REPO = "orchard/taxonomy"


@pytest.fixture(scope="module")
def catcher() -> Iterator[Catcher]:
    with catching() as catcher:
        yield catcher


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory, catcher: Catcher) -> Iterator[Served]:
    home = seed_sample(tmp_path_factory.mktemp("github") / "home").home
    set_webhook(home, catcher.url, SECRET, base_url="http://127.0.0.1")
    with Served(home) as served:
        catcher.wait_for("ping")
        served.wait_tried(bool)
        yield served


@pytest.fixture
def settings(settings: Settings, standin: Served, catcher: Catcher, broker_url: str) -> Settings:
    """Of a service that has all it needs."""
    return settings.model_copy(
        update={
            "github_api_url": standin.api_url,
            "github_web_url": standin.base_url,
            "github_app_id": standin.seeded.app_id,
            "github_app_key_file": standin.seeded.app_key,
            "repositories": (REPO,),
            "webhook_secrets": (SecretStr(SECRET),),
            "public_url": catcher.url.removesuffix("/webhooks/github"),
            "broker_url": broker_url,
        }
    )


@contextmanager
def listening(broker_url: str, *queues: str) -> Iterator[None]:
    """Somebody who takes messages from these queues, as workers do."""
    over = threading.Event()

    def take() -> None:
        with redis.Redis.from_url(broker_url) as client:
            while not over.is_set():
                client.blpop(queues, timeout=1)

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join()


def found(parts: list[Part], name: str) -> Found:
    return examine(next(part for part in parts if part.name == name))


def test_a_service_with_all_it_needs_is_healthy(
    settings: Settings, engine: Engine, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.cli.here.get_settings", lambda: settings)
    with listening(broker_url, "control", "cpu", "gpu"):
        answer = CliRunner().invoke(build(), ["doctor", "--no-engines", "--json"])
    said = json.loads(answer.output)
    assert [one for one in said["parts"] if one["state"] == "missing"] == []
    assert (answer.exit_code, said["healthy"]) == (0, True)
    assert [one["name"] for one in said["parts"]] == [
        *("settings", "git", "disk", "artifacts", "recipe", "ledger", "broker"),
        *("secret", "github", "clock", "webhook", REPO, "worker control", "worker cpu", "worker gpu"),
    ]


def test_what_is_missing_is_said_to_people_with_the_way_to_mend_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    poor = settings.model_copy(update={"broker_url": "redis://127.0.0.1:1/0"})
    monkeypatch.setattr("service.cli.here.get_settings", lambda: poor)
    answer = CliRunner().invoke(build(), ["doctor", "--quick"])
    assert answer.exit_code == 3
    lines = answer.output.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("missing broker"))
    assert "GRAFT_BROKER_URL" in lines[at + 1]
    assert not any("github" in line for line in lines)


def test_a_queue_that_nobody_serves_is_found(
    settings: Settings, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "_LISTENS_WITHIN", 0.3)
    with listening(broker_url, "cpu"):
        assert found(stores.workers(settings), "worker cpu").state is State.OK
        gpu = found(stores.workers(settings), "worker gpu")
    assert gpu.state is State.MISSING
    assert "`gpu`" in gpu.mend
    with redis.Redis.from_url(broker_url) as client:
        client.delete("gpu")


@pytest.mark.parametrize(
    ("part", "changes", "said"),
    [
        ("secret", {"webhook_secrets": ()}, "GRAFT_WEBHOOK_SECRETS"),
        ("secret", {"webhook_secrets": (SecretStr("short"),)}, "openssl"),
        ("github", {"github_app_id": None, "github_token": None}, "GRAFT_GITHUB_APP_ID"),
        ("github", {"github_app_id": 99}, "GRAFT_GITHUB_APP_ID"),
        ("github", {"github_api_url": "http://127.0.0.1:1"}, "no answer"),
        ("github", {"bot_login": "other[bot]"}, "GRAFT_BOT_LOGIN=graftlab[bot]"),
        ("webhook", {"public_url": "https://elsewhere.example"}, "elsewhere.example"),
        ("elsewhere/nothing", {"repositories": ("elsewhere/nothing",)}, "not installed"),
        ("repositories", {"repositories": ()}, "GRAFT_REPOSITORIES"),
    ],
)
def test_what_differs_at_github_is_named(
    settings: Settings, part: str, changes: dict[str, Any], said: str
) -> None:
    one = found(at_github.parts(settings.model_copy(update=changes)), part)
    assert one.state is State.MISSING
    assert said in f"{one.said} {one.mend}"


def test_a_repository_that_was_renamed_is_named_with_its_new_name(
    settings: Settings, standin: Served
) -> None:
    token = SecretStr(standin.seeded.users["max"].token)
    with_token = settings.model_copy(update={"github_app_id": None, "github_token": token})
    root = standin.appoint("root", role="admin")
    root.repo(REPO).edit(name="trees")
    try:
        by_app, by_token = (found(at_github.parts(one), REPO) for one in (settings, with_token))
    finally:
        root.repo("orchard/trees").edit(name="taxonomy")
    assert by_app == by_token
    assert (by_app.state, by_app.said) == (State.MISSING, f"{REPO} is now orchard/trees at GitHub")
    assert "Set GRAFT_REPOSITORIES to orchard/trees" in by_app.mend


def test_a_token_works_and_its_limit_is_told(settings: Settings, standin: Served) -> None:
    token = SecretStr(standin.seeded.users["max"].token)
    with_token = settings.model_copy(update={"github_app_id": None, "github_token": token})
    parts = at_github.parts(with_token)
    assert found(parts, "github").state is State.NOTE
    assert "cannot write check runs" in found(parts, "github").said
    assert found(parts, REPO) == Found(REPO, State.OK, "the token may write")
    ada = SecretStr(standin.seeded.users["ada"].token)
    refused = found(at_github.parts(with_token.model_copy(update={"github_token": ada})), REPO)
    assert (refused.state, refused.mend) == (State.MISSING, "Give the token write access.")


def test_rights_and_events_that_an_app_lacks_are_named(settings: Settings, standin: Served) -> None:
    with standin.world.session() as session:
        app = session.scalars(select(App)).one()
        app.registration = Registration(
            description="", url="", code="c", key="", events=["push"],
            permissions={"metadata": "read", "contents": "read", "issues": "write", "pull_requests": "write"},
        )  # fmt: skip
    try:
        app_found, on_repository = (found(at_github.parts(settings), name) for name in ("github", REPO))
    finally:
        with standin.world.session() as session:
            session.delete(session.scalars(select(Registration)).one())
    assert "write checks, write contents; check_run, issue_comment, pull_request" in app_found.said
    assert "/apps/graftlab" in app_found.mend
    assert "write checks, write contents" in on_repository.said
    assert "settings/installations" in on_repository.mend


@pytest.mark.parametrize(
    ("status", "state", "said"),
    [
        (401, State.MISSING, "secrets differ"),
        (503, State.NOTE, "deliveries failed"),
        (202, State.OK, "sends to"),
    ],
)
def test_what_github_says_of_its_deliveries_is_read(
    settings: Settings, standin: Served, status: int, state: State, said: str
) -> None:
    with standin.world.session() as session:
        for row in session.scalars(select(Delivery)):
            row.status_code = status
    one = found(at_github.parts(settings), "webhook")
    assert one.state is state
    assert said in one.said


@pytest.mark.parametrize(("seconds", "said"), [(400, "ahead of GitHub"), (-400, "behind GitHub")])
def test_a_clock_that_goes_wrong_is_seen_by_github_s(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, seconds: int, said: str
) -> None:
    class Wrong(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(seconds=seconds)

    monkeypatch.setattr(at_github, "datetime", Wrong)
    clock = found(at_github.parts(settings), "clock")
    assert clock.state is State.MISSING
    assert clock.said.endswith(said)


def test_an_old_git_a_full_disk_and_a_read_only_folder_are_found(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_output", lambda _argv: "git version 2.20.1")
    assert "too old" in found(machine.parts(settings), "git").said
    monkeypatch.setattr(machine, "_DISK_WANTED", 10**9)
    full = found(machine.parts(settings), "disk")
    assert (full.state, "graft prune" in full.mend) == (State.MISSING, True)
    nowhere = settings.model_copy(update={"artifacts": Path("/proc/artifacts")})
    assert found(machine.parts(nowhere), "artifacts").state is State.MISSING


def test_named_benchmarks_are_read(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "gsm8k").mkdir()
    (tmp_path / "gsm8k" / "test.jsonl").write_text('{"question": "How many oaks stand on all five hills?"}\n')

    def said(folder: Path | None) -> list[Found]:
        named = settings.model_copy(update={"benchmarks": folder})
        return [examine(part) for part in machine.parts(named) if part.name == "benchmarks"]

    assert said(None) == []
    assert [one.state for one in said(tmp_path)] == [State.OK]
    (missing,) = said(tmp_path / "nowhere")
    assert (missing.state, "GRAFT_BENCHMARKS" in missing.mend) == (State.MISSING, True)


def test_a_teacher_behind_a_url_is_asked(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = tmp_path / "recipe.yaml"
    teacher = {"kind": "openai", "url": "http://teacher.example/v1", "api_key_variable": "TEACHER_KEY"}
    recipe.write_text(json.dumps({"name": "r", "base_model": "tiny:1", "generate": {"teacher": teacher}}))
    with_recipe = settings.model_copy(update={"recipe": str(recipe)})
    assert "GRAFT_STAGE_ENVIRONMENT" in found(machine.engines(with_recipe), "teacher").mend
    seeing = with_recipe.model_copy(update={"stage_environment": ("TEACHER_KEY",)})
    monkeypatch.setenv("TEACHER_KEY", "geheim")
    asked: list[Any] = []

    def answer(url: str, **more: Any) -> httpx.Response:
        asked.append((url, more["headers"]))
        return httpx.Response(200 if len(asked) == 1 else 503)

    monkeypatch.setattr(httpx, "get", answer)
    assert found(machine.engines(seeing), "teacher").state is State.OK
    assert asked == [("http://teacher.example/v1/models", {"Authorization": "Bearer geheim"})]
    assert "503" in found(machine.engines(seeing), "teacher").said


def test_without_readable_settings_only_they_are_spoken_of() -> None:
    # In a process of its own: here everything that reads the settings is loaded already.
    answer = subprocess.run(
        [sys.executable, "-c", "from service.cli.main import main; main()", "doctor", "--json"],
        env=os.environ | {"GRAFT_LEASE_SECONDS": "soon"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 3, answer.stderr
    (only,) = json.loads(answer.stdout)["parts"]
    assert only["name"] == "settings"
    assert "GRAFT_LEASE_SECONDS" in only["said"]
