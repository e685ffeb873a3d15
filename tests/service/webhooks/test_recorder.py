"""The group commit: together, each answered for itself, and nobody left waiting."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DataError

from service.github.events import MalformedEvent
from service.ledger import deliveries
from service.ledger.session import read_scope
from service.webhooks.reading import Received
from service.webhooks.recorder import Kept, NotKept, Overfull, Recorder

POISON = "poison"


def received(name: str, body: bytes = b"{}") -> Received:
    return Received(name, "push", body)


async def keep_all(recorder: Recorder, *wanted: Received) -> list[Any]:
    return await asyncio.gather(*map(recorder.keep, wanted), return_exceptions=True)


def names(engine: Engine) -> set[str]:
    with read_scope(engine) as session:
        return {row.delivery_id for row in deliveries.find(session, deliveries.Filter(), limit=1000)}


@pytest.fixture
def recorder(engine: Engine) -> Iterator[Recorder]:
    recorder = Recorder(engine)
    yield recorder
    recorder.close()


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What went into the database together; a row named POISON is refused by it."""
    seen: list[list[str]] = []
    record_all = deliveries.record_all

    def watched(connection: Any, arrivals: Sequence[deliveries.Arrival], **given: Any) -> Any:
        seen.append([one.delivery_id for one in arrivals])
        if POISON in seen[-1]:
            raise DataError("INSERT", {}, ValueError("no such thing"))
        return record_all(connection, arrivals, **given)

    monkeypatch.setattr(deliveries, "record_all", watched)
    return seen


async def test_many_at_once_share_commits_and_all_are_there(
    recorder: Recorder, engine: Engine, batches: list[list[str]]
) -> None:
    kept = await keep_all(recorder, *(received(f"d-{n}") for n in range(300)))
    assert all(isinstance(one, Kept) for one in kept)
    assert len({one.row_id for one in kept}) == 300
    assert names(engine) == {f"d-{n}" for n in range(300)}
    assert len(batches) < 30


async def test_what_the_database_refuses_of_one_harms_no_other(
    recorder: Recorder, engine: Engine, batches: list[list[str]]
) -> None:
    first, poison, last = await keep_all(recorder, received("a"), received(POISON), received("z"))
    assert isinstance(first, Kept)
    assert isinstance(poison, NotKept)
    assert isinstance(last, Kept)
    assert names(engine) == {"a", "z"}
    assert any(len(batch) > 1 and POISON in batch for batch in batches)


async def test_a_body_that_is_no_json_is_refused_alone(recorder: Recorder, engine: Engine) -> None:
    good, bad = await keep_all(recorder, received("a"), received("b", b"[]"))
    assert isinstance(good, Kept)
    assert isinstance(bad, MalformedEvent)
    assert names(engine) == {"a"}


async def test_a_ledger_that_does_not_answer_is_asked_once_for_all(
    recorder: Recorder, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE deliveries RENAME TO elsewhere"))
    outcomes = await keep_all(recorder, *(received(f"d-{n}") for n in range(5)))
    assert all(isinstance(one, NotKept) for one in outcomes)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO deliveries"))
    assert isinstance(await recorder.keep(received("d-0")), Kept)


async def test_a_fault_of_ours_still_answers_everybody(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("a slip")

    monkeypatch.setattr(deliveries, "record_all", fail)
    assert [type(one) for one in await keep_all(recorder, received("a"), received("b"))] == [NotKept, NotKept]


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """The database takes nothing until the returned function is called."""
    gate = threading.Event()
    record_all = deliveries.record_all

    def waiting(*arguments: Any, **given: Any) -> Any:
        assert gate.wait(20)
        return record_all(*arguments, **given)

    monkeypatch.setattr(deliveries, "record_all", waiting)
    yield gate.set
    gate.set()


async def test_more_than_can_be_kept_in_time_are_turned_away_and_the_rest_is_kept(
    engine: Engine, held: Callable[[], None]
) -> None:
    recorder = Recorder(engine, most_waiting=3)
    tasks = [asyncio.ensure_future(recorder.keep(received(f"d-{n}"))) for n in range(30)]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    assert all(isinstance(task.exception(), Overfull) for task in done)
    assert pending
    held()
    await asyncio.wait(pending)
    assert all(isinstance(task.result(), Kept) for task in pending)
    assert len(names(engine)) == len(pending)
    recorder.close()


async def test_nothing_is_answered_before_it_is_committed_and_closing_waits_for_it(
    engine: Engine, held: Callable[[], None]
) -> None:
    recorder = Recorder(engine)
    task = asyncio.ensure_future(recorder.keep(received("a")))
    await asyncio.sleep(0)
    assert not task.done()
    assert names(engine) == set()
    closing = asyncio.get_running_loop().run_in_executor(None, recorder.close)
    held()
    assert isinstance(await task, Kept)
    await closing
    assert names(engine) == {"a"}


def test_a_commit_is_on_the_disk_before_it_is_answered(engine: Engine) -> None:
    """SQLite's WAL is synced at each commit; PostgreSQL answers a commit only after its own."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        else:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"
            assert connection.exec_driver_sql("SHOW fsync").scalar_one() == "on"
