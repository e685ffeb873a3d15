"""The same storm over two usual services, to see what it costs them: `acks_late` in Celery, and RPOP without more.

Each gets every webhook once, straight into its queue (so what is lost is lost by the worker or the queue). Its worker
is killed and stopped, its broker killed but never flushed, one request in forty fails; then it has all the time it
wants. Two thirds of the webhooks are what the storm begins with; the rest comes between its faults.
"""

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import redis
from kombu.exceptions import OperationalError

from pipelines.processes import free_port
from service.cli.broker import broker_command
from service.cli.chaos import peer_workers
from service.cli.stack import inherited
from service.cli.supervisor import ProcessSpec, Supervisor
from service.github.standin.driver import StandIn

Peer = Literal["celery_acks_late", "rpop"]
PEERS: Final[tuple[Peer, ...]] = ("celery_acks_late", "rpop")
_QUIET_SECONDS: Final = 25.0
"""So long without a new answer, and it is over: Celery looks every ten seconds for what was not acknowledged."""
_MOST_SECONDS: Final = 600.0
_ANY_NUMBER: Final = 1_000_000


@dataclass(frozen=True)
class PeerReport:
    webhooks: int
    kills: int
    lost: int
    doubled: int


def storm_over(peer: Peer, home: Path, *, seed: int, webhooks: int, kills: int) -> PeerReport:
    """Webhooks and faults in the order that the seed gives; then quiet; then counted."""
    home.mkdir(parents=True, exist_ok=True)
    rng = random.Random(f"peer {seed}")  # noqa: S311 - no secret
    with StandIn(home / "stand-in") as standin:
        number = standin.person("max").repo().create_issue("Webhooks are answered here").number
        supervisor, port = Supervisor(home, fast_deaths=_ANY_NUMBER), free_port()
        try:
            for spec in _specs(peer, home, standin, port):
                supervisor.start(spec)
            standin.order_fault("500", times=_ANY_NUMBER, match="/repos", method="POST", share=0.025)
            queue = _Queue(peer, f"redis://127.0.0.1:{port}/1", number)
            struck = _rage(queue, supervisor, rng, webhooks=webhooks, kills=kills)
            answered = _wait_for_quiet(standin, number, supervisor)
        finally:
            supervisor.stop()
    return PeerReport(
        webhooks=webhooks,
        kills=struck,
        lost=sum(not answered[name] for name in queue.sent),
        doubled=sum(answered[name] > 1 for name in queue.sent),
    )


class _Queue:
    """Where the peer's webhooks go in. It waits until the broker has taken them: what follows is the peer's to lose."""

    def __init__(self, peer: Peer, url: str, number: int) -> None:
        self._peer, self._url, self._number = peer, url, number
        self.sent: list[str] = []
        peer_workers.app.conf.broker_url = url

    def put(self, keep_up: Callable[[], None]) -> None:
        name = f"webhook-{len(self.sent)}"
        webhook = {"id": name, "number": self._number}
        while True:
            try:
                self._put(webhook)
            except (redis.RedisError, OperationalError, OSError):
                keep_up()
                time.sleep(0.1)
            else:
                self.sent.append(name)
                return

    def _put(self, webhook: dict[str, object]) -> None:
        if self._peer == "rpop":
            with redis.Redis.from_url(self._url, socket_timeout=5) as broker:
                broker.lpush(peer_workers.LIST, json.dumps(webhook))
        else:
            peer_workers.app.send_task("peer_answer", args=[webhook], retry=False)


def _specs(peer: Peer, home: Path, standin: StandIn, port: int) -> tuple[ProcessSpec, ProcessSpec]:
    data = home / "valkey"
    data.mkdir(exist_ok=True)
    environment = inherited() | {
        "PEER_BROKER": f"redis://127.0.0.1:{port}/1",
        "PEER_API": standin.api_url,
        "PEER_REPOSITORY": standin.seeded.repository,
        "PEER_TOKEN": standin.seeded.users["max"].token,
    }
    python, module = sys.executable, "service.cli.chaos.peer_workers"
    celery = (python, "-m", "celery", "-A", module, "worker", "--without-mingle", "--without-gossip")
    worker = (python, "-m", module) if peer == "rpop" else (*celery, "--pool", "solo")
    return (
        ProcessSpec("valkey", broker_command(port, data), environment, ready=lambda: _answers(port)),
        ProcessSpec("worker", worker, environment),
    )


def _answers(port: int) -> bool:
    try:
        with redis.Redis(port=port, socket_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _rage(queue: _Queue, supervisor: Supervisor, rng: random.Random, *, webhooks: int, kills: int) -> int:
    """Returns how many faults there were."""
    at_once = webhooks * 2 // 3
    for _ in range(at_once):
        queue.put(supervisor.tick)
    between = webhooks - at_once
    for fault in range(kills):
        for _ in range(between * (fault + 1) // kills - between * fault // kills):
            queue.put(supervisor.tick)
        match rng.choices(("kill", "stop", "broker"), (8, 1, 1))[0]:
            case "kill":
                supervisor.kill("worker")
            case "stop":
                _sleep_through(supervisor.pid("worker"), rng.uniform(0.5, 6.0))
            case _:
                supervisor.kill("valkey")
        supervisor.tick()
        time.sleep(rng.uniform(2.0, 4.0))  # a worker takes a second or two to come up
    return kills


def _sleep_through(pid: int, seconds: float) -> None:
    os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(pid, signal.SIGCONT)


def _wait_for_quiet(standin: StandIn, number: int, supervisor: Supervisor) -> Counter[str]:
    """How often each webhook was answered, once nothing has come for a while."""
    issue = standin.person("max").repo().get_issue(number)
    deadline, last, seen = time.monotonic() + _MOST_SECONDS, time.monotonic(), -1
    answered: Counter[str] = Counter()
    while time.monotonic() < min(deadline, last + _QUIET_SECONDS):
        supervisor.tick()
        answered = Counter(
            c.body.removeprefix("<!-- peer:").removesuffix(" -->") for c in issue.get_comments()
        )
        if answered.total() != seen:
            seen, last = answered.total(), time.monotonic()
        time.sleep(0.5)
    return answered
