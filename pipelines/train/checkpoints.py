"""A phase's state inside the phase: DeepSpeed's checkpoint, whole or not there, the last one only."""

import re
import shutil
import time
from pathlib import Path
from typing import Any

from pipelines.artifacts import StepRecord
from pipelines.train.config import TrainConfig
from pipelines.train.job import Job, PhaseJob, PhaseSteps
from pipelines.train.world import World

_TAG = "state"


class Checkpoints:
    """Saves and finds the checkpoints of one phase. All ranks call every method together."""

    def __init__(self, job: Job, phase: PhaseJob, world: World) -> None:
        self._work = job.work
        self._name = f"checkpoint-{phase.phase}-"
        self._config: TrainConfig = job.config
        self._world = world
        self._saved_at = time.monotonic()
        self._saved_step = 0

    def due(self, step: int) -> bool:
        """Whether enough steps and seconds have gone by; rank 0's clock decides for all."""
        steps = step - self._saved_step >= self._config.checkpoint_every_steps
        return steps and time.monotonic() - self._saved_at >= self._config.checkpoint_min_seconds

    def save(self, engine: Any, steps: list[StepRecord]) -> None:
        step = steps[-1].step
        if step == self._saved_step:
            return
        writing = self._work / f"writing-{self._name}{step}"
        if self._world.leads:
            for left in self._work.glob("writing-*"):
                shutil.rmtree(left)
        self._world.wait_for_all()
        engine.save_checkpoint(str(writing), tag=_TAG, save_latest=False)
        if self._world.leads:
            done = PhaseSteps(steps=tuple(steps), world_size=self._world.size)
            (writing / "steps.json").write_text(done.model_dump_json())
            older = list(self._work.glob(f"{self._name}*"))
            writing.rename(self._work / f"{self._name}{step}")
            for folder in older:
                shutil.rmtree(folder)
        self._world.wait_for_all()
        self._saved_step, self._saved_at = step, time.monotonic()

    def restore(self, engine: Any) -> list[StepRecord]:
        """Load the last checkpoint into `engine` and give the steps it stands for; none: an empty list.

        A checkpoint of another number of ranks is of no use and left alone.
        """
        folder = self._last()
        if folder is None:
            return []
        done = PhaseSteps.model_validate_json((folder / "steps.json").read_text())
        if done.world_size != self._world.size:
            return []
        engine.load_checkpoint(str(folder), tag=_TAG)
        self._saved_step, self._saved_at = done.steps[-1].step, time.monotonic()
        return list(done.steps)

    def forget(self) -> None:
        """The phase has finished: its checkpoints are of no more use."""
        if self._world.leads:
            for folder in self._work.glob(f"{self._name}*"):
                shutil.rmtree(folder)

    def _last(self) -> Path | None:
        pattern = re.compile(re.escape(self._name) + r"(\d+)")
        found = [
            (int(match[1]), path) for path in self._work.iterdir() if (match := pattern.fullmatch(path.name))
        ]
        return max(found)[1] if found else None
