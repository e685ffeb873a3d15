"""Settings of `compare`."""

from pydantic import BaseModel, ConfigDict, Field


class CompareConfig(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    min_items: int = Field(default=5, ge=2)
    min_clusters: int = Field(default=4, ge=2)
    """Fewer items or clusters than these: `too few items`."""
    min_leaves: int = Field(default=8, ge=2)
    """From this many other leaves on, retention is clustered by leaf; below, by leaf and context."""
