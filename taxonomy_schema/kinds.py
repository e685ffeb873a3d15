"""The roots of a taxonomy, the newest version of the format, and what a leaf can teach."""

from enum import StrEnum
from typing import Final

ROOTS: Final = ("knowledge", "compositional_skills", "foundational_skills")
NEWEST_VERSION: Final = 3


class Kind(StrEnum):
    """What a leaf teaches, which decides its flow through generation."""

    KNOWLEDGE = "knowledge"
    GROUNDED = "grounded"
    FREEFORM = "freeform"

    @property
    def is_knowledge(self) -> bool:
        return self is Kind.KNOWLEDGE
