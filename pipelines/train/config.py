"""Settings of `train`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pipelines.engines.config import ModelSource


class PhaseSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    learning_rate: float = 2e-5
    tokens_per_step: int = 512
    """Over all ranks: an optimiser step sees at least one row and about this many tokens."""
    epochs: int = Field(default=1, ge=1)
    warmup_steps: int = 1
    """Steps over which the rate rises linearly to `learning_rate`."""
    schedule: Literal["cosine", "constant"] = "cosine"
    """After the warm-up: down to a tenth of the rate along a cosine, or level."""


class TrainSettings(BaseModel):
    """Phases run in order, knowledge then skills, each with a fresh optimiser (LAB, arXiv 2403.01081)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    knowledge: PhaseSettings = PhaseSettings()
    skills: PhaseSettings = PhaseSettings(learning_rate=1e-5)
    precision: Literal["float32", "bfloat16"] = "float32"
    zero_stage: Literal[0, 1, 2, 3] = 2
    processes: int = Field(default=1, ge=1)
    """Ranks on this node; one a GPU."""
    hostfile: str | None = None
    """DeepSpeed hostfile for several nodes."""
    max_row_tokens: int = 512
    """Longer rows are cut at their end."""
    max_batch_tokens: int = 8192
    """Tokens that one rank takes through the model at once; more are accumulated before the step."""
    checkpoint_every_steps: int = Field(default=4, ge=1)
    checkpoint_min_seconds: float = Field(default=30.0, ge=0)
    """At least this long between two checkpoints: one of a 135M model with its optimiser is 2 GB. A killed
    training loses at most `checkpoint_every_steps` steps or this much time, whichever is more."""
    gradient_clipping: float = 1.0
    gradient_checkpointing: bool = False
    seed: int = 1


class TrainConfig(TrainSettings):
    base_model: ModelSource
