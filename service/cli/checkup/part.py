"""One thing that the service needs, and how it was found."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import redis
from sqlalchemy.exc import SQLAlchemyError

from pipelines.errors import StageError
from service.errors import ServiceError

_LONGEST: Final = 300


class State(StrEnum):
    OK = "ok"
    NOTE = "note"
    """It works, and something should be known."""
    MISSING = "missing"


class Fault(Exception):
    """It is not there or does not work; `mend` says what to do, where the part itself does not know better."""

    def __init__(self, said: str, mend: str = "") -> None:
        super().__init__(said)
        self.mend = mend


class Note(Fault):
    """It works; `mend` says what would be better."""


@dataclass(frozen=True)
class Part:
    """`look` returns what is there in one line, or raises; `mend` is what to do then."""

    name: str
    look: Callable[[], str]
    mend: str


@dataclass(frozen=True)
class Found:
    name: str
    state: State
    said: str
    mend: str = ""


def examine(part: Part) -> Found:
    """Look at the part; whatever outside may go wrong is a finding."""
    try:
        return Found(part.name, State.OK, part.look())
    except Note as note:
        return Found(part.name, State.NOTE, str(note), note.mend or part.mend)
    except Fault as fault:
        return Found(part.name, State.MISSING, str(fault), fault.mend or part.mend)
    except (ServiceError, StageError) as error:
        return Found(part.name, State.MISSING, error.message, error.mend or part.mend)
    except (SQLAlchemyError, redis.RedisError, OSError) as error:
        line = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        return Found(part.name, State.MISSING, line[0][:_LONGEST], part.mend)
