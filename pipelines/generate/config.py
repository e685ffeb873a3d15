"""Settings of `generate`."""

from pydantic import BaseModel, ConfigDict, Field

from pipelines.engines.config import EngineConfig


class PreviewScope(BaseModel):
    """Which leaves a preview writes for: those of the contribution, or the one that is named."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    leaf: str | None = None
    most_leaves: int = Field(default=8, ge=1)


class GenerateConfig(BaseModel):
    """Who writes, who grades, how much."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    teacher: EngineConfig
    judge: EngineConfig | None = None
    """None: the teacher's endpoint with the judge's prompts (still two settings: temperatures differ)."""
    samples_per_leaf: int = Field(default=30, ge=1)
    """How many samples to ask for, for each skill leaf and each knowledge leaf."""
    shots: int = Field(default=2, ge=1)
    """How many of a leaf's seeds a request shows as examples."""
    extractive: bool = False
    """Knowledge answers are the document's own sentences and the teacher writes the questions to them:
    for teachers too small to answer truly."""
    chunk_words: int = 250
    """Knowledge documents are cut into passages of about this many words."""
    temperature: float = 0.7
    frequency_penalty: float = 0.0
    """Against a small teacher's going round in circles; on what it wrote, not on what it read."""
    max_tokens: int = 512
    judge_max_tokens: int = 8
    min_score: float = 0.5
    """A sample is kept when the judge's score (between 0 and 1) is at least this."""
    min_kept: int = Field(default=1, ge=0)
    """Fewer kept samples than this for a contributed leaf is a failure that names the step; with 0, nothing is."""
    preview: PreviewScope | None = None
    """None: every leaf, for training. A preview also leaves what was dropped, for people to read."""
    seed: int = 1


class PreviewSettings(BaseModel):
    """A preview asks the same teacher in the same words, for few samples."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    samples_per_leaf: int = Field(default=4, ge=1)
    most_leaves: int = Field(default=8, ge=1)
    """Of a contribution with more leaves the first ones, by id."""

    def of(self, config: GenerateConfig, leaf: str | None) -> GenerateConfig:
        """The settings of a preview where `config` are those of an evaluation."""
        small = {"samples_per_leaf": self.samples_per_leaf, "min_kept": 0}
        scope = PreviewScope(leaf=leaf, most_leaves=self.most_leaves)
        return config.model_copy(update={**small, "preview": scope})
