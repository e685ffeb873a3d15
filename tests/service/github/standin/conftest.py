"""A stand-in of one's own for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.github.standin.seed import seed_sample, set_webhook
from tests.service.github.standin.served import SECRET, Catcher, Served, catching


@pytest.fixture
def catcher() -> Iterator[Catcher]:
    with catching() as catcher:
        yield catcher


@pytest.fixture(scope="session")
def seeded_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return seed_sample(tmp_path_factory.mktemp("seeded") / "home").home


@pytest.fixture
def home(seeded_home: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(seeded_home, tmp_path / "home"))


@pytest.fixture
def standin(home: Path) -> Iterator[Served]:
    with Served(home) as served:
        yield served


@pytest.fixture
def told(home: Path, catcher: Catcher) -> Iterator[Served]:
    """A stand-in whose App's webhooks go to the catcher."""
    set_webhook(home, catcher.url, SECRET, base_url="http://127.0.0.1")
    with Served(home) as served:
        yield served
