"""Real Celery workers over a real Valkey: killed in the middle of a stage, and relieved by another."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from service.github.standin.driver import StandIn
from service.jobs.clones import fetch
from service.ledger import queries
from service.ledger.queries import StageView
from service.ledger.tables import StageState
from service.settings import Settings
from tests.service.jobs.blackhole import black_hole
from tests.service.jobs.conftest import DOCUMENTED_LEAF, House, OpenPull
from tests.service.jobs.evaluations import start_evaluation
from tests.service.jobs.test_run_stage import processes_in

PATIENCE_S = 90.0


def wait_for(true: Callable[[], bool], what: str, *, within: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


@contextmanager
def worker(settings: Settings, broker_url: str, documents: dict[str, str], log: Path) -> Iterator[int]:
    """A worker of the queue `cpu`, without any credential; yields its pid."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    variables = {
        "GRAFT_HOME": str(settings.home),
        "GRAFT_DATABASE_URL": settings.database_url,
        "GRAFT_BROKER_URL": broker_url,
        "GRAFT_REPOSITORIES": ",".join(settings.repositories),
        "GRAFT_RECIPE": settings.recipe,
        "GRAFT_MIRRORS": "{" + ",".join(f'"{k}":"{v}"' for k, v in documents.items()) + "}",
        "GRAFT_LEASE_SECONDS": "3",
        "GRAFT_HEARTBEAT_SECONDS": "0.5",
        "GRAFT_STOP_GRACE_SECONDS": "5",
    }
    command = ["-m", "celery", "-A", "service.stage_worker", "worker", "-Q", "cpu", "--pool", "solo"]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, *command, "--without-mingle", "--without-gossip", "--loglevel", "info"],
            env=kept | variables,
            stdout=output,
            stderr=output,
        )
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def test_a_worker_killed_in_a_stage_takes_its_processes_along_and_another_finishes(
    house: House, open_pull: OpenPull, standin: StandIn, broker_url: str, tmp_path: Path
) -> None:
    settings, seeded = house.tools.settings, standin.seeded
    pull = open_pull(leaf=DOCUMENTED_LEAF)
    fetch(settings, house.client, settings.repositories[0], number=pull.number)
    run_id = start_evaluation(house.tools, pull)

    def collect() -> StageView:
        with house.tools.read() as session:
            found = queries.run(session, run_id)
        assert found is not None
        return found.run.stages[0]

    with black_hole() as (url, reached):
        # No message is sent at all: the worker looks by itself when it starts.
        with worker(settings, broker_url, {seeded.documents_url: url}, tmp_path / "log") as pid:
            assert reached.wait(PATIENCE_S), (tmp_path / "log").read_text()
            run_dir = Path(collect().run_dir or "")
            assert processes_in(run_dir)
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not processes_in(run_dir), "the kernel to end the stage's process", within=10)
    assert collect().state is StageState.RUNNING

    documents = {seeded.documents_url: f"{standin.base_url}/{seeded.documents}.git"}
    with worker(settings, broker_url, documents, tmp_path / "log"):
        wait_for(lambda: sweep_until_expired(house, collect), "the lease to run out")
        wait_for(lambda: collect().state is StageState.SUCCEEDED, "the second worker")

    assert collect().attempts == 2


def sweep_until_expired(house: House, collect: Callable[[], StageView]) -> bool:
    house.rung[:] = [("sweep", 0)]
    task, row_id = house.rung.pop()
    house._do(task, row_id, stages=False)
    return collect().state is not StageState.RUNNING or collect().attempts == 2


def test_a_worker_that_is_told_to_stop_gives_its_stage_back_uncounted(
    house: House, open_pull: OpenPull, standin: StandIn, broker_url: str, tmp_path: Path
) -> None:
    settings, seeded = house.tools.settings, standin.seeded
    pull = open_pull(leaf=DOCUMENTED_LEAF)
    fetch(settings, house.client, settings.repositories[0], number=pull.number)
    run_id = start_evaluation(house.tools, pull)
    with black_hole() as (url, reached):
        with worker(settings, broker_url, {seeded.documents_url: url}, tmp_path / "log") as pid:
            assert reached.wait(PATIENCE_S), (tmp_path / "log").read_text()
            with house.tools.read() as session:
                found = queries.run(session, run_id)
            assert found is not None
            run_dir = Path(found.run.stages[0].run_dir or "")
            os.kill(pid, signal.SIGTERM)
        assert not processes_in(run_dir)
    with house.tools.read() as session:
        after = queries.run(session, run_id)
    assert after is not None
    collect = after.run.stages[0]
    assert (collect.state, collect.attempts, collect.failure) == (StageState.READY, 0, {})
