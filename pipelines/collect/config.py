"""Settings of `collect`."""

from pydantic import BaseModel, ConfigDict, Field


class CollectSettings(BaseModel):
    """What of a leaf is put aside, and what documents may be fetched."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    exam_share: float = Field(default=0.4, gt=0, lt=1)
    """Share of a leaf's seeds that generation never sees; at least 2 are put aside and at least 2 kept."""
    allowed_hosts: tuple[str, ...] = ("github.com", "gitlab.com", "codeberg.org")
    max_document_bytes: int = 5_000_000
    seed: int = 1


class CollectConfig(CollectSettings):
    """One collecting: the tree at `commit`; what differs from `base_commit` is the contribution."""

    commit: str
    base_commit: str
