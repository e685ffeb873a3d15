"""A training that is killed goes on where it was, and ends where it would have ended."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from pipelines.artifacts import Checkpoint
from pipelines.errors import ExitCode
from pipelines.files import file_digest
from pipelines.runs import RunDir
from tests.pipelines.train.building import finish_stage, losses, make_train_run, start_stage

_PATIENCE = 120.0
_TRIES = 5


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunDir, Checkpoint]:
    run_dir = make_train_run(tmp_path_factory.mktemp("whole") / "a")
    return run_dir, finish_stage(run_dir)


def wait_for_step(run_dir: RunDir, process: "subprocess.Popen[bytes]", step: int) -> int:
    """The step that was reached when it was seen: at least `step`."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        progress = run_dir.progress.read()
        if progress is not None and progress.done >= step:
            return progress.done
        assert process.poll() is None, "the stage ended before it could be stopped"
        time.sleep(0.005)
    raise AssertionError(f"step {step} was not reached in {_PATIENCE} s")


def assert_same_end(run_dir: RunDir, resumed: Checkpoint, whole: tuple[RunDir, Checkpoint]) -> None:
    whole_dir, expected = whole
    assert losses(resumed) == pytest.approx(losses(expected), abs=1e-5)
    assert [(s.phase, s.step, s.tokens, s.learning_rate) for s in resumed.steps] == [
        (s.phase, s.step, s.tokens, s.learning_rate) for s in expected.steps
    ]
    weights = "model/model.safetensors"
    assert file_digest(run_dir.path / weights) == file_digest(whole_dir.path / weights)


@pytest.mark.parametrize("kill_at", [3, -5], ids=["in the first phase", "in the second phase"])
def test_sigkill_loses_one_step_at_most_and_changes_nothing(
    tmp_path: Path, uninterrupted: tuple[RunDir, Checkpoint], kill_at: int
) -> None:
    steps = len(uninterrupted[1].steps)
    for number in range(_TRIES):
        run_dir = make_train_run(tmp_path / f"{number}")
        process = start_stage(run_dir)
        seen = wait_for_step(run_dir, process, kill_at % steps)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert not run_dir.finished
        if not (run_dir.work / "skills").exists():
            break  # else nothing was left to train: a step takes some milliseconds, and this test was not awake
    resumed = finish_stage(run_dir)
    assert resumed.resumed_from_step is not None
    assert resumed.resumed_from_step >= seen - 1
    assert_same_end(run_dir, resumed, uninterrupted)


def test_sigterm_saves_and_says_that_it_resumes(
    tmp_path: Path, uninterrupted: tuple[RunDir, Checkpoint]
) -> None:
    run_dir = make_train_run(tmp_path / "a", checkpoint_every_steps=1000)
    process = start_stage(run_dir)
    seen = wait_for_step(run_dir, process, 2)
    process.terminate()
    process.communicate(timeout=_PATIENCE)
    assert process.returncode == ExitCode.INTERRUPTED
    failure = run_dir.failure()
    assert failure is not None
    assert failure.retryable
    resumed = finish_stage(run_dir)
    assert resumed.resumed_from_step is not None
    assert resumed.resumed_from_step >= seen, "what was done before the signal was saved"
    assert_same_end(run_dir, resumed, uninterrupted)
