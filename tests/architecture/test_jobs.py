"""The worker knows every job, and every job that is nudged has a queue."""

from service import queue, worker
from tests.architecture.repository import ROOT


def test_the_worker_lists_every_module_of_jobs() -> None:
    there = {path.stem for path in (ROOT / "service" / "jobs").glob("*.py")} - {"__init__"}

    assert {module.__name__.rpartition(".")[2] for module in worker.JOBS} == there


def test_the_tasks_are_those_that_have_a_queue() -> None:
    ours = {name for name in worker.app.tasks if not name.startswith("celery.")}

    assert ours == set(queue.ROUTES)
    assert set(queue.ROUTES.values()) <= set(queue.QUEUES)
