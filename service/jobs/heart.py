"""A right that is renewed by itself while a job of our own works."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from service.errors import LeaseLost
from service.jobs.tools import Tools

log = logging.getLogger(__name__)


@contextmanager
def beating(tools: Tools, beat: Callable[[Session], object]) -> Iterator[None]:
    """Call `beat` now and then until the block is left. Whether the right was lost shows at the next write under it."""
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=(tools, beat, over), daemon=True, name="heart")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _beat(tools: Tools, beat: Callable[[Session], object], over: threading.Event) -> None:
    while not over.wait(tools.settings.heartbeat_seconds):
        try:
            with tools.write() as session:
                beat(session)
        except LeaseLost:
            return
        except SQLAlchemyError:
            log.warning("no beat this time", exc_info=True)
