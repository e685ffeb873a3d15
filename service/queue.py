"""The Celery app. A message is a nudge to look at a row: it may be lost, doubled or late, and nothing depends on it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from celery import Celery
from celery.schedules import crontab
from kombu.exceptions import OperationalError

from service.settings import Settings, get_settings

log = logging.getLogger(__name__)

QUEUES = ("control", "cpu", "gpu")

ROUTES = {
    "handle_delivery": "control",
    "check": "control",
    "report": "control",
    "answer": "control",
    "send_outbox": "control",
    "sweep": "control",
    "schedule_release": "control",
    "prune": "control",
    "run_cpu_stage": "cpu",
    "run_gpu_stage": "gpu",
}
"""Task -> queue. Every task takes one row id."""


def stage_task(queue: str) -> str:
    """The task that claims stages of this queue."""
    return {"control": "check", "cpu": "run_cpu_stage", "gpu": "run_gpu_stage"}[queue]


def make_app(settings: Settings) -> Celery:
    """The app `graft` for these settings; nothing is connected before it is used."""
    celery = Celery("graft", broker=settings.broker_url, set_as_current=False)
    celery.conf.update(_configuration(settings))
    return celery


def _configuration(settings: Settings) -> dict[str, Any]:
    return {
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,
        "task_acks_late": False,  # the row is the truth: a message need not outlive its worker
        "worker_prefetch_multiplier": 1,
        "task_default_queue": "control",
        "task_routes": {name: {"queue": queue} for name, queue in ROUTES.items()},
        "task_create_missing_queues": True,
        "broker_connection_retry_on_startup": True,
        # A broker that hangs or is away must not hold up whoever rings; workers wait for a second at a time.
        "broker_transport_options": {
            "max_retries": 0,
            "socket_connect_timeout": 2,
            "socket_timeout": 10,
            "socket_keepalive": True,
        },
        "worker_hijack_root_logger": False,
        "worker_send_task_events": False,
        "worker_enable_remote_control": False,
        "timezone": "UTC",
        "enable_utc": True,
        "beat_schedule_filename": str(settings.home / "beat-schedule"),
        "beat_schedule": {
            "sweep": {"task": "sweep", "schedule": timedelta(seconds=settings.sweep_seconds), "args": [0]},
            "schedule_release": {"task": "schedule_release", "schedule": crontab(), "args": [0]},
            "prune": {"task": "prune", "schedule": crontab(minute=17, hour=3), "args": [0]},
        },
    }


app = make_app(get_settings())


def nudge(task: str, row_id: int) -> bool:
    """Tell a worker to look at a row. False, and a line in the log, when the broker cannot be reached."""
    return _send(app, task, row_id)


@contextmanager
def nudging(settings: Settings) -> Iterator[Callable[[str, int], bool]]:
    """`nudge`, by the broker of these settings: for a command that speaks of another service than its own variables."""
    with make_app(settings) as celery:
        yield partial(_send, celery)


def _send(celery: Celery, task: str, row_id: int) -> bool:
    try:
        celery.send_task(task, args=[row_id], queue=ROUTES[task], ignore_result=True, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("broker not reached, %s(%d) waits for the sweeper: %s", task, row_id, error)
        return False
    return True
