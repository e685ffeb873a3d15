"""Whether a time has come, on a clock that may have been set back."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_


def due(column: Any, now: datetime, *, longest: timedelta) -> ColumnElement[bool]:
    """True for no time, for one that has come, and for one further ahead than anybody ever sets.

    `longest` is the furthest ahead that a time is set. What lies beyond was written before the clock was set back;
    waiting for it could take for ever.
    """
    return or_(column.is_(None), column <= now, column > now + longest)
