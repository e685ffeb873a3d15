"""A stand-in for the client's tests: one for all of them, since each test works in a pull request of its own."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.github.connect import connect
from service.github.pygithub_client import PyGithubClient
from service.github.standin.driver import StandIn
from service.settings import Settings

Opened = tuple[int, str]
"""A pull request's number, and its head."""


def settings_for(standin: StandIn, **changes: object) -> Settings:
    given: dict[str, object] = {
        "github_api_url": standin.api_url,
        "github_web_url": standin.base_url,
        "github_app_id": standin.seeded.app_id,
        "github_app_key_file": standin.seeded.app_key,
        "public_url": "https://graft.example",
    }
    return Settings.model_validate(given | changes)


@pytest.fixture(scope="session")
def github_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("github")


@pytest.fixture(scope="session")
def standin(github_home: Path) -> Iterator[StandIn]:
    with StandIn(github_home / "home") as standin:
        yield standin


@pytest.fixture(scope="session")
def client(standin: StandIn) -> PyGithubClient:
    return connect(settings_for(standin))


@pytest.fixture(scope="session")
def open_pull(standin: StandIn, github_home: Path) -> Callable[[], Opened]:
    """Opens a pull request by Ada, from a branch of its own."""
    ada = standin.person("ada")
    copy = ada.clone(github_home / "ada")
    numbers = itertools.count(1)

    def open_one() -> Opened:
        branch = f"leaf-{next(numbers)}"
        copy.git("switch", "--quiet", "--create", branch, "origin/HEAD")
        copy.write(f"{branch}.txt", branch)
        sha = copy.commit(f"Add {branch}")
        copy.push()
        return ada.open_pull(copy, f"Add {branch}").number, sha

    return open_one
