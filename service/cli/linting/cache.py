"""What `graft lint` remembers of a taxonomy between two looks: findings by leaf, of which content, at which commit.

A cache and nothing more: whatever is wrong with it, it is left aside or made anew, and nothing is lost but time.
"""

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

from service.cli.lint_text import block
from service.cli.remembered import Remembered
from taxonomy_schema.findings import Finding
from taxonomy_schema.policy import Policy
from taxonomy_schema.rules_version import rules_version
from taxonomy_schema.similarity import Fingerprint, band_keys

_LAYOUT: Final = """
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS leaf (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE, key BLOB NOT NULL, print BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS near (key INTEGER NOT NULL, leaf INTEGER NOT NULL, PRIMARY KEY (key, leaf)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS finding (
    owner TEXT NOT NULL, place INTEGER NOT NULL, severity TEXT NOT NULL, written TEXT NOT NULL, shown TEXT NOT NULL,
    PRIMARY KEY (owner, place)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dirty (path TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_PUT_LEAF: Final = "INSERT INTO leaf VALUES (?, ?, ?, ?)"
_PUT_NEAR: Final = "INSERT INTO near VALUES (?, ?)"
_PUT_FINDING: Final = "INSERT INTO finding VALUES (?, ?, ?, ?, ?)"
_WAIT_SECONDS: Final = 1.0
_KEPT_SECONDS: Final = 60 * 24 * 3600


class Row(NamedTuple):
    """A leaf, with the hash of its content and what tells which others it is like, or something else that findings
    are kept of. `lines` are the lines that the findings point at, one each.
    """

    owner: str
    key: bytes = b""
    findings: tuple[Finding, ...] = ()
    lines: tuple[str, ...] = ()
    print: Fingerprint | None = None

    def near(self) -> Iterator[int]:
        """What the leaf is looked up by: two that share one of these may be alike."""
        if self.print is not None:
            yield from dict.fromkeys((*band_keys(self.print.signature), *filter(None, self.print.questions)))

    def written(self) -> Iterator[tuple[str, int, str, str, str]]:
        """The findings as the cache holds them."""
        for place, (finding, line) in enumerate(zip(self.findings, self.lines, strict=True)):
            as_json = json.dumps(finding.to_dict(), ensure_ascii=False)
            yield self.owner, place, finding.severity, as_json, block(finding, line)


def fingerprint(policy: Policy) -> str:
    """Changes with anything that could change a verdict: the code of the rules, their schemas, the policy."""
    return hashlib.sha256(f"{rules_version()} {policy!r}".encode()).hexdigest()


def cache_file(root: Path) -> Path:
    """Where a taxonomy's cache lies: in the user's folder for caches, never in the taxonomy."""
    name = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:32]
    return _folder() / f"{name}.sqlite"


def prints_file() -> Path:
    """Where the fingerprints of the leaves of all taxonomies lie."""
    return _folder() / "prints.sqlite"


def _folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - may be unset
    return Path(base) / "graftlab" / "lint"


def opened(file: Path, version: str) -> "LintCache | None":
    """The cache, emptied if it was made by other rules; `None` where there can be none just now."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not file.exists():
            _forget_old(file.parent)
        connection = sqlite3.connect(file, timeout=_WAIT_SECONDS, isolation_level=None)
    except (OSError, sqlite3.Error):
        return None
    cache = LintCache(file, connection)
    try:
        cache.begin(version)
    except sqlite3.OperationalError:  # another look has it
        cache.close()
    except sqlite3.DatabaseError:
        cache.discard()
    else:
        return cache
    return None


def _forget_old(folder: Path) -> None:
    """Remove caches of taxonomies that nobody looked at for long: most of them are gone."""
    oldest = time.time() - _KEPT_SECONDS
    with suppress(OSError):
        for file in folder.glob("*.sqlite"):
            if file.stat().st_mtime < oldest:
                file.unlink()


def _of_leaf(row: Row) -> tuple[str, bytes, bytes]:
    return row.owner, row.key, row.print.packed() if row.print is not None else b""


