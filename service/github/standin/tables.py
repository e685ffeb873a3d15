"""The stand-in's rows. Times are GitHub's own text form, `2026-01-31T12:00:00Z`, which sorts as it reads."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    type_annotation_map = {dict[str, Any]: JSON}  # noqa: RUF012  # SQLAlchemy reads it from the class


class Account(Base):
    """Somebody with a login: a `User`, a `Bot` (an App's face) or an `Organization`."""

    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    name: Mapped[str]
    email: Mapped[str]
    created_at: Mapped[str]


class App(Base):
    __tablename__ = "apps"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    owner_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    bot_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    public_key: Mapped[str]
    hook_url: Mapped[str | None]
    hook_secret: Mapped[str | None]
    created_at: Mapped[str]
    owner: Mapped[Account] = relationship(foreign_keys=[owner_id], lazy="joined")
    bot: Mapped[Account] = relationship(foreign_keys=[bot_id], lazy="joined")
    registration: Mapped[Registration | None] = relationship(back_populates="app", lazy="joined")


class Registration(Base):
    """What an App that was made from a manifest asked for, and its code until that was exchanged (`key` is empty then).
    An App without one has the rights of the seeded App.
    """

    __tablename__ = "registrations"
    app_id: Mapped[int] = mapped_column(ForeignKey("apps.id"), primary_key=True)
    description: Mapped[str]
    url: Mapped[str]
    permissions: Mapped[dict[str, Any]]
    events: Mapped[list[Any]] = mapped_column(JSON)
    code: Mapped[str] = mapped_column(unique=True)
    key: Mapped[str]
    app: Mapped[App] = relationship(back_populates="registration")


class Installation(Base):
    """An App on all repositories of one account."""

    __tablename__ = "installations"
    id: Mapped[int] = mapped_column(primary_key=True)
    app_id: Mapped[int] = mapped_column(ForeignKey("apps.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[str]
    app: Mapped[App] = relationship(lazy="joined")
    account: Mapped[Account] = relationship(lazy="joined")
    suspension: Mapped[Suspension | None] = relationship(lazy="joined", cascade="all, delete-orphan")


class Suspension(Base):
    """An installation whose owner, or whose App, has it rest."""

    __tablename__ = "suspensions"
    installation_id: Mapped[int] = mapped_column(ForeignKey("installations.id"), primary_key=True)
    at: Mapped[str]


class Token(Base):
    """What somebody shows to be known; an installation's token also names its installation and runs out."""

    __tablename__ = "tokens"
    value: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    installation_id: Mapped[int | None] = mapped_column(ForeignKey("installations.id"))
    expires_at: Mapped[str | None]
    account: Mapped[Account] = relationship(lazy="joined")
    installation: Mapped[Installation | None] = relationship(lazy="joined")
    scope: Mapped[Scope | None] = relationship(lazy="joined", cascade="all, delete-orphan")


class Scope(Base):
    """What an installation's token was narrowed to: the ids of repositories (empty: all), and permissions."""

    __tablename__ = "scopes"
    token: Mapped[str] = mapped_column(ForeignKey("tokens.value"), primary_key=True)
    repositories: Mapped[list[Any]] = mapped_column(JSON)
    permissions: Mapped[dict[str, Any]]


class Repo(Base):
    __tablename__ = "repos"
    __table_args__ = (UniqueConstraint("owner_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str]
    description: Mapped[str]
    default_branch: Mapped[str]
    fork_of: Mapped[int | None] = mapped_column(ForeignKey("repos.id"))
    created_at: Mapped[str]
    pushed_at: Mapped[str]
    owner: Mapped[Account] = relationship(lazy="joined")
    parent: Mapped[Repo | None] = relationship(remote_side="Repo.id")

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"


class Role(Base):
    """What an account may do in a repository: read, triage, write, maintain or admin."""

    __tablename__ = "roles"
    repo_id: Mapped[int] = mapped_column(ForeignKey("repos.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    role: Mapped[str]


class Team(Base):
    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True)
    org_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    slug: Mapped[str]
    name: Mapped[str]
    created_at: Mapped[str]
    org: Mapped[Account] = relationship(lazy="joined")


class TeamMember(Base):
    __tablename__ = "team_members"
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    role: Mapped[str]
    team: Mapped[Team] = relationship(lazy="joined")
    account: Mapped[Account] = relationship(lazy="joined")


class CustomRole(Base):
    """The name of an organisation's own role, for an account whose `Role` is the one that it builds on."""

    __tablename__ = "custom_roles"
    repo_id: Mapped[int] = mapped_column(ForeignKey("repos.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    name: Mapped[str]


class KnownRef(Base):
    """A ref as the server last told of it; what Git has beyond that is a push still to be told."""

    __tablename__ = "known_refs"
    repo_id: Mapped[int] = mapped_column(ForeignKey("repos.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    sha: Mapped[str]


class Issue(Base):
    """An issue, or the conversation side of a pull request; both share the numbers of a repository."""

    __tablename__ = "issues"
    __table_args__ = (UniqueConstraint("repo_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    repo_id: Mapped[int] = mapped_column(ForeignKey("repos.id"))
    number: Mapped[int]
    title: Mapped[str]
    body: Mapped[str | None]
    author_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    state: Mapped[str] = mapped_column(default="open")
    state_reason: Mapped[str | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[str]
    updated_at: Mapped[str]
    closed_at: Mapped[str | None]
    repo: Mapped[Repo] = relationship(lazy="joined")
    author: Mapped[Account] = relationship(foreign_keys=[author_id], lazy="joined")
    closed_by: Mapped[Account | None] = relationship(foreign_keys=[closed_by_id], lazy="joined")
    pull: Mapped[Pull | None] = relationship(back_populates="issue", lazy="joined")
    labels: Mapped[list[Label]] = relationship(secondary="issue_labels", order_by="Label.name")
    comments: Mapped[list[Comment]] = relationship(back_populates="issue", order_by="Comment.id")


class Pull(Base):
    """What a pull request adds to its issue: the two branches, and how it ended."""

    __tablename__ = "pulls"
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"), primary_key=True)
    head_repo_id: Mapped[int] = mapped_column(ForeignKey("repos.id"))
    head_ref: Mapped[str]
    head_sha: Mapped[str]
    base_ref: Mapped[str]
    base_sha: Mapped[str]
    draft: Mapped[bool] = mapped_column(default=False)
    merged_at: Mapped[str | None]
    merged_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    merge_commit_sha: Mapped[str | None]
    issue: Mapped[Issue] = relationship(back_populates="pull", lazy="joined")
    head_repo: Mapped[Repo] = relationship(lazy="joined")
    merged_by: Mapped[Account | None] = relationship(lazy="joined")


class Label(Base):
    __tablename__ = "labels"
    __table_args__ = (UniqueConstraint("repo_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    repo_id: Mapped[int] = mapped_column(ForeignKey("repos.id"))
    name: Mapped[str]
    color: Mapped[str]
    description: Mapped[str | None]


class IssueLabel(Base):
    __tablename__ = "issue_labels"
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"), primary_key=True)
    label_id: Mapped[int] = mapped_column(ForeignKey("labels.id"), primary_key=True)


class Comment(Base):
    __tablename__ = "comments"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012  # a deleted comment's id is never given again
    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    app_id: Mapped[int | None] = mapped_column(ForeignKey("apps.id"))
    body: Mapped[str]
    created_at: Mapped[str]
    updated_at: Mapped[str]
    issue: Mapped[Issue] = relationship(back_populates="comments", lazy="joined")
    author: Mapped[Account] = relationship(lazy="joined")
    app: Mapped[App | None] = relationship(lazy="joined")
    reactions: Mapped[list[Reaction]] = relationship(
        primaryjoin="foreign(Reaction.comment_id) == Comment.id", cascade="all, delete-orphan"
    )


class Reaction(Base):
    """An emoji on a comment, or on an issue or pull request when there is no comment."""

    __tablename__ = "reactions"
    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    content: Mapped[str]
    created_at: Mapped[str]
    account: Mapped[Account] = relationship(lazy="joined")


class CheckSuite(Base):
    __tablename__ = "check_suites"
    __table_args__ = (UniqueConstraint("repo_id", "head_sha", "app_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    repo_id: Mapped[int] = mapped_column(ForeignKey("repos.id"))
    app_id: Mapped[int] = mapped_column(ForeignKey("apps.id"))
    head_sha: Mapped[str]
    created_at: Mapped[str]
    repo: Mapped[Repo] = relationship(lazy="joined")
    app: Mapped[App] = relationship(lazy="joined")


class CheckRun(Base):
    __tablename__ = "check_runs"
    id: Mapped[int] = mapped_column(primary_key=True)
    suite_id: Mapped[int] = mapped_column(ForeignKey("check_suites.id"))
    name: Mapped[str]
    external_id: Mapped[str] = mapped_column(default="")
    details_url: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="queued")
    conclusion: Mapped[str | None]
    started_at: Mapped[str | None]
    completed_at: Mapped[str | None]
    title: Mapped[str | None]
    summary: Mapped[str | None]
    text: Mapped[str | None]
    actions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    suite: Mapped[CheckSuite] = relationship(lazy="joined")
    annotations: Mapped[list[Annotation]] = relationship(order_by="Annotation.id")


class Annotation(Base):
    __tablename__ = "annotations"
    id: Mapped[int] = mapped_column(primary_key=True)
    check_run_id: Mapped[int] = mapped_column(ForeignKey("check_runs.id"))
    path: Mapped[str]
    start_line: Mapped[int]
    end_line: Mapped[int]
    start_column: Mapped[int | None]
    end_column: Mapped[int | None]
    level: Mapped[str]
    title: Mapped[str | None]
    message: Mapped[str]
    raw_details: Mapped[str | None]


class CommitStatus(Base):
    __tablename__ = "commit_statuses"
    id: Mapped[int] = mapped_column(primary_key=True)
    repo_id: Mapped[int] = mapped_column(ForeignKey("repos.id"))
    sha: Mapped[str]
    state: Mapped[str]
    context: Mapped[str]
    description: Mapped[str | None]
    target_url: Mapped[str | None]
    creator_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[str]
    repo: Mapped[Repo] = relationship(lazy="joined")
    creator: Mapped[Account] = relationship(lazy="joined")


class Release(Base):
    __tablename__ = "releases"
    __table_args__ = (UniqueConstraint("repo_id", "tag_name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    repo_id: Mapped[int] = mapped_column(ForeignKey("repos.id"))
    tag_name: Mapped[str]
    target: Mapped[str]
    name: Mapped[str | None]
    body: Mapped[str | None]
    draft: Mapped[bool]
    prerelease: Mapped[bool]
    author_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[str]
    published_at: Mapped[str | None]
    repo: Mapped[Repo] = relationship(lazy="joined")
    author: Mapped[Account] = relationship(lazy="joined")
    assets: Mapped[list[Asset]] = relationship(
        back_populates="release", order_by="Asset.id", cascade="all, delete-orphan"
    )


class Asset(Base):
    """A file of a release; its bytes lie under `home/assets/ID`."""

    __tablename__ = "assets"
    __table_args__ = (UniqueConstraint("release_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    release_id: Mapped[int] = mapped_column(ForeignKey("releases.id"))
    name: Mapped[str]
    label: Mapped[str | None]
    content_type: Mapped[str]
    size: Mapped[int]
    digest: Mapped[str]
    downloads: Mapped[int] = mapped_column(default=0)
    uploader_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[str]
    release: Mapped[Release] = relationship(back_populates="assets", lazy="joined")
    uploader: Mapped[Account] = relationship(lazy="joined")


class Delivery(Base):
    """One attempt to hand one event to the App's webhook. Attempts of one event share the `guid`."""

    __tablename__ = "deliveries"
    id: Mapped[int] = mapped_column(primary_key=True)
    guid: Mapped[str] = mapped_column(index=True)
    app_id: Mapped[int] = mapped_column(ForeignKey("apps.id"))
    repo_id: Mapped[int | None]
    installation_id: Mapped[int | None]
    event: Mapped[str]
    action: Mapped[str | None]
    payload: Mapped[bytes]
    url: Mapped[str]
    redelivery: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(default="waiting", index=True)
    created_at: Mapped[str]
    delivered_at: Mapped[str | None]
    duration: Mapped[float] = mapped_column(default=0.0)
    status: Mapped[str] = mapped_column(default="")
    status_code: Mapped[int] = mapped_column(default=0)
    response: Mapped[str] = mapped_column(default="")
    app: Mapped[App] = relationship(lazy="joined")


class Deed(Base):
    """One write in the order it happened, for whoever counts afterwards."""

    __tablename__ = "history"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[str]
    who: Mapped[str]
    what: Mapped[str]
    target: Mapped[str]
    body_sha256: Mapped[str]
