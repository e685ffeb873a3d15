"""Git for repositories that strangers name: no prompt, no credential, no protocol but those asked for, and limits.

A repository may be made to hurt whoever reads it: endless packs, trees that unfold to billions of names, hosts that
answer byte by byte. So time, disk and what is read are bounded, and Git is ended with all it started.
"""

import contextlib
import errno
import os
import re
import resource
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Final

_KEPT_VARIABLES: Final = re.compile(
    r"^(PATH|TMPDIR|(https?|no|all)_proxy|SSL_CERT_\w+|CURL_CA_BUNDLE)$", re.IGNORECASE
)
_ALWAYS: Final = (
    "protocol.allow=never",
    "credential.helper=",
    "http.followRedirects=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=30",
    "core.hooksPath=/dev/null",
    "fetch.recurseSubmodules=false",
    "transfer.bundleURI=false",
    "fetch.unpackLimit=1",  # one fetch, one file: then a file's limit is the fetch's
    # A collection of rubbish would go on in the background, out of reach of the limits.
    "gc.auto=0",
    "maintenance.auto=false",
)
_CHUNK: Final = 1 << 16
_MOST_SAID: Final = 64 * 1024
_MOST_OUTPUT: Final = 64 * 1024 * 1024


class GitFailed(Exception):
    """Git ended badly; `said` is what it wrote to standard error."""

    def __init__(self, said: str) -> None:
        super().__init__(said.strip().splitlines()[-1] if said.strip() else "Git said nothing")
        self.said = said


class GitTooMuch(GitFailed):
    """The repository is larger than it may be, on disk or in what it lists."""


def git(
    repository: Path,
    *arguments: str,
    protocols: Sequence[str] = (),
    pins: Sequence[str] = (),
    timeout: float = 60.0,
    most_bytes: int = _MOST_OUTPUT,
    largest_file: int | None = None,
) -> bytes:
    """Run one Git command in a bare repository and return what it wrote.

    `protocols` are those it may fetch by (none by default), `pins` the addresses that hosts are held to (curl's
    `HOST:PORT:ADDRESS`), `most_bytes` what it may write to us, `largest_file` what it may write into one file.
    Raises GitFailed, also after `timeout` seconds; GitTooMuch when what is there is too large.
    """
    options = [
        *_ALWAYS,
        *(f"protocol.{name}.allow=always" for name in protocols),
        *(f"http.curloptResolve={pin}" for pin in pins),
    ]
    command = ["git", "-C", str(repository), *(part for option in options for part in ("-c", option))]
    with subprocess.Popen(
        [*command, *arguments],
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=partial(_limit, largest_file) if largest_file else None,  # noqa: PLW1509 - one system call
    ) as process:
        return _finish(process, timeout, most_bytes, largest_file)


def _finish(
    process: "subprocess.Popen[bytes]", timeout: float, most_bytes: int, largest_file: int | None
) -> bytes:
    assert process.stdout is not None  # noqa: S101 - asked for
    assert process.stderr is not None  # noqa: S101 - asked for
    said: list[bytes] = []
    listening = threading.Thread(target=_listen, args=(process.stderr, said), daemon=True)
    listening.start()
    with _ended_after(process, timeout) as late:
        output = _read(process.stdout, most_bytes)
        if output is None:
            _end(process)
        status = process.wait()
    listening.join()
    if late.is_set():
        raise GitFailed(f"timed out after {timeout:.0f} s")
    if output is None:
        raise GitTooMuch(f"it lists more than {most_bytes:,} bytes")
    told = b"".join(said).decode(errors="replace")
    if status != 0 and largest_file and os.strerror(errno.EFBIG) in told:
        raise GitTooMuch(f"it is larger than {largest_file:,} bytes")
    if status != 0:
        raise GitFailed(told)
    return output


def _read(stream: IO[bytes], most_bytes: int) -> bytes | None:
    """All of it; None when that is more than it may be."""
    parts: list[bytes] = []
    left = most_bytes
    while part := stream.read(_CHUNK):
        left -= len(part)
        if left < 0:
            return None
        parts.append(part)
    return b"".join(parts)


def _listen(stream: IO[bytes], said: list[bytes]) -> None:
    """Keep the beginning of what is said, and read on, so that nobody waits for us."""
    kept = 0
    while part := stream.read(_CHUNK):
        if kept < _MOST_SAID:
            said.append(part)
            kept += len(part)


@contextmanager
def _ended_after(process: "subprocess.Popen[bytes]", seconds: float) -> Iterator[threading.Event]:
    """The event is set when the time was over before the block was."""
    late = threading.Event()

    def end() -> None:
        late.set()
        _end(process)

    timer = threading.Timer(seconds, end)
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()
        timer.join()
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Git's helpers are ended with it; they hold the connection. One that is over is left alone."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _limit(largest_file: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that Git can say why it ended
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))


def _environment() -> dict[str, str]:
    """Only the way out of the machine; no settings of its user, which may hold credentials and rewritings."""
    kept = {name: value for name, value in os.environ.items() if _KEPT_VARIABLES.match(name)}
    return kept | {
        "LC_ALL": "C",
        "HOME": "/nonexistent",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "true",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_LFS_SKIP_SMUDGE": "1",
    }
