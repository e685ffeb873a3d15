"""The newest model of a leaf. Older leaves are lifted to it by `taxonomy_schema.versions`."""

import hashlib
from enum import StrEnum
from functools import cached_property

from pydantic import BaseModel, ConfigDict

ROOTS = ("knowledge", "compositional_skills", "foundational_skills")
NEWEST_VERSION = 3


class Frozen(BaseModel):
    """A value: compared by content, never changed, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Kind(StrEnum):
    """What a leaf teaches, which decides its flow through generation."""

    KNOWLEDGE = "knowledge"
    GROUNDED = "grounded"
    FREEFORM = "freeform"

    @property
    def is_knowledge(self) -> bool:
        return self is Kind.KNOWLEDGE


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


class Severity(StrEnum):
    ERROR = "error"
    HINT = "hint"


class Place(Frozen):
    """A place in a file of the taxonomy; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1
    end_line: int | None = None


class Finding(Frozen):
    """What a rule says of a leaf. An error blocks, a hint does not."""

    code: str
    severity: Severity
    message: str
    mend: str
    place: Place
