"""How fast we may write to GitHub: at least a second between two writes, and no more than its limits allow.

What was written is read from the ledger, so all processes keep one pace, and a restart forgets nothing.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from service.ledger import outbox
from service.settings import Settings

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_LOOK_AGAIN: Final = 5.0
"""Where a limit of the minute or the hour is met, how many seconds pass before it is looked at again."""


def wait(session: Session, settings: Settings, installation: str, *, now: datetime) -> float:
    """Seconds until the next write to this installation; 0: now."""
    in_a_minute, last = outbox.written(session, installation, since=now - _MINUTE, now=now)
    in_an_hour, _ = outbox.written(session, installation, since=now - _HOUR, now=now)
    if in_a_minute >= settings.github_writes_a_minute or in_an_hour >= settings.github_writes_an_hour:
        return _LOOK_AGAIN
    return 0.0 if last is None else max(0.0, settings.github_write_interval - (now - last).total_seconds())
