"""A rule that looks at one leaf after it was read."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

from taxonomy_schema.findings import Finding
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.policy import Policy
from taxonomy_schema.rule import Rule


class LeafRule(Rule, ABC):
    """Rules keep nothing between leaves, so one instance serves for all."""

    @abstractmethod
    def check(self, source: LeafSource, policy: Policy) -> Iterable[Finding]:
        """Yield what this rule finds, in any order; nothing of a leaf that it cannot judge."""
