"""A quick look at a sound leaf: is it laid out so plainly that its indentation is surely even?

It looks at the few lists and mappings that the format has, instead of at every line. What it is not sure of is looked
at by `style_indents`.
"""

from typing import Any

from taxonomy_schema.parse import LeafSource


def surely_even(source: LeafSource) -> bool:
    """Whether the indentation is as even as `style_indents` asks; no only means that it has to be looked at."""
    text = source.qna_text or ""
    top = source.yaml.node
    if top is None or top[0].flow_style or top[0].start_mark.column or top[0].anchor:
        return False
    below: dict[str, Any] = top[2]
    seeds = below.get("seed_examples")
    if seeds is None or not _is_plain_list(seeds):
        return False
    steps: set[int] = set()
    lists = {seeds[0].start_mark.column}
    collections = 1
    document = below.get("document")
    if document is not None:
        patterns = _even_document(document, steps)
        if patterns is None:
            return False
        lists.add(patterns)
        collections += 2
    for entry in seeds[2]:
        if not _beside_hyphen(entry, text):
            return False
        pairs = entry[2].get("questions_and_answers")
        if pairs is not None:
            if not _is_plain_list(pairs):
                return False
            collections += 1
            lists.add(pairs[0].start_mark.column - entry[0].start_mark.column)
            for pair in pairs[2]:
                if not _beside_hyphen(pair, text):
                    return False
    even = len(lists) == 1 and len(steps | lists - {0}) <= 1 and min(lists) >= 0
    return even and (_no_text_below_its_key(text, collections) or _texts_beside_keys(top))


def _no_text_below_its_key(text: str, collections: int) -> bool:
    """Whether no more lines end with a colon than those after which a list or a mapping begins."""
    return text.count(":\n") == collections and " #" not in text and ": \n" not in text


def _even_document(document: Any, steps: set[int]) -> int | None:
    """How far `patterns` is moved in, with the document's own step added to the steps; nothing if not sure."""
    patterns = document[2].get("patterns") if document[2] is not None else None
    if document[0].flow_style or document[0].anchor or patterns is None or not _is_plain_list(patterns):
        return None
    column: int = document[0].start_mark.column
    steps.add(column)
    line = patterns[0].start_mark.line
    for entry in patterns[2]:
        if entry[0].start_mark.line != line or entry[2] is not None:
            return None
        line += 1
    moved: int = patterns[0].start_mark.column - column
    return moved


def _is_plain_list(node: Any) -> bool:
    event, _, below = node
    return below is not None and not event.flow_style and event.anchor is None


def _beside_hyphen(entry: Any, text: str) -> bool:
    """Whether an entry is a mapping that begins right behind its hyphen."""
    event, _, below = entry
    index = event.start_mark.index
    return (
        below is not None
        and text[index - 2 : index] == "- "
        and event.anchor is None
        and not event.flow_style
    )


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
