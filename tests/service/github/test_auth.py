from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from service.errors import GitHubFailed, Misconfigured, NotInstalled
from service.github.app_key import KeyFile
from service.github.auth import AppCredentials
from service.github.connect import connect
from service.github.rights import PERMISSIONS, WHERE_GRANTED
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
    return AppCredentials(standin.seeded.app_id, standin.seeded.app_key.read_text, github, clock)


class Listener:
    """What the App asks of GitHub, as (verb, path, what was sent)."""

    def __init__(self, app: AppCredentials, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        github = app._connect(app.for_itself())
        whole = github.requester.requestJsonAndCheck

        def listening(verb: str, url: str, **more: Any) -> Any:
            self.asked.append((verb, url, more.get("input")))
            return whole(verb, url, **more)

        monkeypatch.setattr(github.requester, "requestJsonAndCheck", listening)
        monkeypatch.setattr(app, "_connect", lambda _auth: github)


@pytest.fixture
def listener(app: AppCredentials, monkeypatch: pytest.MonkeyPatch) -> Listener:
    return Listener(app, monkeypatch)


@pytest.fixture
def as_app(standin: StandIn) -> Iterator[httpx.Client]:
    """A bare client with the App's key, for what its owner does to an installation."""
    token = standin.as_app().token
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=standin.api_url, headers=headers, trust_env=False) as client:
        yield client


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


def test_a_token_is_asked_for_one_repository_and_for_what_is_used_alone(
    app: AppCredentials, listener: Listener
) -> None:
    assert app.token(REPO)
    (_, _, looked), (_, _, sent) = listener.asked
    assert looked is None
    assert sent["repositories"] == ["taxonomy"]
    assert sent["permissions"] == {**PERMISSIONS, **WHERE_GRANTED}
    assert "statuses" not in sent["permissions"]  # the stand-in's App may; we never do


def test_a_narrowed_token_writes_to_its_own_repository_alone(app: AppCredentials, standin: StandIn) -> None:
    headers = {"Authorization": f"token {app.token(REPO)}"}
    with httpx.Client(base_url=standin.api_url, headers=headers, trust_env=False) as client:
        other = client.post("/repos/orchard/documents/labels", json={"name": "x", "color": "000000"})
        forbidden = client.post(f"/repos/{REPO}/statuses/main", json={"state": "success"})
        own = client.post(f"/repos/{REPO}/labels", json={"name": "narrow", "color": "000000"})
    assert (other.status_code, forbidden.status_code, own.status_code) == (403, 403, 201)


def test_an_installation_is_looked_up_once_for_each_repository(
    app: AppCredentials, listener: Listener, clock: Clock
) -> None:
    for _ in range(3):
        app.token(REPO)
        app.token("orchard/documents")
        clock.now += timedelta(hours=1)
    looked = [url for verb, url, _ in listener.asked if verb == "GET"]
    assert looked == [f"/repos/{REPO}/installation", "/repos/orchard/documents/installation"]


def test_what_was_granted_later_is_asked_for_within_a_day(
    app: AppCredentials, listener: Listener, clock: Clock
) -> None:
    app.token(REPO)
    clock.now += timedelta(days=1)
    app.token(REPO)
    assert [verb for verb, _, _ in listener.asked] == ["GET", "POST", "GET", "POST"]


def test_a_suspended_installation_is_said_to_be_and_works_again_when_that_is_lifted(
    app: AppCredentials, standin: StandIn, as_app: httpx.Client
) -> None:
    path = f"/app/installations/{standin.seeded.installation_id}/suspended"
    assert as_app.put(path).status_code == 204
    try:
        with pytest.raises(NotInstalled, match="suspended") as caught:
            app.token(REPO)
        assert "settings/installations" in caught.value.mend
    finally:
        assert as_app.delete(path).status_code == 204
    assert app.token(REPO)


def test_an_installation_that_went_away_is_looked_for_anew(
    app: AppCredentials, listener: Listener, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    known = app.installation(REPO)
    monkeypatch.setitem(app._installations, REPO, replace(known, id=known.id + 999))
    with pytest.raises(GitHubFailed):
        app.token(REPO)
    assert app.token(REPO)


def test_one_repository_without_the_app_stops_no_other(app: AppCredentials) -> None:
    with pytest.raises(NotInstalled) as caught:
        app.token("elsewhere/nothing")
    assert "elsewhere/nothing" in caught.value.message
    assert "GRAFT_REPOSITORIES" in caught.value.mend
    assert app.token(REPO)


def test_a_key_that_was_replaced_is_used_at_once(standin: StandIn, tmp_path: Path) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    wrong = other.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = tmp_path / "app.pem"
    file.write_bytes(wrong)
    client = connect(settings_for(standin, github_app_key_file=file))
    with pytest.raises(GitHubFailed):
        client.default_branch_head(REPO)
    file.with_suffix(".new").write_text(standin.seeded.app_key.read_text())
    file.with_suffix(".new").replace(file)
    assert client.default_branch_head(REPO)[0] == "main"


def test_a_key_that_is_half_written_does_not_replace_a_good_one(
    standin: StandIn, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "app.pem"
    good = standin.seeded.app_key.read_text()
    file.write_text(good)
    key = KeyFile(file)
    file.write_text(good[:200])
    assert key() == good
    file.unlink()
    assert key() == good
    assert "used further" in caplog.text
    assert good[100:160] not in caplog.text


def test_a_refused_token_is_forgotten_once(app: AppCredentials) -> None:
    first = app.token(REPO)
    assert app.renew(REPO)
    assert not app.renew(REPO)
    assert app.token(REPO) != first


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
