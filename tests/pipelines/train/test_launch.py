"""How ranks are started: which launcher, with what share of the machine."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pipelines.engines import launch


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], dict[str, str]]]:
    calls: list[tuple[list[str], dict[str, str]]] = []

    def start(argv: Sequence[str], *, env: Mapping[str, str], **_: Any) -> None:
        calls.append((list(argv), dict(env)))

    monkeypatch.setattr(launch, "start", start)
    return calls


def launch_with(tmp_path: Path, *, processes: int, hostfile: str | None = None) -> None:
    launch.launch_ranks(
        "some.module",
        ["job.json"],
        processes=processes,
        hostfile=hostfile,
        cwd=tmp_path,
        log=tmp_path / "log",
    )


def test_one_rank_needs_no_launcher_and_gets_every_core(
    tmp_path: Path, started: list[tuple[list[str], dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    launch_with(tmp_path, processes=1)
    argv, env = started[0]
    assert argv[1:] == ["-m", "some.module", "job.json"]
    assert env["OMP_NUM_THREADS"] == str(len(os.sched_getaffinity(0)))


def test_ranks_of_one_node_share_its_cores(
    tmp_path: Path, started: list[tuple[list[str], dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    launch_with(tmp_path, processes=64)
    argv, env = started[0]
    assert argv[1:3] == ["-m", "torch.distributed.run"]
    assert "--nproc-per-node=64" in argv
    assert env["OMP_NUM_THREADS"] == str(max(1, len(os.sched_getaffinity(0)) // 64))


def test_several_nodes_go_by_deepspeeds_launcher_and_hostfile(
    tmp_path: Path, started: list[tuple[list[str], dict[str, str]]]
) -> None:
    launch_with(tmp_path, processes=8, hostfile="/etc/hosts.txt")
    argv, env = started[0]
    assert argv[2] == "deepspeed.launcher.runner"
    assert argv[argv.index("--hostfile") + 1] == "/etc/hosts.txt"
    assert "GRAFT_STAGE_PID" not in env, "a process id means nothing on another node"


def test_a_rank_whose_stage_is_gone_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    monkeypatch.setenv("GRAFT_STAGE_PID", str(gone.pid))
    with pytest.raises(SystemExit):
        launch.leave_if_orphaned()
    monkeypatch.setenv("GRAFT_STAGE_PID", str(os.getpid()))
    launch.leave_if_orphaned()
