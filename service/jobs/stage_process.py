"""The process of one stage: started with an environment free of credentials, watched, stopped, never left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from pipelines.log import VARIABLE
from service.settings import Settings

_LEASH = Path(__file__).with_name("leash.py")
_SEEN_BY_STAGES = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TZ",
    "LD_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "HF_HUB_OFFLINE",
    "CUDA_VISIBLE_DEVICES",
    "CUDA_HOME",
)


def stage_environment(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """What a stage may see: a fixed list, thread counts, what the operator names; no setting of the service."""
    names = {*_SEEN_BY_STAGES, *settings.stage_environment, *(n for n in environment if n.startswith("OMP_"))}
    seen = {n: environment[n] for n in sorted(names) if n in environment and not n.startswith("GRAFT_")}
    return seen | {"PYTHONUNBUFFERED": "1"}


def _log_of(settings: Settings, ids: Mapping[str, object]) -> dict[str, str]:
    """How the stage's own lines look, and which ids they carry."""
    return {VARIABLE: json.dumps({"ids": dict(ids), "json": settings.log_json})}


class StageProcess:
    """`python -m pipelines STAGE RUN_DIR` in a session of its own; it dies with us, even when we are killed.

    It must be started by a thread that lives as long as it does: to the kernel that thread is its parent.
    """

    def __init__(
        self, settings: Settings, stage: str, run_dir: Path, ids: Mapping[str, object] | None = None
    ) -> None:
        self._settings = settings
        self._stopping_since: float | None = None
        command = [sys.executable, "-P", "-m", "pipelines", stage, str(run_dir)]
        with (run_dir / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-I", str(_LEASH), str(os.getpid()), *command],
                cwd=run_dir,
                env=stage_environment(settings, os.environ) | _log_of(settings, ids or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def poll(self) -> int | None:
        """The exit code once it has ended, and with it whatever it had started; None while it works."""
        self._kill_when_due()
        if not self._has_ended():
            return None
        self._signal_group(signal.SIGKILL)  # before its id can be given to another: it is not waited for yet
        return self._process.wait()

    def stop(self) -> None:
        """Ask it to save and end; after the grace it is killed by `poll`."""
        if self._stopping_since is None:
            self._stopping_since = time.monotonic()
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it now, with all it has started."""
        if self._process.returncode is None:
            self._signal_group(signal.SIGKILL)
            self._process.wait()

    def _has_ended(self) -> bool:
        if self._process.returncode is not None:
            return True
        flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
        return os.waitid(os.P_PID, self._process.pid, flags) is not None

    def _kill_when_due(self) -> None:
        since = self._stopping_since
        if since is not None and time.monotonic() - since > self._settings.stop_grace_seconds:
            self._signal_group(signal.SIGKILL)

    def _signal_group(self, number: signal.Signals) -> None:
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return  # nobody of the group is left
