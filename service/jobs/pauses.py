"""GitHub asked to be left alone: remembered in the ledger, so that all processes keep to it, reading or writing."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from service.errors import GitHubBusy, GitHubFailed
from service.jobs.tools import Tools
from service.ledger import locks
from service.ledger.outbox import installation_of


def note(tools: Tools, repository: str, error: GitHubFailed) -> datetime | None:
    """Remember until when, if the failure is a limit of GitHub's; returns that time."""
    wait = error.retry_after if isinstance(error, GitHubBusy) and error.limited else None
    if wait is None:
        return None
    until = tools.now() + timedelta(seconds=wait)
    with tools.write() as session:
        locks.pause(session, _name(repository), until=until)
    return until


def until(session: Session, repository: str, *, now: datetime) -> datetime | None:
    """When the account of this repository may be asked again; None: now."""
    return locks.paused_until(session, _name(repository), now=now)


def _name(repository: str) -> str:
    return f"github:{installation_of(repository)}"
