"""All phases of a training, as one rank sees them."""

import gc
from collections.abc import Callable
from functools import partial

import torch

from pipelines.artifacts import StepRecord
from pipelines.chat import ChatTokenizer
from pipelines.errors import WrongUse
from pipelines.progress import ProgressFile
from pipelines.train.job import Job
from pipelines.train.loop import PhaseLoop
from pipelines.train.phase_plan import plan_phase
from pipelines.train.world import World, join_world


def train(job: Job, should_stop: Callable[[], bool]) -> None:
    """Every phase starts from the weights the one before left; finished ones are not done again.

    Raises Interrupted when told to stop (all is saved), WrongUse for what another recipe would mend.
    """
    world = join_world()
    tokenizer = ChatTokenizer.load(job.base_model)
    plans = [plan_phase(job, phase, tokenizer) for phase in job.phases]
    progress = ProgressFile(job.run_dir / "progress.json")
    total, before = sum(len(plan.steps) for plan in plans), 0
    folder, taken_up = job.base_model, False
    for plan in plans:
        done = job.phase_folder(plan.phase.phase)
        if done.is_dir():
            taken_up = True
        else:
            loop = PhaseLoop(job, plan, folder, world, partial(_say, progress, before, total))
            _run(loop, world, should_stop, taken_up=taken_up)
            taken_up = False
            gc.collect()
        folder = done / "model"
        before += len(plan.steps)


def _run(loop: PhaseLoop, world: World, should_stop: Callable[[], bool], *, taken_up: bool) -> None:
    try:
        loop.run(should_stop, taken_up=taken_up)
    except torch.OutOfMemoryError as error:
        raise WrongUse(
            "accelerator_memory",
            f"the memory of {world.device} is too small for this training: {error}",
            mend="Lower train.max_batch_tokens, raise train.zero_stage, or set train.gradient_checkpointing.",
        ) from error


def _say(progress: ProgressFile, before: int, total: int, step: StepRecord) -> None:
    speed = step.tokens / max(step.seconds, 1e-9)
    message = f"{step.phase}: loss {step.loss:.3f}, {speed:.0f} tokens/s"
    progress.say(before + step.step, total, "steps", message)
