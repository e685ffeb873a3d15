"""A phase before it runs: its rows as tokens, and which of them make each step. The same on every rank."""

from dataclasses import dataclass

from pipelines.artifacts import PHASES
from pipelines.chat import ChatTokenizer
from pipelines.errors import WrongUse
from pipelines.train.job import Job, PhaseJob
from pipelines.train.packing import deal, plan_steps
from pipelines.train.rows import TokenRow, read_rows


@dataclass(frozen=True, slots=True)
class PhasePlan:
    phase: PhaseJob
    rows: list[TokenRow]
    steps: list[list[int]]
    """Row numbers of each optimiser step."""
    max_batch_tokens: int

    def rows_of(self, step: int) -> list[TokenRow]:
        """All rows of a step, counted from 1."""
        return [self.rows[row] for row in self.steps[step - 1]]

    def batches(self, rank: int, ranks: int) -> list[list[list[TokenRow]]]:
        """[step][batch] -> what that rank takes through the model."""
        lengths = [len(row) for row in self.rows]
        dealt = [
            deal(step, lengths, ranks=ranks, max_tokens=self.max_batch_tokens)[rank] for step in self.steps
        ]
        return [[[self.rows[row] for row in batch] for batch in batches] for batches in dealt]


def plan_phase(job: Job, phase: PhaseJob, tokenizer: ChatTokenizer) -> PhasePlan:
    """Raises WrongUse when no row of the phase holds a token to learn."""
    rows = read_rows(phase.rows, tokenizer, job.config.max_row_tokens)
    if not rows:
        raise WrongUse(
            "nothing_to_learn",
            f"no row of the {phase.phase} phase holds a token to learn within {job.config.max_row_tokens} tokens",
            mend="Raise train.max_row_tokens in the recipe, or look at what mix wrote.",
        )
    steps = plan_steps(
        [len(row) for row in rows],
        tokens_per_step=phase.settings.tokens_per_step,
        epochs=phase.settings.epochs,
        seed=job.config.seed * len(PHASES) + PHASES.index(phase.phase),
    )
    return PhasePlan(phase, rows, steps, job.config.max_batch_tokens)
