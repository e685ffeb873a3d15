from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine

from service.ledger import leases
from service.ledger.session import session_scope
from service.ledger.tables import Delivery, Outbox, OutboxState, Stage
from service.metrics import router
from tests.service.web.seed import seed

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def client(engine: Engine, tmp_path: Path) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(router)
    app.state.engine = engine
    seed(engine, tmp_path / "artifacts", now=datetime.now(UTC))
    with TestClient(app) as client:
        yield client


def scraped(client: TestClient) -> Samples:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def figure(samples: Samples, figure_name: str, /, **labels: str) -> float:
    return samples[figure_name, tuple(sorted(labels.items()))]


def test_runs_and_stages_are_counted_by_state(client: TestClient) -> None:
    samples = scraped(client)

    assert figure(samples, "graft_runs", kind="evaluate", state="broken") == 1
    assert figure(samples, "graft_runs", kind="evaluate", state="succeeded") == 1
    assert figure(samples, "graft_stages", name="train", state="running") == 1
    assert figure(samples, "graft_stages", name="generate", state="failed") == 1
    assert figure(samples, "graft_stage_retries") == 3


def test_the_seconds_of_stages_are_a_histogram_without_those_used_again(client: TestClient) -> None:
    samples = scraped(client)

    # Computed: of the evaluated run its candidate's, of the release its one; the control's was there already.
    assert figure(samples, "graft_stage_seconds_count", name="train") == 2
    assert figure(samples, "graft_stage_seconds_bucket", name="train", le="60.0") == 0
    assert figure(samples, "graft_stage_seconds_bucket", name="train", le="300.0") == 2
    assert figure(samples, "graft_stage_seconds_bucket", name="train", le="+Inf") == 2
    assert figure(samples, "graft_stage_seconds_sum", name="train") == pytest.approx(2 * 118 * 1.07)


def test_a_queue_that_nobody_serves_grows_old(client: TestClient) -> None:
    assert figure(scraped(client), "graft_queue_age_seconds", queue="cpu") == pytest.approx(180, abs=30)


def test_a_holder_that_stopped_beating_is_seen(client: TestClient, engine: Engine) -> None:
    assert figure(scraped(client), "graft_leases_overdue") == 0
    with session_scope(engine) as session:
        session.query(Stage).filter(Stage.lease_owner.is_not(None)).update(
            {"lease_expires_at": datetime.now(UTC) - timedelta(seconds=5)}
        )

    assert figure(scraped(client), "graft_leases_overdue") == 1


def test_leases_that_ran_out_are_counted_for_good(client: TestClient, engine: Engine) -> None:
    assert figure(scraped(client), "graft_lease_expiries_total", name="train") == 0
    for _ in range(2):  # taken by a worker, and back from it: it does not beat
        now = datetime.now(UTC)
        with session_scope(engine) as session:
            leases.claim(session, "gpu", owner="silent", now=now, seconds=1)
            late = now + timedelta(seconds=90)
            taken_back = leases.expire(session, now=late, seconds=60, max_attempts=9, failure={})
        assert len(taken_back) == 1

    samples = scraped(client)
    assert figure(samples, "graft_lease_expiries_total", name="train") == 2
    assert figure(samples, "graft_leases_overdue") == 0


def test_deliveries_and_outbox_show_what_waits_and_for_how_long(client: TestClient, engine: Engine) -> None:
    now = datetime.now(UTC)
    with session_scope(engine) as session:
        for number, event in enumerate(("pull_request", "made_up_by_somebody", "and_another")):
            session.add(
                Delivery(
                    delivery_id=f"d{number}",
                    event=event,
                    body=b"{}",
                    received_at=now - timedelta(seconds=90),
                    processed_at=now if number == 0 else None,
                )
            )
        session.add(
            Outbox(
                key="garden/taxonomy#1:comment",
                kind="comment",
                repository="garden/taxonomy",
                payload={"body": "secret"},
                content_hash="x",
                state=OutboxState.PENDING,
                created_at=now - timedelta(seconds=40),
            )
        )

    samples = scraped(client)

    assert figure(samples, "graft_deliveries", event="pull_request", outcome="processed") == 1
    assert figure(samples, "graft_deliveries", event="other", outcome="waiting") == 2
    assert figure(samples, "graft_delivery_lag_seconds") == pytest.approx(90, abs=20)
    assert figure(samples, "graft_outbox", kind="comment", state="pending") == 1
    assert figure(samples, "graft_outbox_lag_seconds") == pytest.approx(40, abs=20)


def test_nothing_that_people_wrote_is_a_label(client: TestClient) -> None:
    text = client.get("/metrics").text

    for written in ("garden", "octo", "chickadee", "secret", "made_up"):
        assert written not in text


def test_rates_and_latencies_come_from_what_happened_lately(client: TestClient, engine: Engine) -> None:
    now = datetime.now(UTC)
    with session_scope(engine) as session:
        for number in range(1, 11):
            handled = now - timedelta(minutes=5) if number < 10 else now - timedelta(hours=3)
            session.add(
                Delivery(
                    delivery_id=f"d{number}",
                    event="push",
                    body=b"{}",
                    received_at=handled - timedelta(seconds=number),
                    processed_at=handled,
                )
            )
        first = session.query(Stage).order_by(Stage.id).first()
        assert first is not None
        first.queue = "gpu"
        first.ready_at, first.started_at = now - timedelta(seconds=90), now - timedelta(seconds=60)
        first.finished_at, first.seconds, first.accelerators = now, 60.0, 8

    samples = scraped(client)

    assert figure(samples, "graft_deliveries_recorded_total") == 10
    assert figure(samples, "graft_delivery_seconds", quantile="0.5") == pytest.approx(5)
    assert figure(samples, "graft_delivery_seconds", quantile="0.99") == pytest.approx(9)
    assert figure(samples, "graft_queue_wait_seconds", queue="gpu", quantile="0.9") == pytest.approx(30)
    assert figure(samples, "graft_accelerator_seconds_week", kind="evaluate") == pytest.approx(480)
