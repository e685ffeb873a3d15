"""Every rule a leaf is checked by, and the two questions asked of them: is this leaf fine, is this change fine.

A change is looked at through Git; what that takes is loaded by who asks for it.
"""

import importlib
from typing import TYPE_CHECKING, Any, Final

from taxonomy_schema.files import LeafFiles
from taxonomy_schema.parse import ParsedLeaf
from taxonomy_schema.parse_rules import PARSE_RULES
from taxonomy_schema.policy_rules import POLICY_RULES
from taxonomy_schema.rule import Rule
from taxonomy_schema.rules.authors import AUTHOR_RULES
from taxonomy_schema.rules.benchmarks import BENCHMARK_RULES
from taxonomy_schema.rules.checking import LEAF_RULES, check
from taxonomy_schema.rules.documents import DOCUMENT_RULES
from taxonomy_schema.rules.originality import ORIGINALITY_RULES, check_tree
from taxonomy_schema.tree_rules import TREE_RULES

if TYPE_CHECKING:
    from taxonomy_schema.rules.change import ChangeReport, CheckedLeaf, check_change

# What these say, no leaf says alone: they look at a tree, at other leaves, or at what is at hand beside the leaf.
BESIDE_RULES: Final[tuple[type[Rule], ...]] = (
    *TREE_RULES, *DOCUMENT_RULES, *AUTHOR_RULES, *ORIGINALITY_RULES, *BENCHMARK_RULES,
    *POLICY_RULES,
)  # fmt: skip

ALL_RULES: Final[tuple[type[Rule], ...]] = tuple(
    sorted((*PARSE_RULES, *BESIDE_RULES, *(type(rule) for rule in LEAF_RULES)), key=lambda rule: rule.code)
)

__all__ = [
    "ALL_RULES", "BESIDE_RULES", "ChangeReport", "CheckedLeaf", "LeafFiles", "ParsedLeaf", "check", "check_change",
    "check_tree", "page_of",
]  # fmt: skip

_CODES: Final = frozenset(rule.code for rule in ALL_RULES)


def page_of(code: str, rules_url: str) -> str:
    """Where a rule's page is read; empty for a code that is no rule's."""
    return f"{rules_url}/{code}.md" if rules_url and code in _CODES else ""


def __getattr__(name: str) -> Any:
    if name in {"ChangeReport", "CheckedLeaf", "check_change"}:
        return getattr(importlib.import_module("taxonomy_schema.rules.change"), name)
    raise AttributeError(name)
