import sys
import time
from pathlib import Path

import pytest

from service.cli.supervisor import ProcessFailed, ProcessSpec, Supervisor


def _spec(code: str, **more: object) -> ProcessSpec:
    return ProcessSpec("one", (sys.executable, "-c", code), {}, **more)  # type: ignore[arg-type]


def test_a_killed_process_is_started_again(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    supervisor.start(_spec("import time; time.sleep(600)"))
    first = supervisor.pid("one")
    supervisor.kill("one")
    supervisor.tick()
    assert supervisor.pid("one") != first
    assert supervisor.restarts("one") == 1
    supervisor.stop()


def test_a_process_that_ends_while_starting_shows_the_end_of_its_log(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    with pytest.raises(ProcessFailed, match="the port is taken"):
        supervisor.start(_spec("raise SystemExit('the port is taken')", ready=lambda: False))
    supervisor.stop()


def test_a_process_that_keeps_dying_is_given_up(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    supervisor.start(_spec("raise SystemExit('no database')"))
    with pytest.raises(ProcessFailed, match="keeps dying"):
        _tick_for(supervisor, seconds=30)
    supervisor.stop()


def _tick_for(supervisor: Supervisor, *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        supervisor.tick()
        time.sleep(0.01)
