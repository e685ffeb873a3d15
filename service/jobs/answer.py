"""Brings a run's answer to a comment up to date: what it should say goes into the outbox, in one place a command."""

from sqlalchemy.orm import Session

from service.jobs.answer_input import trial_input
from service.jobs.tools import Tools, tools
from service.ledger import answers, outbox
from service.ledger.answers import RunAnswer
from service.ledger.tables import Run
from service.queue import app
from service.reports.trials.model import run_marker
from service.reports.trials.render import render


@app.task(name="answer")
def task(row_id: int) -> None:
    make_answer(tools(), row_id)


def make_answer(tools: Tools, answer_id: int) -> None:
    """Answer, if that is due. The answer names its commit, so it stays true when the head moves."""
    with tools.write() as session:
        answer = session.get(RunAnswer, answer_id)
        if answer is None or not answers.made(session, answer_id, wanted=answer.wanted):
            return
        _put(session, tools, answer)


def _put(session: Session, tools: Tools, answer: RunAnswer) -> None:
    run = session.get_one(Run, answer.run_id)
    kind = run.kind.value
    body = render(trial_input(session, tools.settings, run, comment_id=answer.comment_id))
    outbox.post(
        session,
        key=f"{run.repository}#{answer.number}:answer:{answer.comment_id}:{kind}",
        kind="comment",
        repository=run.repository,
        payload={
            "number": answer.number,
            "marker": run_marker(answer.comment_id, kind),
            "body": body,
        },
        now=tools.now(),
    )
