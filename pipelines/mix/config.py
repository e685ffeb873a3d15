"""Settings of `mix`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pipelines.engines.config import ModelSource


class MixSettings(BaseModel):
    """The budget is the recipe's, not the leaf's: candidate and control train on the same number of tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens_per_phase: int = Field(default=4096, ge=64)
    contribution_share: float = Field(default=0.5, gt=0, le=1)
    """Share of a phase's budget for the contributed leaves where they belong to it; the rest is replay."""
    max_row_tokens: int = 512
    seed: int = 1


class MixConfig(MixSettings):
    subject: Literal["candidate", "control", "release"]
    """`control` leaves the contribution out; `release` weighs all leaves alike."""
    base_model: ModelSource
    """Whose tokenizer counts."""
