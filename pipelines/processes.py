"""Child processes that never outlive their parent and are stopped whole.

A stage starts engines and launchers, a worker starts stages, `graft up` starts workers. When any of them is killed,
nothing below it may go on holding an accelerator or writing to a run directory.
"""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(with_signal: signal.Signals = signal.SIGKILL) -> None:
    """Ask the kernel to end this process when its parent's starting thread ends (Linux; elsewhere a no-op)."""
    if hasattr(_libc, "prctl"):
        _libc.prctl(_PR_SET_PDEATHSIG, with_signal)


def free_port() -> int:
    """A loopback port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    log: Path,
    death_signal: signal.Signals = signal.SIGKILL,
) -> "subprocess.Popen[bytes]":
    """Start `argv` in a session of its own, dying with this process; its output is appended to `log`.

    `death_signal` may be SIGTERM for a program that has to end children of its own. Call it from a thread that lives
    as long as the child may: the kernel watches the starting thread.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            list(argv),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=partial(die_with_parent, death_signal),  # noqa: PLW1509 - one system call, nothing that takes a lock
        )


def stop(process: "subprocess.Popen[bytes]", *, grace: float) -> int:
    """SIGTERM, then after `grace` seconds SIGKILL to the whole session. Returns the exit status."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def tail(log: Path, lines: int = 20) -> str:
    """The last lines of a log, for an error message; empty when there is none."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""
