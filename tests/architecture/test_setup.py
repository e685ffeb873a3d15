"""The set-up says in a sentence what a machine lacks, and does nothing when nothing changed.

That it works from nothing is seen wherever these tests run on a fresh machine: `make test` sets itself up first.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import set_up
from tests.architecture.repository import ROOT


def run_set_up(venv: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "scripts" / "setup.sh", "--venv", venv],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={"HOME": os.environ["HOME"], "PATH": os.environ["PATH"], **environment},
    )


def path_without(tmp_path: Path, *missing: str) -> str:
    """A PATH with what the set-up calls, except for the tools named."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in {"sh", "dirname", "head", "git", "gcc"} - set(missing):
        (folder / tool).symlink_to(shutil.which(tool) or tool)
    (folder / "python3.11").symlink_to(sys.executable)
    return str(folder)


@pytest.mark.parametrize("tool", ["git", "gcc"])
def test_a_missing_tool_is_named(tool: str, tmp_path: Path) -> None:
    finished = run_set_up(tmp_path / "venv", PATH=path_without(tmp_path, tool))

    assert finished.returncode == 3
    assert f"{tool} is missing" in finished.stderr
    assert not (tmp_path / "venv").exists()


def test_an_older_python_is_refused_with_what_to_do(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\n[ \"$1\" = --version ] && echo 'Python 3.9.2' && exit\nexit 1\n")
    old.chmod(0o755)

    finished = run_set_up(tmp_path / "venv", PYTHON=str(old))

    assert finished.returncode == 3
    assert "need CPython 3.11" in finished.stderr
    assert "Python 3.9.2" in finished.stderr
    assert "PYTHON=" in finished.stderr


def test_an_index_without_the_cpu_build_of_torch_is_explained(tmp_path: Path) -> None:
    finished = run_set_up(
        tmp_path / "venv", PIP_CONFIG_FILE=os.devnull, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path)
    )

    assert finished.returncode == 3
    assert "torch==2.13.0+cpu" in finished.stderr
    assert "PIP_EXTRA_INDEX_URL" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_full_disk_is_said_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=2_000_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    with pytest.raises(set_up.SetUpError, match=r"6\.0 GB of disk .* 2\.0 GB are free"):
        set_up.check_machine(tmp_path / "venv")


def test_another_kind_of_machine_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")

    with pytest.raises(set_up.SetUpError, match="Linux on x86-64"):
        set_up.check_machine(tmp_path / "venv")


def test_nothing_is_done_when_the_stamp_is_current(tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    (venv / set_up.STAMP_NAME).write_text(json.dumps(set_up.wanted_stamp()))

    finished = run_set_up(venv)

    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")


def test_an_environment_of_another_python_is_not_taken_for_ours(tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    (venv / "lib" / "python3.12").mkdir(parents=True)

    with pytest.raises(set_up.SetUpError, match="Delete it"):
        set_up.make_environment(venv, tmp_path / "log")


def test_a_changed_lock_makes_the_stamp_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = set_up.wanted_stamp()
    changed = tmp_path / "local.txt"
    changed.write_text(set_up.LOCK.read_text() + "another==1\n")
    monkeypatch.setattr(set_up, "LOCK", changed)

    assert set_up.wanted_stamp() != before


def test_the_end_of_the_log_leaves_out_what_pip_repeats(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("WARNING: Location 'x' is ignored: it is either\n" * 50 + "ERROR: no space left\n")

    assert set_up.tail(log) == "    ERROR: no space left"
