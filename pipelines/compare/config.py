"""Settings of `compare`."""

from pydantic import BaseModel, ConfigDict, Field


class CompareConfig(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    min_items: int = 5
    min_clusters: int = 4
    """Fewer items or clusters than these: `too few items`."""
