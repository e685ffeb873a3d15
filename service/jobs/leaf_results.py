"""What is known of each leaf: computed when it changes, so that a badge is one row read.

checked | failing -> evaluated -> merged -> released

What a pull request says of a leaf that is merged already changes nothing before it is merged itself: otherwise
anybody could spoil the badge of somebody else's leaf.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipelines.artifacts import Comparison, Delta
from service.ledger.session import insert_or_ignore
from service.ledger.tables import Contribution, LeafResult, Run

_STANDING = frozenset({"merged", "released"})


def checked(session: Session, run: Run, author: str, leaves: dict[str, bool], *, now: datetime) -> None:
    """`leaves`: leaf id -> whether it passed."""
    for leaf_id, passed in leaves.items():
        row = _row(session, run.repository, leaf_id, now)
        if row.status in _STANDING:
            continue
        _attribute(row, author, run, now)
        row.status = "checked" if passed else "failing"
        row.verdict = row.delta = row.low = row.high = row.n = None


def evaluated(
    session: Session, run: Run, author: str, leaves: Sequence[str], comparison: Comparison, *, now: datetime
) -> None:
    """`leaves`: those that the contribution adds or changes."""
    deltas = exam_deltas(comparison)
    for leaf_id in leaves:
        row = _row(session, run.repository, leaf_id, now)
        if row.status in _STANDING or leaf_id not in deltas:
            continue
        _attribute(row, author, run, now)
        row.status = "evaluated"
        _measure(row, deltas[leaf_id])


def merged(
    session: Session,
    contribution: Contribution,
    leaves: Sequence[str],
    evaluation: Run | None,
    *,
    now: datetime,
) -> None:
    """The contribution's leaves are part of the tree; `evaluation` is the newest one of its head that succeeded."""
    deltas = exam_deltas(Comparison.model_validate(evaluation.result)) if evaluation else {}
    for leaf_id in leaves:
        row = _row(session, contribution.repository, leaf_id, now)
        row.status, row.author, row.number = "merged", contribution.author, contribution.number
        row.version, row.updated_at = None, now
        row.verdict = row.delta = row.low = row.high = row.n = None
        if leaf_id in deltas:
            row.run_id = evaluation.id if evaluation else None
            _measure(row, deltas[leaf_id])


def released(
    session: Session, repository: str, leaves: Iterable[str], version: str, *, now: datetime
) -> list[int]:
    """The leaves are in a published release. Returns the pull requests that shipped with it."""
    shipped = set()
    for leaf_id in leaves:
        row = _row(session, repository, leaf_id, now)
        if row.status == "released":
            continue
        if row.status == "merged" and row.number:
            shipped.add(row.number)
        row.status, row.version, row.updated_at = "released", version, now
    return sorted(shipped)


def withdrawn(session: Session, repository: str, version: str, *, now: datetime) -> list[LeafResult]:
    """The release is withdrawn: leaves that it was the first to hold are merged, and wait for the next one."""
    query = select(LeafResult).where(
        LeafResult.repository == repository,
        LeafResult.status == "released",
        LeafResult.version == version,
    )
    rows = list(session.scalars(query.order_by(LeafResult.leaf_id)))
    for row in rows:
        row.status, row.version, row.updated_at = "merged", None, now
    session.flush()
    return rows


def unreleased(session: Session, repository: str) -> list[LeafResult]:
    """Leaves that were merged since the last release, by id."""
    query = select(LeafResult).where(LeafResult.repository == repository, LeafResult.status == "merged")
    return list(session.scalars(query.order_by(LeafResult.leaf_id)))


def exam_deltas(comparison: Comparison) -> dict[str, Delta]:
    """Leaf id -> its exam's delta."""
    return {
        delta.metric.removeprefix("exam:"): delta
        for delta in comparison.by_leaf
        if delta.metric.startswith("exam:")
    }


def changed_leaves(result: dict[str, Any]) -> list[str]:
    """Ids of the leaves that a check's result says are added, changed or moved; removed ones have no badge."""
    return [leaf["id"] for leaf in result.get("leaves", []) if leaf["status"] != "removed"]


def _row(session: Session, repository: str, leaf_id: str, now: datetime) -> LeafResult:
    fresh = {"repository": repository, "leaf_id": leaf_id, "status": "checked", "updated_at": now}
    insert_or_ignore(session, LeafResult, fresh)
    return session.scalars(
        select(LeafResult).where(LeafResult.repository == repository, LeafResult.leaf_id == leaf_id)
    ).one()


def _attribute(row: LeafResult, author: str, run: Run, now: datetime) -> None:
    row.author, row.number, row.run_id, row.updated_at = author, run.number, run.id, now


def _measure(row: LeafResult, delta: Delta) -> None:
    against = delta.against_reference
    row.verdict, row.n = delta.verdict.value, delta.n
    row.delta, row.low, row.high = against.delta, against.low, against.high
