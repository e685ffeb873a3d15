"""`/metrics` for Prometheus. All figures are read from the ledger when they are asked for, so that they cover every
process, also those that are gone. Labels are words of our own only: kinds, states, stage names, queues.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine, and_, case, func, select
from sqlalchemy.orm import Session

from service.ledger.session import read_scope
from service.ledger.tables import Delivery, Outbox, OutboxState, Run, Stage, StageState

router = APIRouter(include_in_schema=False)

_SECONDS = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0)
_EVENTS = frozenset(
    {"check_run", "check_suite", "installation", "issue_comment", "issues", "ping", "pull_request", "push"}
)
"""The events we act on; the rest is counted as one, since anybody with a secret may send any name."""


@router.get("/metrics")
def metrics(request: Request) -> Response:
    registry = CollectorRegistry()
    registry.register(LedgerCollector(request.app.state.engine))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class LedgerCollector(Collector):
    """What the ledger holds at this moment, as Prometheus families."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def describe(self) -> Iterable[Metric]:
        return ()  # else registering would already ask the ledger

    def collect(self) -> Iterator[Metric]:
        now = datetime.now(UTC)
        with read_scope(self._engine) as session:
            yield from _deliveries(session, now)
            yield from _stages(session, now)
            yield _stage_seconds(session)
            yield from _outbox(session, now)
            yield _runs(session)


def _deliveries(session: Session, now: datetime) -> Iterator[Metric]:
    outcome = case(
        (Delivery.processed_at.is_not(None), "processed"),
        (Delivery.error.is_not(None), "failing"),
        else_="waiting",
    )
    counted: dict[tuple[str, str], int] = {}
    for event, ending, count in session.execute(
        select(Delivery.event, outcome, func.count()).group_by(Delivery.event, outcome)
    ):
        key = (event if event in _EVENTS else "other", ending)
        counted[key] = counted.get(key, 0) + count
    family = GaugeMetricFamily(
        "graft_deliveries", "Deliveries that are in the ledger.", labels=("event", "outcome")
    )
    for labels, count in sorted(counted.items()):
        family.add_metric(labels, count)
    yield family
    waiting = session.scalar(select(func.min(Delivery.received_at)).where(Delivery.processed_at.is_(None)))
    yield _age(
        "graft_delivery_lag_seconds", "Age of the oldest delivery that is not handled yet.", waiting, now
    )


def _stages(session: Session, now: datetime) -> Iterator[Metric]:
    family = GaugeMetricFamily("graft_stages", "Stages by name and state.", labels=("name", "state"))
    counts = select(Stage.name, Stage.state, func.count()).group_by(Stage.name, Stage.state)
    for name, state, count in session.execute(counts.order_by(Stage.name, Stage.state)):
        family.add_metric((name, state.value), count)
    yield family

    ages = GaugeMetricFamily(
        "graft_queue_age_seconds", "How long the oldest ready stage of a queue waits.", labels=("queue",)
    )
    oldest = select(Stage.queue, func.min(Stage.ready_at)).where(Stage.state == StageState.READY)
    for queue, since in session.execute(oldest.group_by(Stage.queue).order_by(Stage.queue)):
        ages.add_metric((queue,), _seconds(since, now))
    yield ages

    late = and_(Stage.state == StageState.RUNNING, Stage.lease_expires_at < now)
    overdue = session.scalar(select(func.count()).select_from(Stage).where(late)) or 0
    yield GaugeMetricFamily("graft_leases_overdue", "Running stages whose holder stopped beating.", overdue)
    # Every claim raises the token; of the claims that are no first ones, most follow on an expiry.
    again = session.scalar(select(func.sum(case((Stage.attempts > 1, Stage.attempts - 1), else_=0)))) or 0
    yield GaugeMetricFamily("graft_stage_retries", "Tries of stages beyond their first.", float(again))


def _stage_seconds(session: Session) -> Metric:
    """Working time of finished stages, those used again left out."""
    family = HistogramMetricFamily(
        "graft_stage_seconds", "Working time of finished stages.", labels=("name",)
    )
    within = [func.sum(case((Stage.seconds <= limit, 1), else_=0)) for limit in _SECONDS]
    rows = session.execute(
        select(Stage.name, func.count(), func.sum(Stage.seconds), *within)
        .where(Stage.state == StageState.SUCCEEDED, Stage.reused.is_(False))
        .group_by(Stage.name)
        .order_by(Stage.name)
    )
    for name, count, total, *below in rows:
        buckets = [(str(limit), float(n)) for limit, n in zip(_SECONDS, below, strict=True)]
        family.add_metric((name,), [*buckets, ("+Inf", float(count))], float(total))
    return family


def _outbox(session: Session, now: datetime) -> Iterator[Metric]:
    family = GaugeMetricFamily("graft_outbox", "What GitHub is to show, by state.", labels=("kind", "state"))
    counts = select(Outbox.kind, Outbox.state, func.count()).group_by(Outbox.kind, Outbox.state)
    for kind, state, count in session.execute(counts.order_by(Outbox.kind, Outbox.state)):
        family.add_metric((kind, state.value), count)
    yield family
    oldest = session.scalar(select(func.min(Outbox.created_at)).where(Outbox.state == OutboxState.PENDING))
    yield _age(
        "graft_outbox_lag_seconds", "Age of the oldest place that GitHub does not show yet.", oldest, now
    )


def _runs(session: Session) -> Metric:
    family = GaugeMetricFamily("graft_runs", "Runs by kind and state.", labels=("kind", "state"))
    counts = select(Run.kind, Run.state, func.count()).group_by(Run.kind, Run.state)
    for kind, state, count in session.execute(counts.order_by(Run.kind, Run.state)):
        family.add_metric((kind.value, state.value), count)
    return family


def _age(name: str, text: str, since: datetime | None, now: datetime) -> Metric:
    return GaugeMetricFamily(name, text, _seconds(since, now))


def _seconds(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
