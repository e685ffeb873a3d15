"""Brings a pull request's comment and check run up to date: what they should say goes into the outbox."""

import dataclasses
import logging
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import GitHubFailed
from service.github.client import Check, GitHub
from service.jobs import pauses
from service.jobs.client import github
from service.jobs.looks import look_at_pull
from service.jobs.report_extras import put_extras
from service.jobs.report_input import report_input
from service.jobs.tools import Tools, tools
from service.ledger import contributions, outbox
from service.ledger.tables import Contribution, Outbox
from service.queue import app
from service.reports import check as check_report
from service.reports import comment as comment_report

log = logging.getLogger(__name__)


@app.task(name="report")
def task(row_id: int) -> None:
    make_report(tools(), github(), row_id)


def make_report(tools: Tools, client: GitHub, contribution_id: int) -> None:
    """Report, if one is due. The head is read again first: a verdict never stands under another commit."""
    with tools.read() as session:
        contribution = session.get(Contribution, contribution_id)
        if contribution is None or contribution.report_made >= contribution.report_wanted:
            return
        if pauses.until(session, contribution.repository, now=tools.now()) is not None:
            return  # whoever looks for what is due finds it afterwards
    try:
        head = client.pull_request(contribution.repository, contribution.number).head_sha
    except GitHubFailed as error:
        pauses.note(tools, contribution.repository, error)
        log.warning("report on %s#%d waits: %s", contribution.repository, contribution.number, error)
        return
    with tools.write() as session:
        now = tools.now()
        contribution = session.get_one(Contribution, contribution_id, populate_existing=True)
        if head != contribution.head_sha:
            why = f"report:{head}"
            look_at_pull(session, contribution.repository, contribution.number, why=why, now=now)
            return
        wanted = contribution.report_wanted
        if not contributions.report_made(session, contribution_id, wanted=wanted):
            return  # another worker reported on the same or a later state
        _put(session, tools, contribution, now)


def _put(session: Session, tools: Tools, contribution: Contribution, now: datetime) -> None:
    report = report_input(session, tools.settings, contribution)
    place = f"{contribution.repository}#{contribution.number}"
    if report.runs:
        body = comment_report.render(report)
        payload = {"number": contribution.number, "marker": comment_report.MARKER, "body": body}
        _write(session, f"{place}:comment", "comment", contribution, payload, now=now)
    put_extras(session, tools.settings, contribution, now)
    if tools.settings.github_app_id is None:
        return  # only an App may write check runs; the comment says all
    if report.runs:
        _put_check(session, contribution, check_report.render(report), now)
    for check in _left_behind(session, contribution):
        _put_check(session, contribution, check, now)


def _put_check(session: Session, contribution: Contribution, check: Check, now: datetime) -> None:
    payload = {"number": contribution.number, **dataclasses.asdict(check)}
    payload["annotations"] = list(payload["annotations"])
    key = f"{contribution.repository}@{check.head_sha}:check"
    _write(session, key, "check", contribution, payload, now=now)


def _left_behind(session: Session, contribution: Contribution) -> list[Check]:
    """Check runs of older heads that would look as if they were still going on."""
    rows = session.scalars(
        select(Outbox).where(Outbox.kind == "check", Outbox.repository == contribution.repository)
    )
    return [
        Check(
            name=row.payload["name"],
            head_sha=row.payload["head_sha"],
            status="completed",
            conclusion="cancelled",
            title="Superseded by a push",
            summary=f"The head of the pull request is {contribution.head_sha[:8]} now.",
        )
        for row in rows
        if row.payload["number"] == contribution.number
        and row.payload["head_sha"] != contribution.head_sha
        and row.payload["status"] != "completed"
    ]


def _write(
    session: Session,
    key: str,
    kind: str,
    contribution: Contribution,
    payload: dict[str, object],
    *,
    now: datetime,
) -> None:
    repository = contribution.repository
    outbox.post(session, key=key, kind=kind, repository=repository, payload=payload, now=now)
