"""Answers that are behind their run, on both kinds of database."""

from datetime import datetime

from sqlalchemy import Engine

from service.ledger import answers, runs
from service.ledger.runs import RunRequest
from service.ledger.session import session_scope
from service.ledger.tables import RunKind, RunState


def test_an_answer_is_due_until_it_was_made_for_the_newest_change(engine: Engine, now: datetime) -> None:
    rung: list[tuple[str, int]] = []
    with session_scope(engine, lambda task, row_id: rung.append((task, row_id))) as session:
        request = RunRequest(
            kind=RunKind.CHECK,
            repository="o/r",
            number=1,
            head_sha="a" * 40,
            base_sha="b" * 40,
            requested_by="ada",
        )
        run, _ = runs.create(session, request, now=now)
        for _ in range(2):
            answers.promise(session, run.id, number=1, comment_id=5)
        (due,) = answers.due(session)
    assert rung.count(("answer", due)) == 1

    with session_scope(engine, lambda task, row_id: rung.append((task, row_id))) as session:
        assert answers.made(session, due, wanted=1)
        assert not answers.made(session, due, wanted=1)
        assert answers.due(session) == []
        runs.cancel(session, run.id, state=RunState.CANCELLED, reason="asked", now=now)
        assert answers.due(session) == [due]
    assert rung.count(("answer", due)) == 2
