"""The doorbell of a worker: a thread a queue that looks for work, when rung and every few seconds anyway.

A message that is lost loses no work. The thread lives as long as the worker, as the stages it starts need (see
`stage_process`), and leaves Celery's own threads free to answer.
"""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0

WorkOff = Callable[[str, threading.Event], None]
"""(queue, stopping): work until nothing is ready or `stopping` is set."""

_bells: dict[str, "Bell"] = {}


class Bell:
    """Calls `work_off(queue, stopping)` when rung, and every `look_seconds`."""

    def __init__(self, queue: str, work_off: WorkOff, *, look_seconds: float = LOOK_SECONDS) -> None:
        self._queue, self._work_off, self._look_seconds = queue, work_off, look_seconds
        self._rung, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"bell-{queue}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ring(self) -> None:
        self._rung.set()

    def silence(self) -> None:
        self._stopping.set()

    def stop(self, seconds: float) -> None:
        """Let the stage at work save and end, for at most so long."""
        self.silence()
        self._rung.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._rung.clear()
            try:
                self._work_off(self._queue, self._stopping)
            except Exception:
                # A database that is away, or a fault of ours: the stage's lease runs out, and we look again.
                log.exception("working off %s", self._queue)
            self._rung.wait(self._look_seconds)


def hang(queue: str, work_off: WorkOff, *, look_seconds: float = LOOK_SECONDS) -> None:
    """Start this process's bell for the queue."""
    _bells[queue] = Bell(queue, work_off, look_seconds=look_seconds)
    _bells[queue].start()


def ring(queue: str) -> None:
    """Have the queue looked at now; nothing happens where no bell hangs, it will be looked at soon enough."""
    bell = _bells.get(queue)
    if bell is not None:
        bell.ring()


def silence() -> None:
    """Begin nothing new, and have what is at work saved. Does not wait."""
    for bell in _bells.values():
        bell.silence()


def take_down(seconds: float) -> None:
    """Stop all bells of this process."""
    for bell in _bells.values():
        bell.stop(seconds)
    _bells.clear()
