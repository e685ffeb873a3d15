"""The ledger's tables. Unique indexes do the deduplication, not application code.

Times are UTC. Enumerations are stored as text. Rows refer to artifacts by path and digest, never hold them.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from service.ledger.columns import EnumText, PackedBytes, UTCDateTime


class RunKind(StrEnum):
    CHECK = "check"
    PRECHECK = "precheck"
    PREVIEW = "preview"
    EVALUATE = "evaluate"
    ASK = "ask"
    RELEASE = "release"


class RunState(StrEnum):
    """queued -> running -> one of the endings."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """The contribution (or the gate) is at fault."""
    BROKEN = "broken"
    """Infrastructure or an operator is at fault; neutral in the pull request."""
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    """A push made its commit old."""

    @property
    def is_open(self) -> bool:
        return self in {RunState.QUEUED, RunState.RUNNING}


class StageState(StrEnum):
    """waiting (for other stages) -> ready -> running -> one of the endings."""

    WAITING = "waiting"
    READY = "ready"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class OutboxState(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


class Base(DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it on the class
        datetime: UTCDateTime(),
        dict[str, Any]: JSON(),
        str: Text(),
        int: BigInteger().with_variant(Integer, "sqlite"),
    }


class Delivery(Base):
    """One webhook as it arrived. `processed_at` is what makes a repeat a no-op."""

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[str] = mapped_column(unique=True)
    event: Mapped[str]
    action: Mapped[str | None]
    repository: Mapped[str | None]
    body: Mapped[bytes] = mapped_column(PackedBytes)
    received_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    """How often its handling began."""
    faults: Mapped[int] = mapped_column(default=0)
    """How often it ended in a fault that may lie in the delivery itself."""
    not_before: Mapped[datetime | None]
    """Since an attempt began, or failed: when the sweeper may ask for the next one."""
    error: Mapped[str | None]
    processed_at: Mapped[datetime | None] = mapped_column(index=True)


class Contribution(Base):
    """One pull request as last seen, at its present head."""

    __tablename__ = "contributions"
    __table_args__ = (UniqueConstraint("repository", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    repository: Mapped[str]
    number: Mapped[int]
    title: Mapped[str]
    author: Mapped[str]
    author_association: Mapped[str] = mapped_column(default="NONE")
    head_sha: Mapped[str]
    base_sha: Mapped[str]
    """The merge base's side: the commit of the base branch that the head is compared with."""
    base_branch: Mapped[str]
    state: Mapped[str]
    """open, closed, merged"""
    draft: Mapped[bool] = mapped_column(default=False)
    held: Mapped[bool] = mapped_column(default=False)
    seen_at: Mapped[datetime]
    head_seen_at: Mapped[datetime]
    """When the present head was first seen: a comment from before cannot mean it."""
    merged_sha: Mapped[str | None]
    report_wanted: Mapped[int] = mapped_column(default=0)
    """Counts the changes that the pull request should show."""
    report_made: Mapped[int] = mapped_column(default=0)
    """The count that the last report was made for; behind `report_wanted`: a report is due."""
    held_by_triager: Mapped[bool] = mapped_column(default=False, server_default=false())
    needed: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """What must come next (`text`, `reviewers`), when more is known than that somebody has to approve."""
    look_at: Mapped[datetime | None]
    """When it is looked at again by itself: what is in the way is over then."""

    runs: Mapped[list["Run"]] = relationship(back_populates="contribution", order_by="Run.id")


