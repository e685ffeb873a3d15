"""Sends what waits in the outbox: for each installation one sender at a time over all workers, one letter after the
other, at the pace that GitHub asks for. Installations do not wait for each other.
"""

import logging
import time
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from service.errors import GitHubBusy, GitHubFailed, GitHubGone, LeaseLost, RepositoryMoved
from service.github.client import GitHub
from service.jobs import leaf_results, pace, pauses
from service.jobs.client import github
from service.jobs.heart import beating
from service.jobs.senders import Sent, Way, send
from service.jobs.setbacks import backoff
from service.jobs.tools import Tools, tools
from service.ledger import contributions, locks, outbox
from service.ledger.locks import Held
from service.ledger.outbox import Letter
from service.ledger.session import nudge_after_commit
from service.ledger.tables import Outbox, Release
from service.queue import app

log = logging.getLogger(__name__)

_MOST_ATTEMPTS = 8
_LONGEST_NAP = 2.0
"""A sender waits so long itself for its turn; for more it lets go and is rung for again."""


@app.task(name="send_outbox")
def task(row_id: int) -> None:
    """All that waits for the installation that this row is for."""
    kit = tools()
    with kit.read() as session:
        row = session.get(Outbox, row_id)
    if row is not None:
        send_for(kit, github(), outbox.installation_of(row.repository))


def send_all(tools: Tools, client: GitHub) -> None:
    """Send, installation by installation, until nothing is left that may be sent now."""
    with tools.read() as session:
        waiting = outbox.installations(session, now=tools.now())
    for installation in sorted(waiting):
        send_for(tools, client, installation)


def send_for(tools: Tools, client: GitHub, installation: str) -> None:
    """Send until nothing is left that may be sent now, unless another process does already."""
    name, seconds = f"outbox:{installation}", tools.settings.lease_seconds
    while True:
        with tools.write() as session:
            now = tools.now()
            if any(locks.paused(session, wait, now=now) for wait in (name, f"github:{installation}")):
                return
            held = locks.acquire(session, name, owner=tools.owner, now=tools.now(), seconds=seconds)
        if held is None:
            return  # its holder looks again after giving it back
        try:
            if not _Sender(tools, client, installation, held).send_all():
                return
        except LeaseLost as error:
            log.warning("%s", error)
            return
        finally:
            with tools.write() as session:
                locks.release(session, held)
        with tools.read() as session:
            if outbox.take(session, now=tools.now(), installation=installation) is None:
                return


class _Sender:
    """Who holds the right to write for one installation."""

    def __init__(self, tools: Tools, client: GitHub, installation: str, held: Held) -> None:
        self.tools, self.client, self.installation, self.held = tools, client, installation, held

    def send_all(self) -> bool:
        """True when nothing is left, False when GitHub is to be left alone for a while."""
        while True:
            with self.tools.write() as session:
                self._renew(session)
                letter = outbox.take(session, now=self.tools.now(), installation=self.installation)
                nap = pace.wait(session, self.tools.settings, self.installation, now=self.tools.now())
            if letter is None:
                return True
            if nap > _LONGEST_NAP:
                self._pause(nap)
                return False
            if nap > 0:
                time.sleep(nap)
                continue  # newer content may have come meanwhile
            try:
                self._send(letter)
            except GitHubBusy as error:
                self._busy(letter, error)
                return False

    def _renew(self, session: Session) -> None:
        """Raises LeaseLost when another process sends for this installation now."""
        locks.renew(session, self.held, now=self.tools.now(), seconds=self.tools.settings.lease_seconds)

    def _sure(self) -> None:
        with self.tools.write() as session:
            self._renew(session)

    def _send(self, letter: Letter) -> None:
        """One letter. GitHubBusy and LeaseLost are the caller's; every other failure is the letter's."""
        try:
            with beating(self.tools, self._renew):
                sent = send(Way(self.client, self._sure), letter)
        except GitHubBusy:
            raise
        except (GitHubFailed, OSError, KeyError) as error:
            self._failed(letter, error)
            return
        try:
            with self.tools.write() as session:
                self._renew(session)
                outbox.mark_sent(session, letter, remote_id=sent.remote_id, now=self.tools.now())
                if letter.kind == "release":
                    _published(session, self.tools, letter, sent)
        except LeaseLost:
            # We slept too long over it: another may have written here before or after us.
            with self.tools.write() as session:
                outbox.doubt(session, letter.id)
            raise

    def _failed(self, letter: Letter, error: Exception) -> None:
        log.warning("%s was not sent: %s", letter.key, error)
        tried = letter.attempts + 1 >= _MOST_ATTEMPTS and not isinstance(error, RepositoryMoved)
        hopeless = isinstance(error, GitHubGone | KeyError) or tried
        pause = backoff(letter.attempts + 1, first=self.tools.settings.retry_seconds)
        with self.tools.write() as session:
            text = f"{type(error).__name__}: {error}"
            not_before = None if hopeless else self.tools.now() + pause
            outbox.mark_failed(session, letter, error=text, not_before=not_before)

    def _busy(self, letter: Letter, error: GitHubBusy) -> None:
        """A limit holds for all we write; trouble on the way holds us up a little, and this letter longer each time."""
        log.warning("GitHub is busy: %s", error)
        first = self.tools.settings.retry_seconds
        again = backoff(letter.attempts + 1, first=first)
        if error.limited:
            again = timedelta(seconds=error.retry_after)
        with self.tools.write() as session:
            outbox.mark_failed(session, letter, error=str(error), not_before=self.tools.now() + again)
        if pauses.note(self.tools, letter.repository, error) is None:
            self._pause(min(again.total_seconds(), first))

    def _pause(self, seconds: float) -> None:
        """All processes keep to it, those that start later too."""
        until = self.tools.now() + timedelta(seconds=seconds)
        with self.tools.write() as session:
            locks.pause(session, f"outbox:{self.installation}", until=until)


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
