"""`python -m pipelines train` on a tiny model, with real DeepSpeed on the CPU."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file

from pipelines.errors import ExitCode, Failure
from pipelines.models import resolve_model
from pipelines.runs import RunDir
from tests.pipelines.train.building import finish_stage, losses, make_train_run, start_stage


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """One rank, both phases, ZeRO-2; a compiler that tells on whoever calls it stands first on the PATH."""
    folder = tmp_path_factory.mktemp("plain")
    compilers = folder / "compilers"
    compilers.mkdir()
    for name in ("cc", "gcc", "g++", "c++", "ninja", "nvcc", "clang", "clang++"):
        (compilers / name).write_text(f"#!/bin/sh\necho {name} >> {folder}/compiled\nexit 1\n")
        (compilers / name).chmod(0o755)
    run_dir = make_train_run(folder / "a", knowledge=8, skills=8)
    finish_stage(run_dir, PATH=f"{compilers}:{os.environ['PATH']}")
    return run_dir


def failure_of(run_dir: RunDir, code: ExitCode) -> Failure:
    process = start_stage(run_dir)
    process.communicate(timeout=120)
    assert process.returncode == code
    failure = run_dir.failure()
    assert failure is not None
    return failure


def test_it_learns_in_both_phases_and_leaves_a_model_that_loads(plain: RunDir) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    summary = plain.manifest().summary
    for phase in ("knowledge", "skills"):
        assert summary["phases"][phase]["last_loss"] < summary["phases"][phase]["first_loss"]
    # The second phase starts from what the first has learnt.
    knowledge, skills = summary["phases"]["knowledge"], summary["phases"]["skills"]
    assert skills["first_loss"] < knowledge["first_loss"] - 0.1
    loaded: Any = AutoModelForCausalLM.from_pretrained(plain.path / "model", output_loading_info=True)
    assert not loaded[1]["missing_keys"]
    assert AutoTokenizer.from_pretrained(plain.path / "model").chat_template
    base = resolve_model("tiny:1", plain.place().models)
    weights = "model.safetensors"
    assert load_file(plain.path / "model" / weights).keys() == load_file(base / weights).keys()
    progress = plain.progress.read()
    assert progress is not None
    assert progress.share == 1
    assert "tokens/s" in progress.message


def test_nothing_is_compiled_at_run_time(plain: RunDir) -> None:
    compiled = plain.path.parent.parent / "compiled"
    assert not compiled.exists(), compiled.read_text()


def test_what_it_works_with_is_gone_when_it_has_finished(plain: RunDir) -> None:
    assert not (plain.path / "work").exists()
    assert "model/model.safetensors" in plain.manifest().files


@pytest.mark.parametrize(
    "settings",
    [
        {"processes": 2, "zero_stage": 2},
        {"processes": 2, "zero_stage": 3, "max_batch_tokens": 80},
        {"processes": 1, "zero_stage": 0, "max_batch_tokens": 80},
    ],
    ids=["two ranks", "two ranks, ZeRO-3, accumulating", "one rank without ZeRO, accumulating"],
)
def test_ranks_zero_stages_and_batches_do_not_change_the_trajectory(
    tmp_path: Path, plain: RunDir, settings: dict[str, Any]
) -> None:
    from pipelines.artifacts import Checkpoint

    run_dir = make_train_run(tmp_path / "a", knowledge=8, skills=8, **settings)
    assert losses(finish_stage(run_dir)) == pytest.approx(losses(Checkpoint.load(plain.path)), abs=1e-4)


def test_an_empty_phase_is_skipped(tmp_path: Path) -> None:
    run_dir = make_train_run(tmp_path / "a", knowledge=0, skills=4)
    assert {step.phase for step in finish_stage(run_dir).steps} == {"skills"}


def test_two_empty_phases_are_a_failure_that_says_so(tmp_path: Path) -> None:
    run_dir = make_train_run(tmp_path / "a", knowledge=0, skills=0)
    failure = failure_of(run_dir, ExitCode.WRONG_USE)
    assert failure.code == "nothing_to_train_on"


@pytest.mark.parametrize("hostfile", ["/nowhere/hostfile", "hostfile"])
def test_a_hostfile_that_names_no_node_stops_it_instead_of_training_on_one(
    tmp_path: Path, hostfile: str
) -> None:
    run_dir = make_train_run(tmp_path / "a", knowledge=8, skills=0, hostfile=hostfile)
    failure = failure_of(run_dir, ExitCode.OUTSIDE_FAILED)
    assert failure.code == "no_hostfile"
    assert "absolute path" in failure.mend


def test_a_loss_that_is_no_number_is_a_failure_that_names_the_rate(tmp_path: Path) -> None:
    run_dir = make_train_run(
        tmp_path / "a", knowledge=8, skills=0, rate=1e38, tokens_per_step=60, gradient_clipping=0.0
    )
    failure = failure_of(run_dir, ExitCode.WRONG_USE)
    assert failure.code == "loss_not_finite"
    assert "train.knowledge.learning_rate" in failure.mend
    assert not run_dir.finished


def test_ranks_do_not_outlive_a_killed_stage(tmp_path: Path) -> None:
    run_dir = make_train_run(tmp_path / "a", knowledge=64, skills=0, processes=2)
    process = start_stage(run_dir)
    job = str(run_dir.path / "work" / "job.json")
    until = time.monotonic() + 60
    while len(ranks_of(job)) < 2 and time.monotonic() < until:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    until = time.monotonic() + 30
    while ranks_of(job) and time.monotonic() < until:
        time.sleep(0.02)
    assert not ranks_of(job)


def ranks_of(job: str) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if job.encode() in words and b"torch.distributed.run" not in words:
            found.append(int(folder.name))
    return found
