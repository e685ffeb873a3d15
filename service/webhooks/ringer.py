"""Nudges to the workers, from a thread of their own: a broker that is slow or away holds up no answer."""

import logging
import queue
import threading
from typing import Final

from service.ledger.session import Nudge

log = logging.getLogger(__name__)

A_SECOND: Final = 50
"""No more are sent: each takes as long as keeping several deliveries, and no worker handles as many."""
MOST_WAITING: Final = 1_000
"""What is noted beyond is dropped, since the sweeper finds its row."""


class Ringer:
    """Notes nudges and sends them in order. `close` ends it; what waits then is found by the sweeper."""

    def __init__(self, nudge: Nudge, *, pause_seconds: float = 1 / A_SECOND) -> None:
        self._nudge = nudge
        self._pause = pause_seconds
        self._noted: queue.SimpleQueue[tuple[str, int]] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def ring(self, task: str, row_id: int) -> None:
        """Note that `task` is to look at the row. Returns at once."""
        if self._noted.qsize() >= MOST_WAITING:
            return
        self._noted.put((task, row_id))
        if self._thread is None:  # only the event loop's thread comes here
            self._thread = threading.Thread(target=self._run, name="ringer", daemon=True)
            self._thread.start()

    def close(self) -> None:
        if self._thread is not None:
            self._closing.set()
            self._noted.put(("", 0))
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while True:
            task, row_id = self._noted.get()
            if self._closing.is_set():
                return
            try:
                self._nudge(task, row_id)
            except Exception:
                log.exception("nudge not sent: %s(%d); the sweeper will find the row", task, row_id)
            self._closing.wait(self._pause)
