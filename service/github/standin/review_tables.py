"""The stand-in's rows about reviews of pull requests, and about code scanning."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .tables import Account, Base, Issue, Team


class ReviewRequest(Base):
    """Somebody, or a team, who was asked to review a pull request."""

    __tablename__ = "review_requests"
    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    account: Mapped[Account | None] = relationship(lazy="joined")
    team: Mapped[Team | None] = relationship(lazy="joined")


class Review(Base):
    """A review of a pull request at one commit."""

    __tablename__ = "reviews"
    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    commit_sha: Mapped[str]
    state: Mapped[str]
    body: Mapped[str]
    submitted_at: Mapped[str | None]
    issue: Mapped[Issue] = relationship(lazy="joined")
    author: Mapped[Account] = relationship(lazy="joined")


class ReviewComment(Base):
    """A remark of a review on lines of the diff, or an answer to one."""

    __tablename__ = "review_comments"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012  # a deleted comment's id is never given again
    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    path: Mapped[str]
    start_line: Mapped[int | None]
    line: Mapped[int]
    hunk: Mapped[str]
    body: Mapped[str]
    reply_to: Mapped[int | None]
    created_at: Mapped[str]
    updated_at: Mapped[str]
    review: Mapped[Review] = relationship(lazy="joined")
    author: Mapped[Account] = relationship(lazy="joined")


class SarifUpload(Base):
    """Findings handed to code scanning."""

    __tablename__ = "sarif_uploads"
    id: Mapped[str] = mapped_column(primary_key=True)
    repo_id: Mapped[int] = mapped_column(ForeignKey("repos.id"))
    commit_sha: Mapped[str]
    ref: Mapped[str]
    results: Mapped[int]
    created_at: Mapped[str]
