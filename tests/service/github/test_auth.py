from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from service.errors import GitHubFailed, GitHubGone, Misconfigured
from service.github.auth import AppCredentials
from service.github.connect import connect
from service.github.standin.driver import StandIn
from service.settings import Settings
from tests.service.github.conftest import settings_for

REPO = "orchard/taxonomy"


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(standin: StandIn, clock: Clock) -> AppCredentials:
    github = connect(settings_for(standin))._connect
    return AppCredentials(standin.seeded.app_id, standin.seeded.app_key.read_text(), github, clock)


def test_the_apps_token_is_back_dated_and_short(app: AppCredentials, standin: StandIn) -> None:
    claims = jwt.decode(app.for_itself().token, options={"verify_signature": False})
    header = jwt.get_unverified_header(app.for_itself().token)
    now = datetime.now(UTC).timestamp()
    assert header["alg"] == "RS256"
    assert claims["iat"] == pytest.approx(now - 60, abs=20)
    assert claims["exp"] == pytest.approx(now + 540, abs=20)
    assert str(claims["iss"]) == str(standin.seeded.app_id)


def test_a_token_is_kept_until_five_minutes_before_its_end(app: AppCredentials, clock: Clock) -> None:
    first = app.for_repository(REPO).token
    clock.now += timedelta(minutes=54)
    assert app.for_repository(REPO).token == first
    clock.now += timedelta(minutes=2)
    assert app.for_repository(REPO).token != first


def test_a_token_is_asked_for_one_repository_alone(
    app: AppCredentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    github = app._connect(app.for_itself())
    whole = github.requester.requestJsonAndCheck

    def listening(verb: str, url: str, **more: Any) -> Any:
        asked.append((verb, more.get("input")))
        return whole(verb, url, **more)

    monkeypatch.setattr(github.requester, "requestJsonAndCheck", listening)
    monkeypatch.setattr(app, "_connect", lambda _auth: github)
    assert app.token(REPO)
    assert asked == [("GET", None), ("POST", {"repositories": ["taxonomy"]})]


def test_a_refused_token_is_forgotten_once(app: AppCredentials) -> None:
    first = app.token(REPO)
    assert app.renew(REPO)
    assert not app.renew(REPO)
    assert app.token(REPO) != first


def test_where_the_app_is_not_installed_is_gone(app: AppCredentials) -> None:
    with pytest.raises(GitHubGone):
        app.token("elsewhere/nothing")


def test_another_apps_key_is_refused_with_what_to_check(standin: StandIn) -> None:
    client = connect(settings_for(standin, github_app_id=standin.seeded.app_id + 1))
    with pytest.raises(GitHubFailed) as caught:
        client.pull_request(REPO, 1)
    assert "GRAFT_GITHUB_APP_ID" in caught.value.mend


def test_no_token_is_shown_by_what_pygithub_logs(app: AppCredentials) -> None:
    auth = app.for_repository(REPO)
    assert auth.token not in auth._masked_token


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "GRAFT_GITHUB_TOKEN"),
        ({"github_token": ""}, "GRAFT_GITHUB_TOKEN"),
        ({"github_app_id": 1}, "GRAFT_GITHUB_APP_KEY_FILE"),
        ({"github_app_id": 1, "github_app_key_file": "/nowhere/key.pem"}, "GRAFT_GITHUB_APP_KEY_FILE"),
        ({"github_app_id": 1, "github_app_key_file": __file__}, "BEGIN RSA PRIVATE KEY"),
    ],
)
def test_without_credentials_nothing_is_connected(given: dict[str, Any], named: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        connect(
            Settings.model_validate({"home": tmp_path, "github_token": None, "github_app_id": None} | given)
        )
    assert named in f"{caught.value.message} {caught.value.mend}"
