import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import processes

_SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
_DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(600)
"""
# A parent that starts a child through `processes`, says its pid, and stays.
_PARENT = """
import sys, time
from pathlib import Path
from pipelines import processes
child = processes.start(sys.argv[2:], env={}, cwd=Path(sys.argv[1]), log=Path(sys.argv[1]) / "log")
print(child.pid, flush=True)
time.sleep(600)
"""


def _until(condition: Callable[[], bool], within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel call is Linux's")
def test_a_child_dies_with_its_killed_parent(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", _PARENT, str(tmp_path), *_SLEEPER]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert not _gone(child)
        parent.kill()
        parent.wait()
    assert _until(lambda: _gone(child))


def test_stop_kills_what_ignores_sigterm(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = processes.start([sys.executable, "-c", _DEAF], env=dict(os.environ), cwd=tmp_path, log=log)
    assert _until(lambda: "deaf" in processes.tail(log))
    assert processes.stop(process, grace=0.1) == -signal.SIGKILL


def test_tail_of_a_log_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert processes.tail(tmp_path / "none") == ""
