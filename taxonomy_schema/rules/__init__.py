"""The rules that a leaf is checked by. What is asked for here is loaded then: most checks need but a part of it."""

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from taxonomy_schema.files import LeafFiles
    from taxonomy_schema.parse import ParsedLeaf
    from taxonomy_schema.rules.catalogue import ALL_RULES, BESIDE_RULES, page_of
    from taxonomy_schema.rules.change import ChangeReport, CheckedLeaf, check_change
    from taxonomy_schema.rules.checking import check
    from taxonomy_schema.rules.originality import check_tree

__all__ = [
    "ALL_RULES", "BESIDE_RULES", "ChangeReport", "CheckedLeaf", "LeafFiles", "ParsedLeaf", "check", "check_change",
    "check_tree", "page_of",
]  # fmt: skip

_HOMES: Final = {
    "ALL_RULES": "rules.catalogue",
    "BESIDE_RULES": "rules.catalogue",
    "page_of": "rules.catalogue",
    "ChangeReport": "rules.change",
    "CheckedLeaf": "rules.change",
    "check_change": "rules.change",
    "check": "rules.checking",
    "check_tree": "rules.originality",
    "LeafFiles": "files",
    "ParsedLeaf": "parse",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(importlib.import_module(f"taxonomy_schema.{_HOMES[name]}"), name)
