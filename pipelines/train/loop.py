"""One phase: rows in, a model folder out. Reads from top to bottom."""

import math
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from pipelines.artifacts import StepRecord
from pipelines.errors import Interrupted, WrongUse
from pipelines.train.batches import Attention, attention_for, model_inputs, summed_loss
from pipelines.train.checkpoints import Checkpoints
from pipelines.train.ds_config import deepspeed_config
from pipelines.train.job import Job, PhaseSteps
from pipelines.train.packing import pack
from pipelines.train.phase_plan import PhasePlan
from pipelines.train.rows import TokenRow
from pipelines.train.schedule import learning_rate
from pipelines.train.weights import load_model, save_model
from pipelines.train.world import World

_BETAS = (0.9, 0.95)


class PhaseLoop:
    """Trains one phase from the weights in `model_folder`, going on from its last checkpoint if there is one."""

    def __init__(
        self,
        job: Job,
        plan: PhasePlan,
        model_folder: Path,
        world: World,
        report: Callable[[StepRecord], None],
    ) -> None:
        self._job, self._plan, self._world = job, plan, world
        self._phase = plan.phase
        self._model_folder = model_folder
        self._report = report
        self._checkpoints = Checkpoints(job, plan.phase, world)
        self._attention: Attention = attention_for(world.device, job.config.precision)
        self._batches = plan.batches(world.rank, world.size)
        # DeepSpeed counts batches to a step; it is told one number, so shorter steps get empty batches.
        self._accumulate = max(len(batches) for batches in self._batches)

    def run(self, should_stop: Callable[[], bool], *, taken_up: bool = False) -> None:
        """Raises Interrupted, with everything saved, after the step in which any rank is to stop.

        `taken_up`: the phase before was finished by an earlier try, so that this one goes on from its step 0.
        """
        engine, optimiser = self._engine()
        steps = self._checkpoints.restore(engine)
        resumed = steps[-1].step if steps else 0 if taken_up else None
        for number in range(len(steps) + 1, len(self._plan.steps) + 1):
            steps.append(self._step(engine, optimiser, number))
            if self._world.leads:
                self._report(steps[-1])
            if number < len(self._plan.steps):
                self._save_if_due(engine, steps, should_stop)
        self._leave(engine, steps, resumed)
        engine.destroy()

    def _save_if_due(self, engine: Any, steps: list[StepRecord], should_stop: Callable[[], bool]) -> None:
        due = self._world.leads and self._checkpoints.due(steps[-1].step)
        stop, save = self._world.total(float(should_stop()), float(due))
        if stop or save:
            self._checkpoints.save(engine, steps)
        if stop:
            raise Interrupted(
                "interrupted",
                f"told to stop after step {steps[-1].step} of the {self._phase.phase} phase; it is saved",
                mend="Run it again: it goes on from there.",
            )

    def _engine(self) -> tuple[Any, torch.optim.Optimizer]:
        import deepspeed  # after World has chosen the accelerator

        # Asked for its operators DeepSpeed would run a compiler to see which it can build; none is wanted.
        deepspeed.ops.__compatible_ops__ = {}
        model = load_model(self._model_folder, self._job.config, self._attention).to(self._world.device)
        optimiser = torch.optim.AdamW(model.parameters(), lr=0.0, betas=_BETAS, weight_decay=0.0, fused=True)
        config = deepspeed_config(self._job.config, world_size=self._world.size, accumulate=self._accumulate)
        engine, *_ = deepspeed.initialize(model=model, optimizer=optimiser, config=config)
        return engine, optimiser

    def _step(self, engine: Any, optimiser: torch.optim.Optimizer, number: int) -> StepRecord:
        """One optimiser step. The loss is over all its tokens that count, however they were dealt."""
        began = time.monotonic()
        torch.manual_seed(self._job.config.seed * 1_000_003 + number)  # a resumed step draws as it would have
        rate = learning_rate(number, len(self._plan.steps), self._phase.settings)
        for group in optimiser.param_groups:
            group["lr"] = rate
        rows = self._plan.rows_of(number)
        loss_tokens = sum(row.loss_tokens for row in rows)
        # DeepSpeed divides by batches and ranks; what is wanted is the sum over the step by its own tokens.
        scale = self._accumulate * self._world.size / loss_tokens
        own, mean = 0.0, 0.0
        batches = self._batches[number - 1]
        for index in range(self._accumulate):
            loss = self._loss(engine, batches[index] if index < len(batches) else [])
            engine.backward(loss * scale)
            own += loss.item()
            if index == self._accumulate - 1:
                mean = self._world.total(own)[0] / loss_tokens
                self._check_finite(mean, number)
            engine.step()
        return StepRecord(
            phase=self._phase.phase,
            step=number,
            loss=mean,
            learning_rate=rate,
            tokens=sum(len(row) for row in rows),
            loss_tokens=loss_tokens,
            seconds=round(time.monotonic() - began, 3),
        )

    def _loss(self, engine: Any, rows: list[TokenRow]) -> torch.Tensor:
        inputs, labels = model_inputs(pack(rows), self._attention, self._world.device)
        return summed_loss(engine(**inputs).logits, labels)

    def _check_finite(self, loss: float, number: int) -> None:
        if not math.isfinite(loss):
            raise WrongUse(
                "loss_not_finite",
                f"the loss became {loss} at step {number} of the {self._phase.phase} phase",
                mend=f"Lower train.{self._phase.phase}.learning_rate in the recipe, "
                "or train in float32; then run again.",
            )

    def _leave(self, engine: Any, steps: list[StepRecord], resumed: int | None) -> None:
        """Write the phase's folder beside, then rename it: its presence means the phase has finished."""
        folder = self._job.phase_folder(self._phase.phase)
        writing = folder.with_name(f"writing-{folder.name}")
        if self._world.leads:
            shutil.rmtree(writing, ignore_errors=True)
            writing.mkdir()
        save_model(engine, self._model_folder, writing / "model", self._world)
        if self._world.leads:
            done = PhaseSteps(steps=tuple(steps), world_size=self._world.size, resumed_from_step=resumed)
            (writing / "steps.json").write_text(done.model_dump_json())
            writing.rename(folder)
        self._world.wait_for_all()
        self._checkpoints.forget()
