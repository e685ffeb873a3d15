"""What every job works with, made once a process."""

import os
import socket
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from service.ledger.session import Nudge, make_engine, read_scope, session_scope
from service.queue import nudge
from service.settings import Settings, get_settings


@dataclass(frozen=True)
class Tools:
    """Settings, the ledger's door and the bell."""

    settings: Settings
    engine: Engine
    nudge: Nudge
    owner: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}")
    """Whose name the leases bear."""

    def write(self) -> AbstractContextManager[Session]:
        """One writing transaction; its nudges leave after the commit."""
        return session_scope(self.engine, self.nudge)

    def read(self) -> AbstractContextManager[Session]:
        return read_scope(self.engine)

    @staticmethod
    def now() -> datetime:
        file = get_settings().clock_offset_file
        return datetime.now(UTC) + (timedelta(0) if file is None else _offset(file))


def _offset(file: Path) -> timedelta:
    """By how much a trial wants the clock to be off; not at all while it says nothing."""
    try:
        return timedelta(seconds=float(file.read_text()))
    except (OSError, ValueError):
        return timedelta(0)


@cache
def tools() -> Tools:
    """The tools of the process we are in."""
    settings = get_settings()
    return Tools(settings, make_engine(settings), nudge)
