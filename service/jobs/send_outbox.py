"""Sends what waits in the outbox: one sender at a time over all workers, one letter after the other."""

import logging
import time
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from service.errors import GitHubBusy, GitHubFailed, GitHubGone, LeaseLost
from service.github.client import GitHub
from service.jobs import leaf_results
from service.jobs.client import github
from service.jobs.heart import beating
from service.jobs.senders import Sent, send
from service.jobs.setbacks import backoff
from service.jobs.tools import Tools, tools
from service.ledger import contributions, locks, outbox
from service.ledger.locks import Held
from service.ledger.outbox import Letter
from service.ledger.session import nudge_after_commit
from service.ledger.tables import Release
from service.queue import app

log = logging.getLogger(__name__)

_MOST_ATTEMPTS = 8
_NAME = "outbox"


@app.task(name="send_outbox")
def task(row_id: int) -> None:  # noqa: ARG001 - all that waits is sent
    send_all(tools(), github())


def send_all(tools: Tools, client: GitHub) -> None:
    """Send until nothing is left that may be sent now."""
    while True:
        with tools.write() as session:
            held = locks.acquire(session, _NAME, owner=tools.owner, now=tools.now(), seconds=_seconds(tools))
        if held is None:
            return  # its holder looks again after giving it back
        try:
            if not _send_under(tools, client, held):
                return
        except LeaseLost as error:
            log.warning("%s", error)
            return
        with tools.write() as session:
            locks.release(session, held)
        with tools.read() as session:
            if outbox.take(session, now=tools.now()) is None:
                return


def _seconds(tools: Tools) -> float:
    return tools.settings.lease_seconds


def _send_under(tools: Tools, client: GitHub, held: Held) -> bool:
    """True when nothing is left, False when GitHub wants to be left alone: the right then runs out by itself."""
    sent_before = False
    while True:
        with tools.write() as session:
            locks.renew(session, held, now=tools.now(), seconds=_seconds(tools))
            letter = outbox.take(session, now=tools.now())
        if letter is None:
            return True
        if sent_before:
            time.sleep(tools.settings.github_write_interval)
        sent_before = True
        try:
            _send(tools, client, held, letter)
        except GitHubBusy as error:
            log.warning("GitHub is busy: %s", error)
            with tools.write() as session:
                not_before = tools.now() + timedelta(seconds=error.retry_after)
                outbox.mark_failed(session, letter, error=str(error), not_before=not_before)
                locks.renew(session, held, now=tools.now(), seconds=error.retry_after)
            return False


def _send(tools: Tools, client: GitHub, held: Held, letter: Letter) -> None:
    """One letter. GitHubBusy is the caller's; every other failure is the letter's."""
    try:
        with beating(
            tools, lambda session: locks.renew(session, held, now=tools.now(), seconds=_seconds(tools))
        ):
            sent = send(client, letter)
    except GitHubBusy:
        raise
    except (GitHubFailed, OSError, KeyError) as error:
        log.warning("%s was not sent: %s", letter.key, error)
        hopeless = isinstance(error, GitHubGone | KeyError) or letter.attempts + 1 >= _MOST_ATTEMPTS
        not_before = None if hopeless else tools.now() + backoff(letter.attempts + 1)
        with tools.write() as session:
            text = f"{type(error).__name__}: {error}"
            outbox.mark_failed(session, letter, error=text, not_before=not_before)
        return
    with tools.write() as session:
        outbox.mark_sent(session, letter, remote_id=sent.remote_id, now=tools.now())
        if letter.kind == "release":
            _published(session, tools, letter, sent)


def _published(session: Session, tools: Tools, letter: Letter, sent: Sent) -> None:
    """The release is out: it is the reference from now on, and everybody whose leaf is in it is told."""
    now, repository, version = tools.now(), letter.repository, letter.payload["version"]
    session.execute(
        update(Release)
        .where(Release.repository == repository, Release.version == version, Release.state == "publishing")
        .values(state="published", url=sent.url, published_at=now)
    )
    shipped = leaf_results.released(session, repository, letter.payload["leaves"], version, now=now)
    for number in shipped:
        contribution = contributions.find(session, repository, number)
        if contribution is not None:
            contributions.want_report(session, contribution.id)
            nudge_after_commit(session, "report", contribution.id)
