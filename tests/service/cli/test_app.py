"""`graft app create` against the stand-in, from the page on loopback to an installed App that speaks."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from dotenv import dotenv_values

from service.cli.app import _reachable, create
from service.cli.registration.files import NotWritten, keep_key, keep_settings, prepare
from service.cli.registration.server import Registration, Wish, serving
from service.errors import GitHubFailed, GitHubGone, Misconfigured
from service.github.connect import connect
from service.github.manifest import NewApp, convert
from service.github.rights import EVENTS, PERMISSIONS
from service.github.standin.driver import StandIn
from service.settings import Settings
from tests.service.github.standin.contract import validate_answer

REPO = "orchard/taxonomy"
MADE = NewApp(7, "graft", "Graft", "https://github.example/apps/graft", "KEY", "SECRET")


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with StandIn(tmp_path_factory.mktemp("github") / "home") as standin:
        yield standin


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=30, headers={"Accept": "text/html"}) as client:
        yield client


def submit(browser: httpx.Client, page: httpx.Response) -> httpx.Response:
    """Press the page's one button, as a browser does."""
    action = re.search(r'<form method="post" action="([^"]+)"', page.text)
    assert action, page.text
    fields = re.findall(r'name="([^"]+)" value="([^"]*)"', page.text)
    return browser.post(
        str(page.url.join(unescape(action[1]))), data={name: unescape(value) for name, value in fields}
    )


def confirm(standin: StandIn, name: str) -> httpx.Response:
    """What GitHub answers to the manifest once the person has confirmed."""
    wish = Wish(standin.base_url, "orchard", name, "http://127.0.0.1:1", public=False)
    registration = Registration(wish, lambda _code: MADE, address="http://127.0.0.1:9", state="s")
    values = registration.form()[1]
    with httpx.Client(trust_env=False) as client:
        return submit(
            client, client.post(values["action"], data={"manifest": json.dumps(values["manifest"])})
        )


def register(standin: StandIn, name: str) -> str:
    """A code, as GitHub would send it."""
    said = parse_qs(urlsplit(confirm(standin, name).headers["location"]).query)
    assert said["state"] == ["s"]
    return said["code"][0]


def test_one_click_makes_an_app_that_speaks_and_shows_no_secret(
    standin: StandIn, browser: httpx.Client, tmp_path: Path
) -> None:
    place = tmp_path / "graftlab.env"
    place.write_text("# mine\nGRAFT_RECIPE=scripted\nGRAFT_PUBLIC_URL=http://old\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GRAFT_")}
    github = {"GRAFT_GITHUB_API_URL": standin.api_url, "GRAFT_GITHUB_WEB_URL": standin.base_url}
    arguments = ["app", "create", "--org", "orchard", "--no-open", "--settings", str(place), "--name", "Pear"]
    arguments += ["--url", "http://127.0.0.1:8123", "--repository", REPO]
    with subprocess.Popen(
        [sys.executable, "-c", "from service.cli.main import main; main()", *arguments],
        env=kept | github | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+/", first)
        assert address, first + process.stdout.read()
        forged = browser.get(f"{address[0]}registered", params={"code": "stolen", "state": "guessed"})
        ours = browser.get(address[0])
        review = submit(browser, ours)
        back = browser.get(submit(browser, review).headers["location"])
        said = first + process.stdout.read()
    assert process.returncode == 0, said
    assert forged.status_code == 400
    assert "write checks" in ours.text
    assert (review.status_code, back.status_code) == (200, 200)
    assert "Pear is made" in back.text

    values = dotenv_values(place)
    key_file = Path(values["GRAFT_GITHUB_APP_KEY_FILE"] or "")
    secret, key = values["GRAFT_WEBHOOK_SECRETS"] or "", key_file.read_text()
    assert {oct(file.stat().st_mode & 0o777) for file in (place, key_file)} == {"0o600"}
    assert (values["GRAFT_RECIPE"], values["GRAFT_PUBLIC_URL"]) == ("scripted", "http://127.0.0.1:8123")
    assert (values["GRAFT_BOT_LOGIN"], values["GRAFT_REPOSITORIES"]) == ("pear[bot]", REPO)
    assert len(secret) >= 40
    for shown in (said, ours.text, review.text, back.text):
        assert secret not in shown
        assert key[60:120] not in shown

    install = re.search(r"http://\S+/installations/new", said)
    assert install
    assert submit(browser, browser.get(install[0])).status_code == 303
    client = connect(Settings(_env_file=place))
    assert client.default_branch_head(REPO)[0] == "main"
    assert client.login == "pear[bot]"
    told = [one for one in standin.deliveries() if one["event"] == "installation"]
    assert [one["action"] for one in told] == ["created"]


def test_a_code_works_once_and_the_answer_is_as_github_describes_it(standin: StandIn) -> None:
    code = register(standin, "Once")
    with httpx.Client(trust_env=False) as client:
        answer = client.post(f"{standin.api_url}/app-manifests/{code}/conversions")
    validate_answer("POST", f"/app-manifests/{code}/conversions", answer.status_code, answer.content)
    assert answer.json()["permissions"] == dict(PERMISSIONS)
    assert answer.json()["events"] == list(EVENTS)
    with pytest.raises(GitHubGone):
        convert(standin.api_url, code)
    with pytest.raises(GitHubFailed):
        convert(standin.api_url, "../app")


def test_a_name_that_is_taken_is_said_on_githubs_page(standin: StandIn) -> None:
    assert confirm(standin, "Taken twice").status_code == 302
    again = confirm(standin, "Taken twice")
    assert again.status_code == 422
    assert "already taken" in again.text


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Registration]:
    """A registration whose GitHub fails once, then makes the App."""
    answers: Iterator[GitHubFailed | NewApp] = iter([GitHubFailed("busy", mend="Wait."), MADE])

    def finish(_code: str) -> NewApp:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    wish = Wish("https://github.example", "o'r\"g<b>", "Graft", "https://graft.example", public=False)
    registration = Registration(wish, finish)
    with serving(registration, 0):
        yield registration


