"""Settings of `collect`."""

from pydantic import BaseModel, ConfigDict, Field

from taxonomy_schema.policy import HOSTS


class CollectSettings(BaseModel):
    """What of a leaf is put aside, and what documents may be fetched."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    exam_share: float = Field(default=0.4, gt=0, lt=1)
    """Share of a skill's seeds that generation never sees; at least 2 are put aside and at least 2 kept.

    For knowledge with fewer than five contexts: the share of the questions under each context, at least one of
    which is kept."""
    knowledge_exam_share: float = Field(default=0.67, gt=0, lt=1)
    """The same share where a knowledge leaf has five contexts or more: an interval needs items."""
    allowed_hosts: tuple[str, ...] = HOSTS
    """From where contributors' documents may come, by https."""
    max_document_bytes: int = 5_000_000
    max_documents: int = 50
    """Files that one leaf's patterns may match."""
    fetch_timeout: float = 300.0
    """Seconds one fetch from a document repository may take."""
    max_repository_bytes: int = 2_000_000_000
    """What one fetch from a document repository may bring."""
    seed: int = 1


class CollectConfig(CollectSettings):
    """One collecting: the tree at `commit`; what differs from `base_commit` is the contribution."""

    commit: str
    base_commit: str
