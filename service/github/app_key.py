"""The App's private key, read from its file; a file that was replaced is read again."""

import logging
import threading
from pathlib import Path

from service.errors import Misconfigured

log = logging.getLogger(__name__)


class KeyFile:
    """Threads may share it. Calling it gives the key (PEM) as it stands in the file now.

    Raises Misconfigured when made for a file that holds no key. Later a file that is gone or half written for a
    moment, as while it is replaced, does not matter: the key that was read last holds on.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen = _stamp(path)
        self._key = _read(path)

    def __call__(self) -> str:
        with self._lock:
            stamp = _stamp(self._path)
            if stamp != self._seen:
                self._renew(stamp)
            return self._key

    def _renew(self, stamp: tuple[int, int, int] | None) -> None:
        try:
            self._key = _read(self._path)
        except Misconfigured as error:
            log.warning("the App's key that was read before is used further: %s", error.message)
            return
        self._seen = stamp
        log.info("the App's key was read again from %s", self._path)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is replaced or written over; None when it cannot be seen."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _read(path: Path) -> str:
    try:
        key = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"the App's key {path} cannot be read: {error}", mend="Check GRAFT_GITHUB_APP_KEY_FILE."
        ) from error
    if "PRIVATE KEY-----" not in key or "-----END" not in key:
        raise Misconfigured(
            f"{path} is not a private key",
            mend="It starts with -----BEGIN RSA PRIVATE KEY-----; check the path.",
        )
    return key
