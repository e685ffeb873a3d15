"""What `graft up` hands to its processes."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from service.cli.up import _passed_on, _real
from service.errors import Misconfigured
from service.settings import Settings

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
