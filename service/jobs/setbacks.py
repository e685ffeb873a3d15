"""A stage that could not be done this time: again later, or given up."""

import random
from datetime import timedelta

from sqlalchemy.orm import Session

from pipelines.errors import Failure
from service.jobs.advance import advance
from service.jobs.tools import Tools
from service.ledger import leases
from service.ledger.leases import Lease
from service.ledger.tables import Stage

_LONGEST_SECONDS = 900.0


def backoff(attempts: int, *, first: float) -> timedelta:
    """About `first` seconds after the first attempt; doubles with each, up to a quarter of an hour; jittered, so that
    what fell together rises apart.
    """
    longest = min(_LONGEST_SECONDS, first * 2 ** min(attempts - 1, 20))
    return timedelta(seconds=random.uniform(longest / 2, longest))  # noqa: S311 - no secret


def try_later(
    session: Session, tools: Tools, lease: Lease, failure: Failure, *, seconds: float, wait: float = 0.0
) -> None:
    """Put the stage back for a later attempt, not before `wait` seconds; after the last one give it up."""
    attempts = session.get_one(Stage, lease.stage_id).attempts
    if attempts >= tools.settings.max_attempts:
        give_up(session, tools, lease, failure, seconds=seconds)
        return
    now, pause = tools.now(), backoff(attempts, first=tools.settings.retry_seconds)
    not_before = now + max(pause, timedelta(seconds=wait))
    paper = failure.model_dump(mode="json")
    leases.put_back(session, lease, seconds=seconds, now=now, not_before=not_before, failure=paper)


def give_up(session: Session, tools: Tools, lease: Lease, failure: Failure, *, seconds: float) -> None:
    """The stage has failed, and with it the run."""
    now = tools.now()
    leases.fail(session, lease, failure=failure.model_dump(mode="json"), seconds=seconds, now=now)
    advance(session, tools.settings, lease.run_id, now=now)
