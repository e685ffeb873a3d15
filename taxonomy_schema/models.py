"""The newest model of a leaf. Older leaves are lifted to it by `taxonomy_schema.versions`."""

import hashlib
from functools import cached_property

from pydantic import BaseModel, ConfigDict

from taxonomy_schema.findings import Finding, Place, Severity
from taxonomy_schema.kinds import NEWEST_VERSION, ROOTS, Kind

__all__ = [
    "NEWEST_VERSION", "ROOTS", "Attribution", "Finding", "Frozen", "Kind", "KnowledgeDocument", "Leaf", "Place", "Seed",
    "Severity",
]  # fmt: skip


class Frozen(BaseModel):
    """A value: compared by content, never changed, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Seed(Frozen):
    """One example in a leaf.

    `group` is the 0-based entry of `seed_examples` it stands in: knowledge seeds under one context share it,
    so that statistics can treat them as one cluster.
    """

    question: str
    answer: str
    context: str | None = None
    group: int


class KnowledgeDocument(Frozen):
    """Where a knowledge leaf's text comes from: a Git repository at one full commit id."""

    repository: str
    commit: str
    patterns: tuple[str, ...]


class Attribution(Frozen):
    """The fields of `attribution.txt`, as written; empty where the file lacks them."""

    title: str = ""
    link: str = ""
    revision: str = ""
    licence: str = ""
    creators: str = ""


class Leaf(Frozen):
    """A folder with `qna.yaml` and `attribution.txt`; `id` is its path in the tree, with `/` and no trailing slash."""

    id: str
    kind: Kind
    version: int
    created_by: str
    task_description: str = ""
    domain: str = ""
    document_outline: str = ""
    document: KnowledgeDocument | None = None
    seeds: tuple[Seed, ...]
    attribution: Attribution | None = None

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of the leaf's content: equal content, equal digest, wherever and whenever it was read."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()