def test_a_failure_of_github_leaves_the_page_waiting_for_another_try(
    waiting: Registration, browser: httpx.Client
) -> None:
    back = f"{waiting.address}/registered"
    query = {"code": "c", "state": waiting.state}
    first = browser.get(back, params=query)
    assert (first.status_code, waiting.done.is_set()) == (502, False)
    assert "try once more" in first.text
    assert browser.get(back, params=query).status_code == 200
    assert browser.get(back, params=query).status_code == 200  # a page loaded again asks GitHub no more
    assert (waiting.done.is_set(), waiting.made) == (True, MADE)


def test_only_our_state_and_our_own_address_are_answered(
    waiting: Registration, browser: httpx.Client
) -> None:
    back = f"{waiting.address}/registered"
    for state in ("", "guessed", waiting.state + "x"):
        assert browser.get(back, params={"code": "c", "state": state}).status_code == 400
    assert waiting.made is None
    page = browser.get(f"{waiting.address}/", headers={"Host": "evil.example"})
    assert page.status_code == 421
    assert waiting.state not in page.text
    assert browser.get(f"{waiting.address}/favicon.ico").status_code == 404


def test_the_page_escapes_what_it_is_given(waiting: Registration, browser: httpx.Client) -> None:
    page = browser.get(waiting.address)
    assert "<b>" not in page.text
    assert "script" not in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("named", [["taxonomy"], [REPO, REPO], [f"https://github.com/{REPO}"]])
def test_no_app_is_made_for_what_can_be_no_repository(tmp_path: Path, named: list[str]) -> None:
    with pytest.raises(Misconfigured) as caught:
        create(repository=named, settings_file=tmp_path / "graft.env", open_browser=False)
    assert "--repository OWNER/NAME" in caught.value.mend
    assert list(tmp_path.iterdir()) == []


def test_files_are_looked_at_before_anything_is_made(tmp_path: Path) -> None:
    place = tmp_path / "new" / "graft.env"
    assert prepare(place) == place.with_suffix(".pem")
    place.write_text("GRAFT_GITHUB_APP_ID=1\n")
    with pytest.raises(Misconfigured, match="names an App already"):
        prepare(place)
    place.write_text("GRAFT_GITHUB_APP_ID=\n")
    place.with_suffix(".pem").write_text("a key")
    with pytest.raises(Misconfigured, match="never written over"):
        prepare(place)
    with pytest.raises(Misconfigured, match="cannot be written"):
        prepare(Path("/proc/graft.env"))


def test_what_cannot_be_kept_says_how_to_go_on_with_the_app_that_is_there(tmp_path: Path) -> None:
    for keep in (
        lambda: keep_key(tmp_path / "nowhere" / "key.pem", "k"),
        lambda: keep_settings(tmp_path / "nowhere" / "graft.env", {"A": "b"}),
    ):
        with pytest.raises(NotWritten) as caught:
            keep()
        assert "new private key" in caught.value.mend


@pytest.mark.parametrize(
    ("url", "web_url", "fine"),
    [
        ("https://graft.example.org/", "https://github.com", True),
        ("http://127.0.0.1:8000", "https://github.com", False),
        ("http://localhost:8000", "https://github.com", False),
        ("http://[::1]:8000", "https://github.com", False),
        ("http://127.0.0.1:8000", "http://127.0.0.1:9000", True),
        ("graft.example.org", "https://github.com", False),
        ("file:///etc/passwd", "https://github.com", False),
    ],
)
def test_github_must_be_able_to_reach_the_service(url: str, web_url: str, *, fine: bool) -> None:
    if fine:
        assert _reachable(url, web_url) == url.rstrip("/")
        return
    with pytest.raises(Misconfigured) as caught:
        _reachable(url, web_url)
    assert "https://" in caught.value.mend
