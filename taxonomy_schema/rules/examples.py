"""A small knowledge leaf that breaks no rule, for the examples of rules about knowledge."""

from typing import Final

from taxonomy_schema.rule import Example

_OAKS: Final = {
    "first": "one oak",
    "second": "two oaks",
    "third": "three oaks",
    "fourth": "four oaks",
    "fifth": "five oaks",
}
_ENTRY: Final = """\
  - context: The {nth} hill has {oaks}. Foxes live below it. Snow comes in month {number}.
    questions_and_answers:
      - question: How many oaks has the {nth} hill?
        answer: {Oaks}.
      - question: Who lives below the {nth} hill?
        answer: Foxes live there.
      - question: When does snow come to the {nth} hill?
        answer: In month {number}.
"""
_TEXT: Final = """\
version: 3
created_by: ada
domain: geography
document_outline: Five hills and what grows on them.
document:
  repo: https://github.com/example/hills.git
  commit: 0123456789abcdef0123456789abcdef01234567
  patterns:
    - hills.md
seed_examples:
""" + "".join(
    _ENTRY.format(nth=nth, oaks=oaks, Oaks=oaks.capitalize(), number=number)
    for number, (nth, oaks) in enumerate(_OAKS.items(), start=1)
)
_ATTRIBUTION: Final = """\
Title of work: Hills
Link to work: https://example.org/hills
Revision: https://example.org/hills?id=1
License of the work: CC-BY-SA-4.0
Creator names: Ada Example
"""
_ID: Final = "knowledge/geography/hills"

GOOD_KNOWLEDGE: Final = Example(_TEXT, _ATTRIBUTION, _ID)


def knowledge(old: str, new: str) -> Example:
    """The good knowledge leaf with one passage changed."""
    if old not in _TEXT:
        raise ValueError(f"the good example has no {old!r}")
    return Example(_TEXT.replace(old, new, 1), _ATTRIBUTION, _ID)


def attributed(text: str | None, leaf_id: str = _ID) -> Example:
    """The good knowledge leaf with another attribution."""
    return Example(_TEXT, text, leaf_id)
