"""`/metrics` for Prometheus. All figures are read from the ledger when they are asked for, so that they cover every
process, also those that are gone. Labels are words of our own only: kinds, states, stage names, queues.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from service.ledger import figures
from service.ledger.session import read_scope

router = APIRouter(include_in_schema=False)

_SECONDS = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0)
_QUANTILES = (0.5, 0.9, 0.99)
_RECENT = timedelta(hours=1)
_WEEK = timedelta(days=7)
_EVENTS = frozenset(
    {
        "check_run",
        "check_suite",
        "installation",
        "issue_comment",
        "issues",
        "ping",
        "pull_request",
        "pull_request_review",
        "pull_request_review_comment",
        "push",
    }
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
            yield from _spent(session, now)
            yield from _outbox(session, now)
            yield _counted("graft_runs", "Runs by kind and state.", ("kind", "state"), figures.runs(session))


def _deliveries(session: Session, now: datetime) -> Iterator[Metric]:
    counted: dict[tuple[str, str], int] = {}
    for (event, outcome), count in figures.deliveries(session).items():
        key = (event if event in _EVENTS else "other", outcome)
        counted[key] = counted.get(key, 0) + count
    rows = [(*labels, count) for labels, count in sorted(counted.items())]
    yield _counted("graft_deliveries", "Deliveries that are in the ledger.", ("event", "outcome"), rows)
    yield CounterMetricFamily(
        "graft_deliveries_recorded", "Deliveries ever recorded.", figures.deliveries_ever(session)
    )
    yield GaugeMetricFamily(
        "graft_delivery_lag_seconds",
        "Age of the oldest delivery that is not handled yet.",
        _seconds(figures.oldest_delivery(session), now),
    )
    latencies = {"": figures.delivery_seconds(session, since=now - _RECENT)}
    yield _quantiles("graft_delivery_seconds", "From receipt to effect, in the last hour.", latencies)


def _stages(session: Session, now: datetime) -> Iterator[Metric]:
    counts = [(name, state.value, count) for name, state, count in figures.stages(session)]
    yield _counted("graft_stages", "Stages by name and state.", ("name", "state"), counts)

    ages = GaugeMetricFamily(
        "graft_queue_age_seconds", "How long the oldest ready stage of a queue waits.", labels=("queue",)
    )
    for queue, since in figures.oldest_ready(session).items():
        ages.add_metric((queue,), _seconds(since, now))
    yield ages
    waits = figures.queue_seconds(session, since=now - _RECENT)
    yield _quantiles(
        "graft_queue_wait_seconds", "Waits of stages that began in the last hour.", waits, "queue"
    )

    overdue = figures.overdue_leases(session, now=now)
    yield GaugeMetricFamily("graft_leases_overdue", "Running stages whose holder stopped beating.", overdue)
    expiries = CounterMetricFamily(
        "graft_lease_expiries", "Stages taken back from holders that stopped beating.", labels=("name",)
    )
    for name, count in figures.lease_expiries(session).items():
        expiries.add_metric((name,), count)
    yield expiries
    retries = float(figures.stage_retries(session))
    yield GaugeMetricFamily("graft_stage_retries", "Tries of stages beyond their first.", retries)


def _spent(session: Session, now: datetime) -> Iterator[Metric]:
    family = HistogramMetricFamily(
        "graft_stage_seconds", "Working time of finished stages.", labels=("name",)
    )
    for name, took in figures.stage_seconds(session, _SECONDS).items():
        buckets = [(str(limit), float(n)) for limit, n in zip(_SECONDS, took.within, strict=True)]
        family.add_metric((name,), [*buckets, ("+Inf", float(took.count))], took.seconds)
    yield family
    spent = figures.accelerator_seconds(session, since=now - _WEEK)
    rows = [(kind.value, seconds) for kind, seconds in spent.items()]
    yield _counted(
        "graft_accelerator_seconds_week", "Accelerator seconds spent in the last seven days.", ("kind",), rows
    )


def _outbox(session: Session, now: datetime) -> Iterator[Metric]:
    counts = [(kind, state.value, count) for kind, state, count in figures.outbox(session)]
    yield _counted("graft_outbox", "What GitHub is to show, by state.", ("kind", "state"), counts)
    yield GaugeMetricFamily(
        "graft_outbox_lag_seconds",
        "Age of the oldest place that GitHub does not show yet.",
        _seconds(figures.oldest_letter(session), now),
    )


def _counted(
    name: str, text: str, labels: Sequence[str], rows: Iterable[tuple[str | float, ...]]
) -> GaugeMetricFamily:
    """A gauge from rows of its labels' values, the figure last."""
    family = GaugeMetricFamily(name, text, labels=labels)
    for *values, figure in rows:
        family.add_metric([str(value) for value in values], float(figure))
    return family


def _quantiles(
    name: str, text: str, measured: Mapping[str, Sequence[float]], label: str = ""
) -> GaugeMetricFamily:
    """What a share of the measured took at most; nothing where nothing was measured."""
    family = GaugeMetricFamily(name, text, labels=("quantile", label) if label else ("quantile",))
    for value, seconds in sorted(measured.items()):
        ordered = sorted(seconds)
        for share in _QUANTILES if ordered else ():
            at = ordered[max(0, ceil(share * len(ordered)) - 1)]
            family.add_metric([str(share), *([value] if label else [])], at)
    return family


def _seconds(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
