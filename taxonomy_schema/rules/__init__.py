"""Every rule a leaf is checked by, and the two questions asked of them: is this leaf fine, is this change fine."""

from typing import Final

from taxonomy_schema.parse import LeafFiles, ParsedLeaf
from taxonomy_schema.parse_rules import PARSE_RULES
from taxonomy_schema.rule import Rule
from taxonomy_schema.rules.change import ChangeReport, CheckedLeaf, check_change
from taxonomy_schema.rules.checking import LEAF_RULES, check
from taxonomy_schema.tree_rules import TREE_RULES

ALL_RULES: Final[tuple[type[Rule], ...]] = tuple(
    sorted((*PARSE_RULES, *TREE_RULES, *(type(rule) for rule in LEAF_RULES)), key=lambda rule: rule.code)
)

_CODES: Final = frozenset(rule.code for rule in ALL_RULES)


def page_of(code: str, rules_url: str) -> str:
    """Where a rule's page is read; empty for a code that is no rule's."""
    return f"{rules_url}/{code}.md" if rules_url and code in _CODES else ""


__all__ = [
    "ALL_RULES",
    "ChangeReport",
    "CheckedLeaf",
    "LeafFiles",
    "ParsedLeaf",
    "check",
    "check_change",
    "page_of",
]
