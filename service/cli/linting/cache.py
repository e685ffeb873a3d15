"""What `graft lint` remembers of a taxonomy between two looks: findings by leaf, of which content, at which commit.

A cache and nothing more: whatever is wrong with it, it is left aside or made anew, and nothing is lost but time.
"""

import contextlib
import hashlib
import json
import os
import sqlite3
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from taxonomy_schema.findings import Finding
from taxonomy_schema.policy import Policy

_LAYOUT: Final = """
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS leaf (id TEXT PRIMARY KEY, key BLOB NOT NULL, near BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS near (key INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (key, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS finding (owner TEXT NOT NULL, place INTEGER NOT NULL, written TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS finding_by_owner ON finding (owner);
CREATE TABLE IF NOT EXISTS dirty (path TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_WAIT_SECONDS: Final = 1.0


class Row(NamedTuple):
    """A leaf, or (`key` empty) something else that findings are kept of. `near`: what others find the leaf by."""

    owner: str
    key: bytes
    findings: tuple[Finding, ...]
    near: tuple[int, ...] = ()


def fingerprint(policy: Policy) -> str:
    """Changes with anything that could change a verdict: the code of the rules, their schemas, the policy."""
    package = Path(__file__).parents[3] / "taxonomy_schema"
    digest = hashlib.sha256(repr(policy).encode())
    for folder in (package, package / "rules", package / "schemas"):
        with os.scandir(folder) as inside:
            for entry in sorted(inside, key=lambda one: one.name):
                if entry.name.endswith((".py", ".json")):
                    told = entry.stat()
                    digest.update(f"{entry.name}:{told.st_size}:{told.st_mtime_ns};".encode())
    return digest.hexdigest()


def cache_file(root: Path) -> Path:
    """Where a taxonomy's cache lies: in the user's folder for caches, never in the taxonomy."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - may be unset
    name = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:32]
    return Path(base) / "graftlab" / "lint" / f"{name}.sqlite"


def opened(file: Path, version: str) -> "LintCache | None":
    """The cache, emptied if it was made by other rules; `None` where there can be none just now."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
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


class LintCache:
    """One open transaction; `commit` ends it. Any call may raise `sqlite3.DatabaseError`: then `discard` it."""

    def __init__(self, file: Path, connection: sqlite3.Connection) -> None:
        self._file = file
        self._db = connection

    def begin(self, version: str) -> None:
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("BEGIN IMMEDIATE")
        if self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'leaf'").fetchone() is None:
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
        with contextlib.suppress(OSError):
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

    def put(self, rows: Iterable[Row]) -> None:
        """Remember what was found; whatever was known of these owners is replaced."""
        for owner, key, findings, near in rows:
            self.forget(owner)
            if key:
                packed = struct.pack(f"<{len(near)}q", *near)
                self._db.execute("INSERT INTO leaf VALUES (?, ?, ?)", (owner, key, packed))
                self._db.executemany("INSERT INTO near VALUES (?, ?)", ((one, owner) for one in near))
            self._db.executemany(
                "INSERT INTO finding VALUES (?, ?, ?)",
                (
                    (owner, place, json.dumps(finding.to_dict(), ensure_ascii=False))
                    for place, finding in enumerate(findings)
                ),
            )

    def near(self, leaf_id: str) -> tuple[int, ...]:
        """What others find a leaf by."""
        row = self._db.execute("SELECT near FROM leaf WHERE id = ?", (leaf_id,)).fetchone()
        return struct.unpack(f"<{len(row[0]) // 8}q", row[0]) if row else ()

    def holders(self, key: int) -> list[str]:
        """The leaves that are found by this, in order."""
        return [row[0] for row in self._db.execute("SELECT id FROM near WHERE key = ? ORDER BY id", (key,))]

    def forget(self, owner: str) -> None:
        self._db.executemany(
            "DELETE FROM near WHERE key = ? AND id = ?", ((key, owner) for key in self.near(owner))
        )
        self._db.execute("DELETE FROM leaf WHERE id = ?", (owner,))
        self._db.execute("DELETE FROM finding WHERE owner = ?", (owner,))

    def forget_outside(self) -> None:
        """Everything that is said of files that belong to no leaf."""
        self._db.execute("DELETE FROM finding WHERE owner LIKE '%/'")

    def findings(self) -> list[Finding]:
        """Everything that is said of the taxonomy, leaf by leaf."""
        found = self._db.execute("SELECT written FROM finding ORDER BY owner, place")
        return [Finding.from_dict(json.loads(written)) for (written,) in found]
