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
