"""SIGTERM: what was begun is finished or given back, and nothing is counted against anybody."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from service.ledger.migrations import upgrade
from service.settings import Settings
from tests.service.jobs.test_worker import wait_for
from tests.service.test_app import environment, post, served


def test_web_answers_the_delivery_that_it_has_taken_before_it_ends(tmp_path: Path, broker_url: str) -> None:
    upgrade(Settings(home=tmp_path, database_url=""))
    statuses: list[int] = []
    with served(tmp_path, GRAFT_DATABASE_URL="", GRAFT_BROKER_URL=broker_url) as url:
        assert httpx.get(f"{url}/healthz", timeout=60, trust_env=False).status_code == 200
        other = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        body = {"ref": "refs/heads/main", "after": "a" * 40, "repository": {"full_name": "a/b"}}
        posting = threading.Thread(target=lambda: statuses.append(post(url, body).status_code))
        posting.start()
        [web] = [int(line) for line in _children_of_us("service.app:create_app")]
        wait_for(lambda: _has_connection(web), "the delivery to be on its way")
        os.kill(web, signal.SIGTERM)
        wait_for(lambda: "Shutting down" in (tmp_path / "web.log").read_text(), "web to take no more")
        other.execute("ROLLBACK")
        posting.join(60)
        other.close()
    assert statuses == [202]
    with sqlite3.connect(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.execute("SELECT count(*) FROM deliveries").fetchone() == (1,)
    ledger.close()


def _children_of_us(word: str) -> list[str]:
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    pids = [pid for task in tasks for pid in task.read_text().split()]
    return [pid for pid in pids if word in Path(f"/proc/{pid}/cmdline").read_text()]


def _has_connection(pid: int) -> bool:
    """Besides the socket that it listens on."""
    links = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]
    inodes = {link[8:-1] for link in links if link.startswith("socket:")}
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(row[9] in inodes and row[3] == "01" for row in rows)


@pytest.mark.parametrize(
    "command",
    [["-m", "service.beat", "schedule"], ["-m", "service.stage_worker", "gpu"], ["-m", "service.worker"]],
    ids=["beat", "stages", "control"],
)
def test_an_idle_process_ends_at_once_and_well(
    engine: Engine, settings: Settings, broker_url: str, tmp_path: Path, command: list[str]
) -> None:
    given = {
        "GRAFT_DATABASE_URL": settings.database_url,
        "GRAFT_BROKER_URL": broker_url,
        "GRAFT_GITHUB_TOKEN": "t",
    }
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *command],
            env=environment(settings.home, **given),
            cwd=tmp_path,
            stdout=output,
            stderr=output,
        )
    wait_for(lambda: any(word in log.read_text() for word in ("ready.", "beat: Starting")), log.read_text())
    process.terminate()
    assert process.wait(30) == 0
    assert "Traceback" not in log.read_text()
