"""Answers that follow a run from "queued" to its result. Rows, so that no lost nudge leaves one behind."""

from sqlalchemy import ForeignKey, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.ledger.session import insert_or_ignore, nudge_after_commit
from service.ledger.tables import Base, Run, RunKind, RunState


class RunAnswer(Base):
    """A comment that a run answers: one comment of ours, edited from "queued" to the result. Counted like reports."""

    __tablename__ = "run_answers"
    __table_args__ = (UniqueConstraint("run_id", "comment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"))
    number: Mapped[int]
    """The pull request or issue that the comment stands in."""
    comment_id: Mapped[int]
    wanted: Mapped[int] = mapped_column(default=1)
    """Counts the changes that the answer should show."""
    made: Mapped[int] = mapped_column(default=0)
    """The count that it was last written for; behind `wanted`: it is due."""


def promise(session: Session, run_id: int, *, number: int, comment_id: int) -> None:
    """Have the run answer a comment; the same promise twice is one."""
    values = {"run_id": run_id, "number": number, "comment_id": comment_id, "wanted": 1, "made": 0}
    row_id = insert_or_ignore(session, RunAnswer, values)
    if row_id is not None:
        nudge_after_commit(session, "answer", row_id)


def want(session: Session, run_id: int) -> None:
    """The run has changed: whatever answers it gives should say so."""
    changed = session.scalars(
        update(RunAnswer)
        .where(RunAnswer.run_id == run_id)
        .values(wanted=RunAnswer.wanted + 1)
        .returning(RunAnswer.id)
        .execution_options(synchronize_session=False)
    ).all()
    for row_id in changed:
        nudge_after_commit(session, "answer", row_id)


def made(session: Session, row_id: int, *, wanted: int) -> bool:
    """Claim to answer for the state counted `wanted`; False when a later state was answered for meanwhile."""
    claimed = session.scalar(
        update(RunAnswer)
        .where(RunAnswer.id == row_id, RunAnswer.made < wanted)
        .values(made=wanted)
        .returning(RunAnswer.id)
        .execution_options(synchronize_session=False)
    )
    return claimed is not None


def due(session: Session) -> list[int]:
    """Ids of the answers that are behind their run."""
    return list(
        session.scalars(select(RunAnswer.id).where(RunAnswer.made < RunAnswer.wanted).order_by(RunAnswer.id))
    )


def open_dry_run(session: Session, repository: str, *, number: int | None = None) -> Run | None:
    """The dry run of a release that is under way; with `number`, only one that was asked for there."""
    found = session.scalars(
        select(Run).where(
            Run.repository == repository,
            Run.kind == RunKind.RELEASE,
            Run.state.in_((RunState.QUEUED, RunState.RUNNING)),
        )
    )
    run = next((run for run in found if run.context.get("dry_run")), None)
    if run is None or number is None:
        return run
    here = select(RunAnswer.id).where(RunAnswer.run_id == run.id, RunAnswer.number == number).limit(1)
    return None if session.scalar(here) is None else run
