"""Starts the ranks of a training: one process, several on this node, or several nodes.

A rank asks the kernel to die with its launcher, the launcher with the stage: no launcher can leave ranks behind.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipelines.processes import start

_STAGE = "GRAFT_STAGE_PID"
"""Tells a rank on this node which process it works for."""

_KEPT_BYTES = str(16 * 2**30)


def launch_ranks(
    module: str,
    arguments: Sequence[str],
    *,
    processes: int,
    hostfile: str | None,
    cwd: Path,
    log: Path,
) -> "subprocess.Popen[bytes]":
    """Start `python -m MODULE ARGUMENTS` once a rank; what they say is appended to `log`.

    Several nodes: DeepSpeed's launcher by `hostfile` (over ssh). Several ranks on this node:
    torch.distributed.run. One rank needs no launcher, which would import torch only to wait.
    """
    if hostfile is not None:
        launcher = ["-m", "deepspeed.launcher.runner", "--hostfile", hostfile, "--module", module]
    elif processes > 1:
        launcher = [
            "-m",
            "torch.distributed.run",
            "--standalone",
            f"--nproc-per-node={processes}",
            "-m",
            module,
        ]
    else:
        launcher = ["-m", module]
    environment = _environment(os.environ, processes)
    if hostfile is None:
        environment[_STAGE] = str(os.getpid())
    return start([sys.executable, *launcher, *arguments], env=environment, cwd=cwd, log=log)


def leave_if_orphaned() -> None:
    """End a rank whose stage is gone already.

    Called after `die_with_parent`: what died before the kernel was asked would never be told of.
    """
    stage = os.environ.get(_STAGE)
    if stage is None:
        return
    try:
        os.kill(int(stage), 0)
    except ProcessLookupError:
        sys.exit("the stage that started this rank is gone")


def _environment(outer: Mapping[str, str], processes: int) -> dict[str, str]:
    """The cores of this node shared out among its ranks, unless somebody has said otherwise."""
    threads = max(1, len(os.sched_getaffinity(0)) // processes)
    settings = {
        "OMP_NUM_THREADS": str(threads),
        "OMP_WAIT_POLICY": "passive",  # spinning threads starve whoever shares their cores, and then each other
        # A step frees and takes the same gigabytes: given back to the kernel, every page is cleared anew (glibc).
        "MALLOC_MMAP_THRESHOLD_": _KEPT_BYTES,
        "MALLOC_TRIM_THRESHOLD_": _KEPT_BYTES,
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "PYTHONUNBUFFERED": "1",
    }
    return settings | dict(outer)
