"""Runs and leases to try things on."""

from datetime import datetime, timedelta

from sqlalchemy import Engine

from service.ledger import leases, runs
from service.ledger.leases import Lease
from service.ledger.runs import RunRequest
from service.ledger.session import read_scope, session_scope
from service.ledger.tables import Run, RunKind, Stage

SECONDS = 60.0


def ready_stages(engine: Engine, count: int, *, now: datetime, number: int = 1) -> list[int]:
    """Checks of `count` heads, each with its one ready stage."""
    made = []
    with session_scope(engine) as session:
        for place in range(count):
            request = RunRequest(
                kind=RunKind.CHECK,
                repository="garden/taxonomy",
                number=number,
                head_sha=f"{place:040x}",
                base_sha="b" * 40,
                requested_by="ann",
            )
            run, _ = runs.create(session, request, now=now)
            made += [found.id for found in runs.stages(session, run.id)]
    return made


def claim(engine: Engine, owner: str, *, now: datetime, queue: str = "control") -> Lease | None:
    with session_scope(engine) as session:
        return leases.claim(session, queue, owner=owner, now=now, seconds=SECONDS)


def stage(engine: Engine, stage_id: int) -> Stage:
    with read_scope(engine) as session:
        return session.get_one(Stage, stage_id)


def run_of(engine: Engine, stage_id: int) -> Run:
    with read_scope(engine) as session:
        return session.get_one(Run, session.get_one(Stage, stage_id).run_id)


def later(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)
