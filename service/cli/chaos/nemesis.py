"""Does what goes wrong: signals, an emptied broker, a full disk, a clock set back, a GitHub that misbehaves.

The disk is full for web, workers and beat: the kernel lets them write to no file (RLIMIT_FSIZE), so every write fails,
in SQLite, in Git and in a run directory alike. PostgreSQL's own disk and the broker's are left alone.
"""

import os
import resource
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import redis

from service.cli.chaos.house import House
from service.cli.chaos.plan import PROCESSES, Fault

_MOST_OPEN = 2 + 4
"""Orders of trouble that may stand open: the two that last for the whole storm, and a few more."""
_APP_TOKEN = "standin_installation_"  # noqa: S105 - how tokens of the App begin
_HIDE_THE_ANSWER = frozenset({"500-after", "timeout-after", "drop-connection"})
_WRITERS = tuple(name for name in PROCESSES if name != "valkey")


class Nemesis:
    """Whatever it does ends by itself (`tick`), or at once (`lift`)."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.done: Counter[str] = Counter()
        self._ends: list[tuple[float, Callable[[], None]]] = []

    def strike(self, fault: Fault) -> None:
        """Do it. Trouble at GitHub waits for another time while much is ordered: or nothing would ever be sent."""
        if fault.kind in {"github", "slow"} and self.house.standin.faults_open() >= _MOST_OPEN:
            return
        self._do(fault)
        self.done[fault.kind if fault.kind not in {"kill", "stop"} else f"{fault.kind} {fault.target}"] += 1

    def _do(self, fault: Fault) -> None:
        supervisor = self.house.stack.supervisor
        match fault.kind:
            case "kill":
                supervisor.kill(fault.target)
            case "stop":
                self._freeze(supervisor.pid(fault.target), fault.seconds)
            case "kill-stage":
                for pid in self._stages():
                    _signal(pid, signal.SIGKILL)
            case "stop-stage":
                for pid in self._stages():
                    self._freeze(pid, fault.seconds)
            case "flush":
                with suppress(redis.RedisError), self._broker() as broker:
                    broker.flushall()
            case "disk-full":
                self._fill_disk(fault.seconds)
            case "clock":
                self.house.clock.write_text(str(fault.seconds))
            case "github":
                self._misbehave(
                    fault.target, fault.seconds, times=5 if fault.target in _HIDE_THE_ANSWER else 2
                )
            case "slow":
                self._misbehave(fault.target, fault.seconds, times=3)

    def tick(self) -> None:
        """End what has lasted long enough, and start again what died."""
        now = time.monotonic()
        over = [end for at, end in self._ends if at <= now]
        self._ends = [(at, end) for at, end in self._ends if at > now]
        for end in over:
            end()
        self.house.stack.tick()

    def lift(self) -> None:
        """Everything ends at once; what is dead comes back. What was ordered of GitHub still comes, and is used up."""
        for _, end in self._ends:
            end()
        self._ends.clear()
        self.house.clock.write_text("0")
        self.house.stack.tick()

    def _freeze(self, pid: int, seconds: float) -> None:
        if _signal(pid, signal.SIGSTOP):
            self._ends.append((time.monotonic() + seconds, lambda: _thaw(pid)))

    def _fill_disk(self, seconds: float) -> None:
        supervisor = self.house.stack.supervisor
        pids = [pid for name in _WRITERS for pid in _family(supervisor.pid(name))]
        for pid in pids:
            _limit_files(pid, 0)
        free = [lambda pid=pid: _limit_files(pid, resource.RLIM_INFINITY) for pid in pids]
        self._ends += [(time.monotonic() + seconds, end) for end in free]

    def _misbehave(self, kind: str, seconds: float, *, times: int) -> None:
        """With what the App asks for, not with what people do. An answer is hidden where it hurts: of what creates."""
        more: dict[str, str] = {"method": "POST"} if kind in _HIDE_THE_ANSWER else {}
        order = self.house.standin.order_fault
        order(kind, times=times, credential=_APP_TOKEN, seconds=seconds, **more)

    def _stages(self) -> list[int]:
        """Processes that work in run directories of this house."""
        folder = str(self.house.settings.artifacts_folder).encode()
        return [pid for pid, words in _processes() if b"pipelines" in words and folder in b"\0".join(words)]

    def _broker(self) -> "redis.Redis":
        return redis.Redis(port=self.house.stack.broker_port, socket_timeout=2)


def _signal(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def _thaw(pid: int) -> None:
    _signal(pid, signal.SIGCONT)


def _limit_files(pid: int, limit: int) -> None:
    with suppress(ProcessLookupError, PermissionError, ValueError):
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, hard))


def _processes() -> list[tuple[int, list[bytes]]]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                found.append((int(folder.name), (folder / "cmdline").read_bytes().split(b"\0")))
    return found


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    parents: dict[int, int] = {}
    for child, _ in _processes():
        with suppress(OSError, ValueError):
            stat = (Path("/proc") / str(child) / "stat").read_text()
            parents[child] = int(stat.rpartition(")")[2].split()[1])
    found = [pid]
    for member in found:
        found += [child for child, parent in parents.items() if parent == member]
    return found
