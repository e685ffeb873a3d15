"""Fingerprints of leaves, kept by the Git object they were made of: of a large taxonomy a check then reads only what is
new, and what is near to the change.

A cache and nothing more: whatever is wrong with its file, nothing is known, and nothing is lost but time.
"""

import logging
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from taxonomy_schema.rules_version import rules_version
from taxonomy_schema.similarity import Fingerprint

log = logging.getLogger(__name__)

MOST_KEPT: Final = 200_000
"""About 150 MB; beyond, those that were kept first are made anew when they are asked for."""
_ASKED_AT_ONCE: Final = 500
_WAIT_SECONDS: Final = 1.0
_LAYOUT: Final = """
CREATE TABLE IF NOT EXISTS print (number INTEGER PRIMARY KEY, version TEXT, key TEXT, print BLOB, UNIQUE (version, key))
"""


class KeptPrints:
    """Those in one SQLite file, which several processes may share."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def known(self, keys: Collection[str]) -> dict[str, Fingerprint]:
        """Those that are there, made by the rules as they are now."""
        wanted, found = list(keys), {}
        try:
            with self._opened() as db:
                for at in range(0, len(wanted), _ASKED_AT_ONCE):
                    some = wanted[at : at + _ASKED_AT_ONCE]
                    marks = ", ".join("?" * len(some))
                    query = f"SELECT key, print FROM print WHERE version = ? AND key IN ({marks})"  # noqa: S608 - question marks
                    for key, packed in db.execute(query, (rules_version(), *some)):
                        found[key] = Fingerprint.unpacked(packed)
        except (sqlite3.Error, OSError) as error:
            self._left_aside(error)
            return {}
        return found

    def keep(self, prints: Mapping[str, Fingerprint]) -> None:
        """Add these."""
        rows = [(rules_version(), key, one.packed()) for key, one in prints.items()]
        try:
            with self._opened() as db:
                db.executemany("INSERT OR IGNORE INTO print (version, key, print) VALUES (?, ?, ?)", rows)
                db.execute(
                    "DELETE FROM print WHERE number <= (SELECT max(number) FROM print) - ?", (MOST_KEPT,)
                )
        except (sqlite3.Error, OSError) as error:
            self._left_aside(error)

    def _left_aside(self, error: Exception) -> None:
        """One that is locked or cannot be written may serve another time; one that is no database is removed."""
        log.debug("fingerprints are not kept in %s: %s", self._file, error)
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            with suppress(OSError):
                self._file.unlink()

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._file, timeout=_WAIT_SECONDS)) as db, db:
            db.execute("PRAGMA synchronous = OFF")
            db.execute(_LAYOUT)
            yield db