class LintCache:
    """One open transaction; `commit` ends it. Any call may raise `sqlite3.DatabaseError`: then `discard` it."""

    def __init__(self, file: Path, connection: sqlite3.Connection) -> None:
        self._file = file
        self._db = connection

    def begin(self, version: str) -> None:
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("BEGIN IMMEDIATE")
        if self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'finding'").fetchone() is None:
            for statement in _LAYOUT.split(";"):
                self._db.execute(statement)
        if self.state("version") != version:
            self.empty(version)

    def commit(self) -> None:
        self._db.execute("COMMIT")

    def close(self) -> None:
        self._db.close()

    def discard(self) -> None:
        """It cannot be read, or not be written: the next look begins anew."""
        self.close()
        with suppress(OSError):
            self._file.unlink()

    def empty(self, version: str) -> None:
        for table in ("state", "leaf", "near", "finding", "dirty"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
        self.set_state("version", version)

    def state(self, name: str) -> str:
        row = self._db.execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def set_state(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (name, value))

    def dirty(self) -> frozenset[str]:
        return frozenset(row[0] for row in self._db.execute("SELECT path FROM dirty"))

    def set_dirty(self, paths: Iterable[str]) -> None:
        self._db.execute("DELETE FROM dirty")
        self._db.executemany("INSERT INTO dirty VALUES (?)", ((path,) for path in paths))

    def count(self) -> int:
        (number,) = self._db.execute("SELECT count(*) FROM leaf").fetchone()
        return int(number)

    def key(self, leaf_id: str) -> bytes:
        row = self._db.execute("SELECT key FROM leaf WHERE id = ?", (leaf_id,)).fetchone()
        return bytes(row[0]) if row else b""

    def keys(self) -> dict[str, bytes]:
        return dict(self._db.execute("SELECT id, key FROM leaf"))

    def fill(self, rows: Sequence[Row]) -> None:
        """Put many rows into an empty cache: each table in its own order, which takes a fraction of the time."""
        leaves = list(enumerate((row for row in rows if row.print is not None), start=1))
        self._db.executemany(_PUT_LEAF, ((number, *_of_leaf(row)) for number, row in leaves))
        self._db.executemany(_PUT_NEAR, sorted((key, number) for number, row in leaves for key in row.near()))
        self._db.executemany(_PUT_FINDING, sorted(chain.from_iterable(row.written() for row in rows)))

    def put(self, rows: Iterable[Row]) -> None:
        """Remember what was found; whatever was known of these owners is replaced."""
        for row in rows:
            self.forget(row.owner)
            if row.print is not None:
                number = self._db.execute(_PUT_LEAF, (None, *_of_leaf(row))).lastrowid
                self._db.executemany(_PUT_NEAR, ((key, number) for key in row.near()))
            self._db.executemany(_PUT_FINDING, row.written())

    def print(self, leaf_id: str) -> Fingerprint | None:
        """What tells which others a leaf is like; `None` for one that is not known."""
        row = self._db.execute("SELECT print FROM leaf WHERE id = ?", (leaf_id,)).fetchone()
        return Fingerprint.unpacked(row[0]) if row else None

    def holders(self, key: int) -> list[str]:
        """The leaves that are looked up by this, in order."""
        found = self._db.execute(
            "SELECT id FROM near JOIN leaf ON leaf = number WHERE near.key = ? ORDER BY id", (key,)
        )
        return [row[0] for row in found]

    def forget(self, owner: str) -> None:
        row = self._db.execute("SELECT number, print FROM leaf WHERE id = ?", (owner,)).fetchone()
        if row is not None:
            number, packed = row
            keys = Row(owner, print=Fingerprint.unpacked(packed)).near()
            self._db.executemany(
                "DELETE FROM near WHERE key = ? AND leaf = ?", ((key, number) for key in keys)
            )
            self._db.execute("DELETE FROM leaf WHERE number = ?", (number,))
        self._db.execute("DELETE FROM finding WHERE owner = ?", (owner,))

    def forget_outside(self) -> None:
        """Everything that is said of files that belong to no leaf."""
        self._db.execute("DELETE FROM finding WHERE owner LIKE '%/'")

    def findings(self) -> Remembered:
        """Everything that is said of the taxonomy, leaf by leaf."""
        found = self._db.execute("SELECT severity, written, shown FROM finding ORDER BY owner, place")
        return Remembered(found.fetchall())
