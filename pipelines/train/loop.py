"""One phase: rows in, a model folder out. Reads from top to bottom."""

import math
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from pipelines.artifacts import PHASES, StepRecord
from pipelines.chat import ChatTokenizer
from pipelines.errors import Interrupted, WrongUse
from pipelines.progress import ProgressFile
from pipelines.train.batches import Attention, attention_for, model_inputs, summed_loss
from pipelines.train.checkpoints import Checkpoints
from pipelines.train.ds_config import deepspeed_config
from pipelines.train.job import Job, PhaseJob, PhaseSteps
from pipelines.train.packing import deal, pack, plan_steps
from pipelines.train.rows import TokenRow, read_rows
from pipelines.train.schedule import learning_rate
from pipelines.train.weights import load_model, save_model
from pipelines.train.world import World

_BETAS = (0.9, 0.95)


class PhaseLoop:
    """Trains one phase from the weights in `model_folder`, going on from its last checkpoint if there is one."""

    def __init__(
        self, job: Job, phase: PhaseJob, model_folder: Path, world: World, should_stop: Callable[[], bool]
    ) -> None:
        self._job, self._phase, self._world = job, phase, world
        self._model_folder = model_folder
        self._should_stop = should_stop
        self._progress = ProgressFile(job.run_dir / "progress.json")
        self._checkpoints = Checkpoints(job, phase, world)
        self._rows = read_rows(phase.rows, ChatTokenizer.load(model_folder), job.config.max_row_tokens)
        if not self._rows:
            raise WrongUse(
                "nothing_to_learn",
                f"no row of the {phase.phase} phase holds a token to learn within "
                f"{job.config.max_row_tokens} tokens",
                mend="Raise train.max_row_tokens in the recipe, or look at what mix wrote.",
            )
        self._lengths = [len(row) for row in self._rows]
        self._steps = plan_steps(
            self._lengths,
            tokens_per_step=phase.settings.tokens_per_step,
            epochs=phase.settings.epochs,
            seed=job.config.seed * len(PHASES) + PHASES.index(phase.phase),
        )
        self._attention: Attention = attention_for(world.device, job.config.precision)

    def run(self) -> None:
        plan = [self._deal(step) for step in self._steps]
        # DeepSpeed counts batches to a step; it is told one number, so shorter steps get empty batches.
        self._accumulate = max(len(batches) for batches in plan)
        engine, optimiser = self._engine()
        steps = self._checkpoints.restore(engine)
        resumed = steps[-1].step if steps else None
        for number in range(len(steps) + 1, len(self._steps) + 1):
            steps.append(self._step(engine, optimiser, number, plan[number - 1]))
            self._say(steps)
            stop, due = self._world.total(
                float(self._should_stop()), float(self._world.leads and self._checkpoints.due(number))
            )
            if (stop or due) and number < len(self._steps):
                self._checkpoints.save(engine, steps)
            if stop and number < len(self._steps):
                raise Interrupted(
                    "interrupted",
                    f"told to stop after step {number} of the {self._phase.phase} phase; it is saved",
                    mend="Run it again: it goes on from there.",
                )
        self._leave(engine, steps, resumed)
        engine.destroy()

    def _deal(self, step: Sequence[int]) -> list[list[int]]:
        """Batches of this rank in a step, as row numbers."""
        dealt = deal(
            step, self._lengths, ranks=self._world.size, max_tokens=self._job.config.max_batch_tokens
        )
        return dealt[self._world.rank]

    def _engine(self) -> tuple[Any, torch.optim.Optimizer]:
        import deepspeed  # after World has chosen the accelerator

        # Asked for its operators DeepSpeed would run a compiler to see which it can build; none is wanted.
        deepspeed.ops.__compatible_ops__ = {}
        model = load_model(self._model_folder, self._job.config, self._attention).to(self._world.device)
        optimiser = torch.optim.AdamW(model.parameters(), lr=0.0, betas=_BETAS, weight_decay=0.0, fused=True)
        config = deepspeed_config(self._job.config, world_size=self._world.size, accumulate=self._accumulate)
        engine, *_ = deepspeed.initialize(model=model, optimizer=optimiser, config=config)
        return engine, optimiser

    def _step(
        self, engine: Any, optimiser: torch.optim.Optimizer, number: int, batches: list[list[int]]
    ) -> StepRecord:
        """One optimiser step. The loss is over all its tokens that count, however they were dealt."""
        began = time.monotonic()
        torch.manual_seed(self._job.config.seed * 1_000_003 + number)  # a resumed step draws as it would have
        rate = learning_rate(number, len(self._steps), self._phase.settings)
        for group in optimiser.param_groups:
            group["lr"] = rate
        rows = [self._rows[row] for row in self._steps[number - 1]]
        loss_tokens = sum(row.loss_tokens for row in rows)
        # DeepSpeed divides by batches and ranks; what is wanted is the sum over the step by its own tokens.
        scale = self._accumulate * self._world.size / loss_tokens
        own = 0.0
        padded = batches + [[] for _ in range(self._accumulate - len(batches))]
        for index, batch in enumerate(padded):
            loss = self._loss(engine, [self._rows[row] for row in batch])
            engine.backward(loss * scale)
            own += loss.item()
            if index == len(padded) - 1:
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

    def _say(self, steps: list[StepRecord]) -> None:
        if not self._world.leads:
            return
        last = steps[-1]
        speed = last.tokens / max(last.seconds, 1e-9)
        self._progress.say(
            last.step,
            len(self._steps),
            "steps",
            f"{self._phase.phase}: loss {last.loss:.3f}, {speed:.0f} tokens/s",
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
