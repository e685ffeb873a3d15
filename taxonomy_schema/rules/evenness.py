"""A quick look at a sound leaf: is it laid out so plainly that its indentation is surely even?

It looks at the few lists and mappings that the format has, instead of at every line. What it is not sure of is looked
at by `style_indents`.
"""

from typing import Any

from taxonomy_schema.parse import LeafSource
from taxonomy_schema.rules.colons import colons


def surely_even(source: LeafSource) -> bool:
    """Whether the indentation is as even as `style_indents` asks; no only means that it has to be looked at."""
    yaml = source.yaml
    top = yaml.node
    if top is None or yaml.flow or yaml.linked or top[0].start_mark.column:
        return False
    text = source.qna_text or ""
    below: dict[str, Any] = top[2]
    seeds = below["seed_examples"]
    steps: set[int] = set()
    lists = {seeds[0].start_mark.column}
    collections = 1
    document = below.get("document")
    if document is not None:
        moved = _even_document(document, steps)
        if moved is None:
            return False
        lists.add(moved)
        collections += 2
    for event, _, entry in seeds[2]:
        start = event.start_mark
        if not _beside_hyphen(start.index, text):
            return False
        pairs = entry.get("questions_and_answers")
        if pairs is not None:
            collections += 1
            lists.add(pairs[0].start_mark.column - start.column)
            for pair in pairs[2]:
                if not _beside_hyphen(pair[0].start_mark.index, text):
                    return False
    even = len(lists) == 1 and len(steps | lists - {0}) <= 1 and min(lists) >= 0
    return even and (_no_text_below_its_key(source, text, collections) or _texts_beside_keys(top))


def _no_text_below_its_key(source: LeafSource, text: str, collections: int) -> bool:
    """Whether no more lines end with a colon than those after which a list or a mapping begins."""
    beside = colons(source)
    if beside.at_line_ends != collections or beside.space_and_line_end:
        return False
    return "#" not in text or " #" not in text


def _even_document(document: Any, steps: set[int]) -> int | None:
    """How far `patterns` is moved in, with the document's own step added to the steps; nothing if not sure."""
    patterns = document[2]["patterns"]
    column: int = document[0].start_mark.column
    steps.add(column)
    line = patterns[0].start_mark.line
    for entry in patterns[2]:
        if entry[0].start_mark.line != line:
            return None
        line += 1
    moved: int = patterns[0].start_mark.column - column
    return moved


def _beside_hyphen(index: int, text: str) -> bool:
    """Whether a mapping that begins here does so right behind its hyphen."""
    return text[index - 2] == "-" and text[index - 1] == " "


def _texts_beside_keys(node: Any) -> bool:
    """Whether each value that is one text begins in the line of its key."""
    below = node[2]
    if isinstance(below, list):
        return all(child[2] is None or _texts_beside_keys(child) for child in below)
    for event, key, inner in below.values():
        if inner is not None:
            if not _texts_beside_keys((event, key, inner)):
                return False
        elif event.start_mark.line != key.start_mark.line:
            return False
    return True
