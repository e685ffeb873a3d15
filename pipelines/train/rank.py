"""`python -m pipelines.train.rank JOB.json`: one rank of a training, through all its phases."""

import gc
import os
import signal
import sys
import threading
import traceback
from functools import partial
from pathlib import Path

import torch

from pipelines.artifacts import StepRecord
from pipelines.chat import ChatTokenizer
from pipelines.errors import ExitCode, OutsideFailed, StageError, WrongUse
from pipelines.files import write_atomically
from pipelines.processes import die_with_parent
from pipelines.progress import ProgressFile
from pipelines.train.job import Job
from pipelines.train.loop import PhaseLoop
from pipelines.train.phase_plan import plan_phase
from pipelines.train.world import World, join_world


def main(arguments: list[str]) -> int:
    die_with_parent()
    # DeepSpeed's launcher adds an argument of its own before ours.
    job = Job.model_validate_json(Path(arguments[-1]).read_bytes())
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    try:
        _train(job, join_world(), told)
    except StageError as error:
        return _give_up(job, error)
    except torch.OutOfMemoryError as error:
        return _give_up(
            job,
            WrongUse(
                "accelerator_memory",
                f"the accelerator's memory is too small for this training: {error}",
                mend="Lower train.max_batch_tokens, raise train.zero_stage, or set train.gradient_checkpointing.",
            ),
        )
    except OSError as error:
        return _give_up(
            job,
            OutsideFailed(
                "system_error", f"{type(error).__name__}: {error}", mend="Free disk space, then retry."
            ),
        )
    return ExitCode.FINE


def _train(job: Job, world: World, told: threading.Event) -> None:
    """Every phase starts from the weights the one before left; finished ones are not done again."""
    tokenizer = ChatTokenizer.load(job.base_model)
    plans = [plan_phase(job, phase, tokenizer) for phase in job.phases]
    progress = ProgressFile(job.run_dir / "progress.json")
    total, before = sum(len(plan.steps) for plan in plans), 0
    folder = job.base_model
    for plan in plans:
        done = job.phase_folder(plan.phase.phase)
        if not done.is_dir():
            report = partial(_say, progress, before, total)
            PhaseLoop(job, plan, folder, world, report).run(lambda: told.is_set() or job.stop_file.exists())
            gc.collect()
        folder = done / "model"
        before += len(plan.steps)


def _say(progress: ProgressFile, before: int, total: int, step: StepRecord) -> None:
    speed = step.tokens / max(step.seconds, 1e-9)
    message = f"{step.phase}: loss {step.loss:.3f}, {speed:.0f} tokens/s"
    progress.say(before + step.step, total, "steps", message)


def _give_up(job: Job, error: StageError) -> int:
    traceback.print_exception(error)
    rank = int(os.environ.get("RANK", "0"))
    try:
        write_atomically(job.failure_file(rank), error.as_failure("train").model_dump_json().encode())
    except OSError:
        traceback.print_exc()
    return error.exit_code


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Collectives of ranks that gave up elsewhere must not keep this one.
    os._exit(code)
