"""The real app on a loopback port over a seeded ledger, and Chromium to look at it."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright
from pydantic import SecretStr
from sqlalchemy import Engine

from service.app import create_app
from service.ledger.migrations import upgrade
from service.ledger.session import make_engine
from service.settings import Settings
from tests.service.web.seed import Seeded, seed

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))


@dataclass(frozen=True)
class Site:
    address: str
    engine: Engine
    seeded: Seeded


@pytest.fixture(scope="module")  # while it lives no other event loop can run in this thread
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}; install it, or name one in CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@contextmanager
def serving(home: Path) -> Iterator[Site]:
    settings = Settings(home=home, database_url="", webhook_secrets=(SecretStr("a secret for tests"),))
    upgrade(settings)
    engine = make_engine(settings)
    seeded = seed(engine, home / "artifacts", now=datetime.now(UTC))
    app = create_app(settings, nudge=lambda *_: None)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield Site(f"http://127.0.0.1:{listener.getsockname()[1]}", engine, seeded)
        server.should_exit = True
        thread.join()
    engine.dispose()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """To look at; tests that change something take `own_site`."""
    with serving(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    with serving(tmp_path) as site:
        yield site


@pytest.fixture(params=["light-1280", "dark-400"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A fresh window, wide and light or narrow and dark; whatever it complains of fails the test."""
    scheme, width = request.param.split("-")
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light", viewport={"width": int(width), "height": 800}
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []
