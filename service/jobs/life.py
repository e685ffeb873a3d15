"""The life of a Celery worker of ours: how it logs, when it begins to look for work, and how it ends.

A composition root calls `attach` with what it works off; see `service.worker` and `service.stage_worker`.
"""

from collections.abc import Mapping
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_ready, worker_shutdown, worker_shutting_down

from service import queue
from service.jobs import bell
from service.jobs.bell import WorkOff
from service.logging import configure
from service.settings import get_settings


def attach(work_off: Mapping[str, WorkOff]) -> None:
    """Have this process's worker look for work on its queues: whose `work_off` there is, by the queue's name."""

    def begin(sender: Any, **_: Any) -> None:
        """Look for work at once: messages that were sent while no worker was there are not needed."""
        queues, look_seconds = set(sender.app.amqp.queues.consume_from), get_settings().look_seconds
        if "control" in queues:
            queue.nudge("sweep", 0)
        for name in sorted(queues & set(work_off)):
            bell.hang(name, work_off[name], look_seconds=look_seconds)

    setup_logging.connect(_log, weak=False)
    worker_ready.connect(begin, weak=False)
    worker_shutting_down.connect(_tell, weak=False)
    worker_shutdown.connect(_end, weak=False)


def run(app: Celery, *, name: str, queues: str, pool: str, threads: int = 1) -> int:
    """Be a worker until told to stop; returns the exit status.

    As `celery worker` does it, without that command's shell: its many subcommands are never asked for here, and
    take 8 MB of each process's memory.
    """
    worker = app.Worker(
        hostname=f"{name}@",  # and this machine's name
        queues=queues.split(","),
        pool=pool,
        concurrency=threads,
        loglevel="INFO",
        without_mingle=True,
        without_gossip=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


def _log(**_: Any) -> None:
    """Ours instead of Celery's: one handler, secrets left out."""
    settings = get_settings()
    secrets = [settings.github_token] if settings.github_token else []
    configure(as_json=settings.log_json, secrets=[secret.get_secret_value() for secret in secrets])


def _tell(**_: Any) -> None:
    """Called by the signal's handler: only say it, do not wait."""
    bell.silence()


def _end(**_: Any) -> None:
    """Let the stage at work save; it is ready again for the next worker."""
    bell.take_down(get_settings().stop_grace_seconds + 5)
