from collections.abc import Iterator
from datetime import datetime

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from service.badges import router
from service.ledger.session import session_scope
from service.ledger.tables import Base, LeafResult

LEAF = "knowledge/science/birds/chickadee"
ADDRESS = f"/badge/garden/taxonomy/{LEAF}"


@pytest.fixture
def client(engine: Engine, now: datetime) -> Iterator[TestClient]:
    with session_scope(engine) as session:
        session.add(
            LeafResult(
                repository="garden/taxonomy",
                leaf_id=LEAF,
                status="merged",
                verdict="improved",
                delta=38.2,
                low=25.1,
                high=51.3,
                n=15,
                updated_at=now,
            )
        )
    app = FastAPI()
    app.include_router(router)
    app.state.engine = engine
    with TestClient(app) as client:
        yield client


def test_a_known_leaf_has_its_badge(client: TestClient) -> None:
    answer = client.get(f"{ADDRESS}.svg")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/svg+xml; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=60, s-maxage=60, stale-if-error=86400"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "+38 ±13, merged" in answer.text


def test_the_json_twin_says_the_same(client: TestClient) -> None:
    assert client.get(f"{ADDRESS}.json").json()["message"] == "+38 ±13, merged"


def test_an_unchanged_badge_is_not_sent_again(client: TestClient) -> None:
    etag = client.get(f"{ADDRESS}.svg").headers["etag"]

    for given in (etag, f"W/{etag}", f'"other", {etag}'):
        again = client.get(f"{ADDRESS}.svg", headers={"If-None-Match": given})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
    assert etag.startswith('"')


def test_the_etag_changes_with_the_badge(client: TestClient, engine: Engine) -> None:
    before = client.get(f"{ADDRESS}.svg").headers["etag"]
    with session_scope(engine) as session:
        session.query(LeafResult).update({"status": "evaluated"})

    assert client.get(f"{ADDRESS}.svg", headers={"If-None-Match": before}).status_code == 200


def test_an_unknown_leaf_is_grey_and_puts_no_text_of_its_own_on_the_badge(client: TestClient) -> None:
    for leaf in (
        "knowledge/none",
        "<script>alert(1)</script>",
        "a'b\"c",
        "..%2f..%2fetc%2fpasswd",
        "x" * 3000,
    ):
        answer = client.get(f"/badge/garden/taxonomy/{leaf}.svg")

        assert answer.status_code == 200
        assert answer.text == client.get("/badge/garden/taxonomy/another.svg").text
        assert "unknown leaf" in answer.text


def test_a_repository_has_a_badge_too(client: TestClient) -> None:
    assert "1 leaf, no release yet" in client.get("/badge/garden/taxonomy.svg").text
    assert client.get("/badge/garden/none.json").json()["message"] == "no data"


def test_a_ledger_that_does_not_answer_still_gives_a_badge(client: TestClient, engine: Engine) -> None:
    Base.metadata.drop_all(engine)

    answer = client.get(f"{ADDRESS}.svg")

    assert answer.status_code == 200
    assert "no data" in answer.text


def test_head_is_answered(client: TestClient) -> None:
    assert client.head(f"{ADDRESS}.svg").status_code == 200
