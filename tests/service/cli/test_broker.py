"""The broker is one process: whoever kills it has killed it, and another can take its place."""

from pathlib import Path

import redis

from pipelines.processes import free_port
from service.cli.broker import broker_command
from service.cli.stack import inherited
from service.cli.supervisor import ProcessSpec, Supervisor


def test_a_killed_broker_is_gone_and_comes_back_on_its_port(tmp_path: Path) -> None:
    port = free_port()
    client = redis.Redis(port=port, socket_timeout=5)

    def answers() -> bool:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False

    supervisor = Supervisor(tmp_path)
    try:
        supervisor.start(ProcessSpec("valkey", broker_command(port, tmp_path), inherited(), ready=answers))
        client.set("kept", "until killed")
        supervisor.kill("valkey")
        assert not answers()

        supervisor.tick()
        while not answers():
            supervisor.tick()
        assert client.get("kept") is None
        assert supervisor.restarts("valkey") == 1
    finally:
        client.close()
        supervisor.stop()
    assert not answers()
