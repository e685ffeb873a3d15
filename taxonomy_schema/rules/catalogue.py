"""Every rule there is, in the order of their codes, and where each one's page is read."""

from typing import Final

from taxonomy_schema.parse_rules import PARSE_RULES
from taxonomy_schema.policy_rules import POLICY_RULES
from taxonomy_schema.rule import Rule
from taxonomy_schema.rules.authors import AUTHOR_RULES
from taxonomy_schema.rules.benchmarks import BENCHMARK_RULES
from taxonomy_schema.rules.checking import LEAF_RULES
from taxonomy_schema.rules.documents import DOCUMENT_RULES
from taxonomy_schema.rules.originality import ORIGINALITY_RULES
from taxonomy_schema.tree_rules import TREE_RULES

# What these say, no leaf says alone: they look at a tree, at other leaves, or at what is at hand beside the leaf.
BESIDE_RULES: Final[tuple[type[Rule], ...]] = (
    *TREE_RULES, *DOCUMENT_RULES, *AUTHOR_RULES, *ORIGINALITY_RULES, *BENCHMARK_RULES,
    *POLICY_RULES,
)  # fmt: skip

ALL_RULES: Final[tuple[type[Rule], ...]] = tuple(
    sorted((*PARSE_RULES, *BESIDE_RULES, *(type(rule) for rule in LEAF_RULES)), key=lambda rule: rule.code)
)
_CODES: Final = frozenset(rule.code for rule in ALL_RULES)


def page_of(code: str, rules_url: str) -> str:
    """Where a rule's page is read; empty for a code that is no rule's."""
    return f"{rules_url}/{code}.md" if rules_url and code in _CODES else ""
