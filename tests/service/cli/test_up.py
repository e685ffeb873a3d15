"""What `graft up` hands to its processes."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from service.cli.here import settings_of
from service.cli.stack import BROKER_FILE, _from_anywhere
from service.cli.up import _home, _passed_on, _real, _require_recipe
from service.errors import Misconfigured
from service.settings import Settings, get_settings

SERVED = {"repositories": ("a/b",)}


def access(**given: Any) -> dict[str, str]:
    nobody = {"github_app_id": None, "github_app_key_file": None, "github_token": None}
    return _real(Settings(**(nobody | given))).credentials()


def test_control_workers_get_the_app_or_the_token_and_never_both() -> None:
    app = {"github_app_id": 7, "github_app_key_file": Path("/keys/app.pem")}
    token = {"github_token": SecretStr("t")}
    as_app = {"GRAFT_GITHUB_APP_ID": "7", "GRAFT_GITHUB_APP_KEY_FILE": "/keys/app.pem"}
    assert access(**SERVED, **app, **token) == as_app
    assert access(**SERVED, **token) == {"GRAFT_GITHUB_TOKEN": "t"}


@pytest.mark.parametrize("given", [SERVED, {"github_token": SecretStr("t")}, {"github_app_id": 7, **SERVED}])
def test_without_credentials_or_a_repository_it_is_said_what_to_do(given: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured) as caught:
        access(**given)
    assert "graft app create" in caught.value.mend


def test_what_was_set_besides_reaches_the_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEACHER_KEY", "k")
    settings = Settings(log_json=True, stage_environment=("TEACHER_KEY", "UNSET"), stop_grace_seconds=7)
    more = _passed_on(settings)
    assert more["TEACHER_KEY"] == "k"
    assert "UNSET" not in more
    assert Settings.model_validate(
        {name.removeprefix("GRAFT_").lower(): value for name, value in more.items() if name[:6] == "GRAFT_"}
    ) == Settings(log_json=True, stage_environment=("TEACHER_KEY", "UNSET"), stop_grace_seconds=7)


def test_every_setting_that_all_processes_may_know_is_handed_on() -> None:
    given: dict[str, Any] = {
        "public_url": "https://graft.example",
        "artifacts": Path("/big/artifacts"),
        "suggestions": False,
        "longest_stage_seconds": 60.0,
        "release_schedule": "",
        "github_token": SecretStr("t"),
        "webhook_secrets": (SecretStr("s"),),
    }
    more = _passed_on(Settings(**given))

    assert more == {
        "GRAFT_PUBLIC_URL": "https://graft.example",
        "GRAFT_ARTIFACTS": "/big/artifacts",
        "GRAFT_SUGGESTIONS": "false",
        "GRAFT_LONGEST_STAGE_SECONDS": "60.0",
        "GRAFT_RELEASE_SCHEDULE": "",
    }
    assert "GRAFT_PUBLIC_URL" not in _passed_on(Settings(**given), local=True)


def test_the_home_is_the_one_named_then_the_one_set_then_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRAFT_HOME", raising=False)
    assert _home(None, Settings()) == Path(".graft")
    monkeypatch.setenv("GRAFT_HOME", "/srv/graft")
    assert _home(None, Settings()) == Path("/srv/graft")
    assert _home(Path("here"), Settings()) == Path("here")


def test_a_recipe_that_no_stage_could_read_is_refused_before_anything_starts(tmp_path: Path) -> None:
    _require_recipe("scripted")
    with pytest.raises(Misconfigured, match="there is no recipe 'nothere'"):
        _require_recipe("nothere")
    with pytest.raises(Misconfigured, match="cannot be read"):
        _require_recipe(str(tmp_path))


def test_processes_get_a_recipes_file_by_its_whole_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ours.yaml").write_text("name: ours")
    monkeypatch.chdir(tmp_path)

    assert _from_anywhere("ours.yaml") == str(tmp_path / "ours.yaml")
    assert _from_anywhere("laptop") == "laptop"


def test_commands_find_the_broker_that_was_started_in_a_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broker_url: str
) -> None:
    get_settings.cache_clear()
    monkeypatch.delenv("GRAFT_BROKER_URL", raising=False)
    default = settings_of(tmp_path).broker_url
    (tmp_path / BROKER_FILE).write_text(broker_url)

    assert default == Settings.model_fields["broker_url"].default
    assert settings_of(tmp_path).broker_url == broker_url
    # The variable is in the file of settings that `graft up` was started with, and brought its own broker in spite of.
    get_settings.cache_clear()
    monkeypatch.setenv("GRAFT_BROKER_URL", "redis://elsewhere:6379/0")
    assert settings_of(tmp_path).broker_url == broker_url
    # What a killed `graft up` left behind is believed no more.
    (tmp_path / BROKER_FILE).write_text("redis://127.0.0.1:1/0")
    assert settings_of(tmp_path).broker_url == "redis://elsewhere:6379/0"
    get_settings.cache_clear()
