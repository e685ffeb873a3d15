"""What every part of the stand-in shares: the home folder, the database, the clock, the faults."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, select
from sqlalchemy.orm import Session

from .errors import StandInError
from .faults import Faults
from .git import GitRepo
from .tables import Account, Base, Repo

Clock = Callable[[], datetime]
_NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}\Z")


def utc_now() -> datetime:
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """A moment as GitHub writes it: `2026-01-31T12:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _prepare(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")  # survives the death of the process, as promised
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA busy_timeout=10000")


def open_database(home: Path) -> Engine:
    home.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{home / 'standin.sqlite3'}", connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _prepare)
    Base.metadata.create_all(engine)
    return engine


class World:
    """The stand-in's state. Writers hold `writing`, so that SQLite never sees two at once."""

    def __init__(self, home: Path, *, clock: Clock = utc_now, base_url: str = "http://127.0.0.1") -> None:
        self.home = home
        self.clock = clock
        self.base_url = base_url
        self.engine = open_database(home)
        self.faults = Faults()
        self.writing = asyncio.Lock()
        self.deliver = asyncio.Event()

    def now(self) -> str:
        return stamp(self.clock())

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction: committed when the block ends, rolled back when it raises."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def git_path(self, owner: str, name: str) -> Path:
        if not (_NAME.match(owner) and _NAME.match(name)):
            raise StandInError(
                f"{owner}/{name} cannot name a repository: use letters, digits, '.', '_', '-'."
            )
        return self.home / "git" / owner / f"{name}.git"

    def git(self, repo: Repo) -> GitRepo:
        return GitRepo(self.git_path(repo.owner.login, repo.name))

    @property
    def assets(self) -> Path:
        folder = self.home / "assets"
        folder.mkdir(exist_ok=True)
        return folder


def find_account(session: Session, login: str) -> Account | None:
    return session.scalar(select(Account).where(Account.login == login))


def find_repo(session: Session, owner: str, name: str) -> Repo | None:
    query = select(Repo).join(Account, Account.id == Repo.owner_id)
    return session.scalar(query.where(Account.login == owner, Repo.name == name))
