"""Settings of `evaluate`."""

from pydantic import BaseModel, ConfigDict, Field

from pipelines.engines.config import ModelSource


class EvaluateSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    batch_tokens: int = 2048
    """Padded tokens in one forward pass."""
    max_answers: int = Field(default=3, ge=0)
    """Exam questions of the contribution that the model also answers, for people to read."""
    answer_tokens: int = 48


class EvaluateConfig(EvaluateSettings):
    """`model` names a source; None: the `model` input (a Checkpoint's or Release's folder)."""

    model: ModelSource | None = None
    seeds: bool = False
    """For a precheck: all seeds of the contribution in the exam's place, the model by itself and told beforehand."""
    prompt: str | None = None
    """For `ask`: nothing is scored, this prompt is answered."""


class PrecheckSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    max_answers: int = Field(default=40, ge=1)
    """Seeds to which the model's own answer is shown."""


class AskSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    answer_tokens: int = Field(default=128, ge=1)
