"""Group commit: whatever deliveries wait are made durable together, by one thread with one commit, and answered after.

A commit waits for the disk. While one does, further deliveries gather and go with the next, so that many at once cost
little more than one, and a single one is not held up. Nothing is answered before its commit is on the disk.
"""

import asyncio
import itertools
import logging
import queue
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, NamedTuple

from sqlalchemy import Engine
from sqlalchemy.exc import DisconnectionError, InterfaceError, OperationalError, SQLAlchemyError

from service.github.events import EventSummary, MalformedEvent, identify
from service.ledger import deliveries
from service.ledger.deliveries import Arrival
from service.logging import bound
from service.webhooks.reading import Received

log = logging.getLogger(__name__)

MOST_WAITING: Final = 2_000
"""More than these are turned away at once: they could not be answered in the ten seconds that GitHub waits."""
_MOST_ROWS: Final = 128
_MOST_BYTES: Final = 32 * 1024 * 1024
"""What one transaction takes, unless a single delivery is larger."""
_GATHER_SECONDS: Final = 0.002
"""Under load, how long a transaction waits for more to join it: what it costs is shared by all."""
_NAMED_IN_LOG: Final = 20


class Overfull(Exception):
    """More deliveries wait than can be kept in time."""


class NotKept(Exception):
    """The ledger did not take it."""


class Kept(NamedTuple):
    """A delivery that is on the disk."""

    row_id: int
    processed: bool
    """It was handled before: nothing is left to do."""
    known: bool
    """Its event means something here."""


Outcome = Kept | NotKept | MalformedEvent


class _Waiting(NamedTuple):
    received: Received
    answer: "asyncio.Future[Kept]"


class Recorder:
    """Keeps deliveries. Its thread starts with the first; `close` ends it when all that wait are answered."""

    def __init__(self, engine: Engine, *, most_waiting: int = MOST_WAITING) -> None:
        self._engine = engine
        self._most_waiting = most_waiting
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    async def keep(self, received: Received) -> Kept:
        """Returns once the delivery is durable. Raises MalformedEvent, NotKept or Overfull when it is not kept."""
        if self._waiting.qsize() >= self._most_waiting:
            raise Overfull
        if self._thread is None:  # only the event loop's thread comes here
            self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
            self._thread.start()
        answer: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        self._waiting.put(_Waiting(received, answer))
        return await answer

    def close(self) -> None:
        """Answer what waits, and end."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        crowded = False
        while batch := self._next(crowded=crowded):
            _answer(batch, self._outcomes(batch))
            crowded = len(batch) > 1

    def _next(self, *, crowded: bool) -> list[_Waiting]:
        """All that wait, as far as one transaction takes them; waits for the first, and is empty at the end."""
        first = self._waiting.get()
        if first is None:
            return []
        if crowded:  # those who were just answered send again, and more are on their way
            time.sleep(_GATHER_SECONDS)
        batch, size = [first], len(first.received.body)
        with suppress(queue.Empty):
            while len(batch) < _MOST_ROWS and size < _MOST_BYTES:
                another = self._waiting.get_nowait()
                if another is None:
                    self._waiting.put(None)  # seen again after this batch
                    break
                batch.append(another)
                size += len(another.received.body)
        return batch

    def _outcomes(self, batch: Sequence[_Waiting]) -> list[Outcome]:
        """One for each that waits, in order; whatever happens, each gets one."""
        try:
            read = [_read(waiting.received) for waiting in batch]
            sound = [found for found in read if isinstance(found, _Read)]
            kept = iter(self._keep(sound))
            return [next(kept) if isinstance(found, _Read) else found for found in read]
        except Exception:
            log.exception("%d deliveries not recorded", len(batch))
            return [NotKept() for _ in batch]

    def _keep(self, batch: Sequence["_Read"]) -> list[Kept | NotKept]:
        if not batch:
            return []
        try:
            return list(self._commit(batch))
        except (OperationalError, InterfaceError, DisconnectionError):
            log.exception("%d deliveries not recorded: the ledger does not answer", len(batch))
            return [NotKept() for _ in batch]
        except SQLAlchemyError:
            if len(batch) == 1:
                log.exception("delivery %s not recorded", batch[0].received.delivery_id)
                return [NotKept()]
            # What the database refuses of one must not fall on the others.
            return [outcome for one in batch for outcome in self._keep([one])]

    def _commit(self, batch: Sequence["_Read"]) -> list[Kept]:
        now = datetime.now(UTC)
        arrivals = [
            Arrival(
                one.received.delivery_id,
                one.received.event,
                one.summary.action,
                one.summary.repository,
                one.received.body,
            )
            for one in batch
        ]
        with self._engine.begin() as connection:
            rows = deliveries.record_all(connection, arrivals, now=now)
        _tell(batch, repeated=sum(not row.new for row in rows))
        return [Kept(row.id, row.processed, one.summary.known) for one, row in zip(batch, rows, strict=True)]


class _Read(NamedTuple):
    received: Received
    summary: EventSummary


def _read(received: Received) -> _Read | MalformedEvent:
    try:
        return _Read(received, identify(received.event, received.body))
    except MalformedEvent as error:
        return error


def _tell(batch: Sequence[_Read], *, repeated: int) -> None:
    """A line for each commit: under load, a line for each delivery would cost as much as keeping it."""
    if len(batch) == 1:
        (one,) = batch
        with bound(
            delivery=one.received.delivery_id, repository=one.summary.repository, number=one.summary.number
        ):
            verb = "repeated" if repeated else "recorded"
            log.info("delivery %s: %s %s", verb, one.received.event, one.summary.action or "")
        return
    named = ", ".join(one.received.delivery_id for one in batch[:_NAMED_IN_LOG])
    more = f" and {len(batch) - _NAMED_IN_LOG} more" if len(batch) > _NAMED_IN_LOG else ""
    log.info("%d deliveries recorded together, %d of them repeated: %s%s", len(batch), repeated, named, more)


def _answer(batch: Sequence[_Waiting], outcomes: Sequence[Outcome]) -> None:
    """Wake those who wait, with one call for each event loop."""
    pairs = zip(batch, outcomes, strict=True)
    for loop, answered in itertools.groupby(pairs, key=lambda pair: pair[0].answer.get_loop()):
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_resolve, list(answered))


def _resolve(answered: Sequence[tuple[_Waiting, Outcome]]) -> None:
    for waiting, outcome in answered:
        if waiting.answer.done():
            continue
        if isinstance(outcome, Kept):
            waiting.answer.set_result(outcome)
        else:
            waiting.answer.set_exception(outcome)
