"""The App manifest flow as a person walks it: one page of ours, two of GitHub's, and back."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from service.cli.registration.server import Registration, Wish, serving
from service.github.manifest import convert
from service.github.standin.driver import StandIn

pytestmark = pytest.mark.browser


def test_two_clicks_make_an_app_and_a_third_installs_it(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    with StandIn(tmp_path / "github") as standin:
        wish = Wish(standin.base_url, "orchard", "Graft by hand", "http://127.0.0.1:1", public=False)
        registration = Registration(wish, lambda code: convert(standin.api_url, code))
        with serving(registration, 0):
            page.goto(registration.address)
            page.get_by_role("button", name="Go to GitHub").click()
            expect(page.get_by_role("heading")).to_have_text("Create GitHub App for orchard")
            page.get_by_label("GitHub App name").fill("Graft by mouse")
            page.get_by_role("button", name="Create GitHub App for orchard").click()
            expect(page.get_by_role("heading")).to_have_text("The App Graft by mouse is made")
            assert registration.done.is_set()
        page.get_by_role("link", name="Install it").click()
        page.get_by_role("button", name="Install on orchard").click()
        expect(page.get_by_role("heading")).to_have_text("Repositories")
        assert [deed["target"] for deed in standin.history("installation")] == ["orchard"]
    page.close()
    assert [one for one in complaints if "favicon" not in one and "404" not in one] == []
