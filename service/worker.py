"""The worker's composition root: `celery -A service.worker worker -Q control,cpu`.

Lists every job, and hangs a bell for each queue of stages that the worker serves.
"""

from typing import Any

from celery.signals import setup_logging, worker_ready, worker_shutdown, worker_shutting_down

from service import queue
from service.jobs import (
    advance,
    bell,
    carry_out,
    check,
    client,
    clones,
    gather,
    handle_delivery,
    heart,
    leaf_results,
    leash,
    looks,
    planning,
    recipes,
    reconcile,
    report,
    report_extras,
    report_input,
    run_stage,
    schedule_release,
    send_outbox,
    senders,
    setbacks,
    stage_process,
    standing,
    start_release,
    sweep,
    tools,
)
from service.logging import configure
from service.settings import get_settings

app = queue.app

JOBS = (
    advance,
    bell,
    carry_out,
    check,
    client,
    clones,
    gather,
    handle_delivery,
    heart,
    leaf_results,
    leash,
    looks,
    planning,
    recipes,
    reconcile,
    report,
    report_extras,
    report_input,
    run_stage,
    schedule_release,
    send_outbox,
    senders,
    setbacks,
    stage_process,
    standing,
    start_release,
    sweep,
    tools,
)
"""All modules of `service.jobs`; a test compares with the folder."""


@setup_logging.connect
def _log(**_: Any) -> None:
    """Ours instead of Celery's: one handler, secrets left out."""
    settings = get_settings()
    secrets = [settings.github_token] if settings.github_token else []
    configure(as_json=settings.log_json, secrets=[secret.get_secret_value() for secret in secrets])


@worker_ready.connect
def _begin(sender: Any, **_: Any) -> None:
    """Look for work at once: messages that were sent while no worker was there are not needed."""
    queues = set(sender.app.amqp.queues.consume_from)
    for name in sorted(queues & {"cpu", "gpu"}):
        bell.hang(name, run_stage.work_off)
    if "control" in queues:
        queue.nudge("sweep", 0)


@worker_shutting_down.connect
def _tell(**_: Any) -> None:
    """Called by the signal's handler: only say it, do not wait."""
    bell.silence()


@worker_shutdown.connect
def _end(**_: Any) -> None:
    """Let the stage at work save; it is ready again for the next worker."""
    bell.take_down(get_settings().stop_grace_seconds + 5)
