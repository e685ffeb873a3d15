"""Starts the processes of a stack in order, starts those that died again, and stops all of them."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen

from pipelines import processes
from service.errors import ServiceError

_FAST_DEATHS = 5
_STEADY_SECONDS = 20.0


class ProcessFailed(ServiceError):
    """A process of the stack did not come up or keeps dying."""


@dataclass(frozen=True)
class ProcessSpec:
    """One process: `ready` says when those after it may start (None: at once)."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    ready: Callable[[], bool] | None = None
    ready_within: float = 60.0
    stop_grace: float = 10.0


@dataclass
class _Running:
    spec: ProcessSpec
    process: "Popen[bytes]"
    started: float
    fast_deaths: int = 0
    restarts: int = 0


@dataclass
class Supervisor:
    """Not a daemon: `tick` is called by whoever waits for something, in the thread that started the processes."""

    folder: Path
    """Working directory and, under `logs/`, what the processes said."""
    fast_deaths: int = _FAST_DEATHS
    """A process that dies at once more often than this is given up."""
    _running: dict[str, _Running] = field(default_factory=dict)

    def log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def start(self, spec: ProcessSpec) -> None:
        """Start a process and wait until it is ready; raises ProcessFailed with the end of its log."""
        self.log(spec.name).parent.mkdir(parents=True, exist_ok=True)
        self._running[spec.name] = _Running(spec, self._spawn(spec), time.monotonic())
        if spec.ready is None:
            return
        deadline = time.monotonic() + spec.ready_within
        while not spec.ready():
            if self._running[spec.name].process.poll() is not None:
                raise self._failed(spec, "ended while it was starting")
            if time.monotonic() > deadline:
                raise self._failed(spec, f"was not ready within {spec.ready_within:.0f} s")
            time.sleep(0.05)

    def pid(self, name: str) -> int:
        return self._running[name].process.pid

    def kill(self, name: str) -> None:
        """SIGKILL, as a crash would; `tick` starts it again."""
        self._running[name].process.kill()
        self._running[name].process.wait()

    def restarts(self, name: str) -> int:
        return self._running[name].restarts

    def tick(self) -> None:
        """Start again what died; a process that keeps dying at once is given up (ProcessFailed)."""
        for running in self._running.values():
            if running.process.poll() is None:
                continue
            quick = time.monotonic() - running.started < _STEADY_SECONDS
            running.fast_deaths = running.fast_deaths + 1 if quick else 0
            if running.fast_deaths > self.fast_deaths:
                raise self._failed(running.spec, "keeps dying")
            running.process = self._spawn(running.spec)
            running.started = time.monotonic()
            running.restarts += 1

    def stop(self) -> None:
        """The last started is stopped first."""
        for running in reversed(self._running.values()):
            processes.stop(running.process, grace=running.spec.stop_grace)
        self._running.clear()

    def _spawn(self, spec: ProcessSpec) -> "Popen[bytes]":
        return processes.start(spec.argv, env=spec.env, cwd=self.folder, log=self.log(spec.name))

    def _failed(self, spec: ProcessSpec, what: str) -> ProcessFailed:
        log = self.log(spec.name)
        return ProcessFailed(
            f"{spec.name} {what}:\n{processes.tail(log, 12)}", mend=f"The whole log is {log}."
        )