class Approval(Base):
    """A permitted person's leave to spend accelerator time on exactly one head commit."""

    __tablename__ = "approvals"
    __table_args__ = (UniqueConstraint("contribution_id", "head_sha"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contribution_id: Mapped[int] = mapped_column(ForeignKey("contributions.id"))
    head_sha: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    dropped_at: Mapped[datetime | None]


class Run(Base):
    """One piece of asked-for work on a commit. At most one open run of a kind per commit."""

    __tablename__ = "runs"
    __table_args__ = (
        Index(
            "one_open_run",
            "repository",
            "number",
            "head_sha",
            "kind",
            unique=True,
            sqlite_where=text("state IN ('queued', 'running')"),
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[RunKind] = mapped_column(EnumText(RunKind))
    repository: Mapped[str]
    number: Mapped[int] = mapped_column(default=0)
    """The pull request; 0 for a release (NULLs would escape the unique index)."""
    contribution_id: Mapped[int | None] = mapped_column(ForeignKey("contributions.id"))
    head_sha: Mapped[str]
    base_sha: Mapped[str]
    state: Mapped[RunState] = mapped_column(EnumText(RunState), default=RunState.QUEUED, index=True)
    ending: Mapped[str | None]
    """One line for people: why it ended as it did."""
    requested_by: Mapped[str]
    delivery: Mapped[str | None]
    """The outside id of the delivery whose handling created it: all log lines of its stages carry it."""
    context: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The pipelines' RunContext (recipe and all), frozen when the run was created; {} for a check."""
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """check: findings; evaluate and release: the Comparison; precheck and preview: their paper; ask: a Reply for each
    model; as JSON."""
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    contribution: Mapped[Contribution | None] = relationship(back_populates="runs")
    stages: Mapped[list["Stage"]] = relationship(back_populates="run", order_by="Stage.position")


class Stage(Base):
    """One step of a run: a leased row. Who holds the newest `lease_token` may write; others are refused.

    A check run has one stage, `check`, on the queue `control`: it is leased like any other.
    """

    __tablename__ = "stages"
    __table_args__ = (
        UniqueConstraint("run_id", "name", "subject"),
        # Two runs that need the same artifact do not make it at the same time.
        Index(
            "one_worker_a_key",
            "inputs_key",
            unique=True,
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
        Index("stages_by_state", "state", "queue"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), index=True)
    position: Mapped[int]
    name: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    queue: Mapped[str]
    state: Mapped[StageState] = mapped_column(EnumText(StageState), default=StageState.WAITING)
    inputs_key: Mapped[str | None]
    run_dir: Mapped[str | None]
    reused: Mapped[bool] = mapped_column(default=False)
    """True when an artifact with its inputs key was there already."""
    attempts: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None]
    lease_token: Mapped[int] = mapped_column(default=0)
    lease_expires_at: Mapped[datetime | None]
    lease_expiries: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often it was taken back from a worker that fell silent."""
    not_before: Mapped[datetime | None]
    """After a transient failure: when it may be tried again."""
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
    failure: Mapped[dict[str, Any]] = mapped_column(default=dict)
    summary: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The manifest's summary."""
    ready_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    seconds: Mapped[float] = mapped_column(default=0.0)
    accelerators: Mapped[int] = mapped_column(default=1, server_default="1")
    """How many it works on; what it costs is its seconds times this."""

    run: Mapped[Run] = relationship(back_populates="stages")


class Lock(Base):
    """A right that one process has at a time (`outbox:OWNER`, `sweep`), until it gives it back or its time is over.

    `pause:NAME` is one that nobody has: nothing begins under NAME before its time is over.
    """

    __tablename__ = "locks"

    name: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str | None]
    token: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime | None]


class HandledComment(Base):
    """A comment whose commands were carried out, so that they are carried out once."""

    __tablename__ = "handled_comments"
    __table_args__ = (UniqueConstraint("repository", "comment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    repository: Mapped[str]
    comment_id: Mapped[int]
    author: Mapped[str]
    commands: Mapped[str]
    answer: Mapped[str]
    at: Mapped[datetime]


class Outbox(Base):
    """What GitHub is to show. `key` names the place (one sticky comment, one check run, one answer, one release);
    newer content replaces older content that was not sent yet; it is sent when GitHub confirmed exactly it.
    """

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    """`OWNER/NAME#12:comment`, `OWNER/NAME@SHA:check`, `OWNER/NAME#12:answer:COMMENT_ID`, `...:reaction:COMMENT_ID`,
    `...:answer:COMMENT_ID:KIND` (of a run), `...:review:LOGIN-OR-TEAM`, `OWNER/NAME:release:VERSION`,
    `OWNER/NAME:withdrawal:VERSION`"""
    kind: Mapped[str]
    """comment, check, answer, reaction, review, release, withdrawal, stray-check"""
    repository: Mapped[str]
    payload: Mapped[dict[str, Any]]
    content_hash: Mapped[str]
    sent_hash: Mapped[str | None]
    remote_id: Mapped[int | None]
    state: Mapped[OutboxState] = mapped_column(EnumText(OutboxState), default=OutboxState.PENDING, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class LeafResult(Base):
    """What is known of one leaf of one repository: what its badge shows, computed when it changes."""

    __tablename__ = "leaf_results"
    __table_args__ = (UniqueConstraint("repository", "leaf_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    repository: Mapped[str]
    leaf_id: Mapped[str]
    status: Mapped[str]
    """checked, failing, evaluated, merged, released"""
    verdict: Mapped[str | None]
    delta: Mapped[float | None]
    low: Mapped[float | None]
    high: Mapped[float | None]
    n: Mapped[int | None]
    run_id: Mapped[int | None]
    author: Mapped[str | None]
    number: Mapped[int | None]
    version: Mapped[str | None]
    updated_at: Mapped[datetime]


class Release(Base):
    """A release that is published or about to be."""

    __tablename__ = "releases"
    __table_args__ = (UniqueConstraint("repository", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    repository: Mapped[str]
    version: Mapped[str]
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), unique=True)
    taxonomy_commit: Mapped[str]
    folder: Mapped[str]
    digest: Mapped[str]
    state: Mapped[str]
    """publishing, published, withdrawn"""
    url: Mapped[str | None]
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]


class Slot(Base):
    """One planned release: unique by (schedule, time)."""

    __tablename__ = "slots"
    __table_args__ = (UniqueConstraint("repository", "schedule", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    repository: Mapped[str]
    schedule: Mapped[str]
    at: Mapped[datetime]
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id"))


class Cursor(Base):
    """How far the sweeper has looked (`comments:OWNER/NAME` -> time)."""

    __tablename__ = "cursors"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
