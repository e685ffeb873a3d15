"""The weekly slot: unique by (schedule, time), so that it is used once, however many beats tick."""

import logging
from datetime import UTC, datetime, timedelta

from celery.schedules import ParseException, crontab
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.decisions.on_schedule import SlotDecision, SlotFacts, decide
from service.errors import GitHubFailed, Misconfigured
from service.github.client import GitHub
from service.jobs import leaf_results
from service.jobs.client import github
from service.jobs.start_release import open_release, start_release
from service.jobs.tools import Tools, tools
from service.ledger import cursors
from service.ledger.session import insert_or_ignore
from service.ledger.tables import Slot
from service.queue import app

log = logging.getLogger(__name__)

_LOOK_BACK = timedelta(days=7)


@app.task(name="schedule_release")
def task(row_id: int) -> None:  # noqa: ARG001 - the clock says which slot
    schedule(tools(), github())


def schedule(tools: Tools, client: GitHub) -> None:
    """Use the newest slot that has come since the last look, in every repository."""
    if not tools.settings.release_schedule:
        return
    for repository in tools.settings.repositories:
        try:
            _schedule(tools, client, repository)
        except GitHubFailed as error:
            log.warning("the slot of %s is tried again in a minute: %s", repository, error)


def _schedule(tools: Tools, client: GitHub, repository: str) -> None:
    schedule, now = tools.settings.release_schedule, tools.now()
    with tools.read() as session:
        facts = _facts(session, schedule, repository, now)
    decision = decide(facts)
    if decision is not None and facts.due is not None:
        _use(tools, client, repository, facts.due, decision)
    with tools.write() as session:
        cursors.set_cursor(session, f"schedule:{repository}", now.isoformat())


def _facts(session: Session, schedule: str, repository: str, now: datetime) -> SlotFacts:
    looked = cursors.cursor(session, f"schedule:{repository}")
    # A service that is set up anew has missed nothing.
    since = datetime.fromisoformat(looked) if looked else now
    due = newest_slot(schedule, since, now)
    used = due is not None and session.scalar(
        select(Slot.id).where(Slot.repository == repository, Slot.schedule == schedule, Slot.at == due)
    )
    return SlotFacts(
        due=None if used else due,
        release_open=open_release(session, repository) is not None,
        merged=len(leaf_results.unreleased(session, repository)),
    )


def _use(tools: Tools, client: GitHub, repository: str, due: datetime, decision: SlotDecision) -> None:
    log.info("slot %s of %s: %s", due.isoformat(), repository, decision.reason)
    with tools.write() as session:
        run = None
        if decision.release:
            run = start_release(session, client, tools.settings, repository, requested_by="schedule")
        slot = {"repository": repository, "schedule": tools.settings.release_schedule, "at": due}
        insert_or_ignore(session, Slot, {**slot, "run_id": run.id if run else None})


def newest_slot(schedule: str, since: datetime, now: datetime) -> datetime | None:
    """The newest minute in (since, now] that the cron line names, in UTC; at most a week back.

    Raises Misconfigured for what is no cron line of five fields.
    """
    try:
        fields = crontab.from_string(schedule)
    except (ParseException, ValueError) as error:
        raise Misconfigured(
            f"GRAFT_RELEASE_SCHEDULE {schedule!r} is no cron line: {error}",
            mend="Five fields, as in `0 6 * * 1`: minute, hour, day, month, weekday.",
        ) from error
    minute = now.astimezone(UTC).replace(second=0, microsecond=0)
    earliest = max(since, now - _LOOK_BACK)
    while minute > earliest:
        if _named(fields, minute):
            return minute
        minute -= timedelta(minutes=1)
    return None


def _named(fields: crontab, minute: datetime) -> bool:
    return (
        minute.minute in fields.minute
        and minute.hour in fields.hour
        and minute.isoweekday() % 7 in fields.day_of_week
        and minute.day in fields.day_of_month
        and minute.month in fields.month_of_year
    )
