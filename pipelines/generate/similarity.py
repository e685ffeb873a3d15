"""How alike two texts are, by their words."""

import re

_WORD = re.compile(r"\w+")
_LONGEST = 400


def words_of(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def rouge_l(first: list[str], second: list[str]) -> float:
    """F-measure of the longest common subsequence of words, between 0 and 1 (Lin 2004, ROUGE-L)."""
    first, second = first[:_LONGEST], second[:_LONGEST]
    if not first or not second:
        return 0.0
    return 2 * _common(first, second) / (len(first) + len(second))


def alike(first: list[str], second: list[str], threshold: float) -> bool:
    """Whether ROUGE-L reaches `threshold`; the cheap bounds spare most comparisons."""
    shorter, longer = sorted((len(first), len(second)))
    if shorter == 0 or 2 * shorter / (shorter + longer) < threshold:
        return False
    if 2 * len(set(first) & set(second)) / (len(set(first)) + len(set(second))) < threshold / 2:
        return False
    return rouge_l(first, second) >= threshold


def _common(first: list[str], second: list[str]) -> int:
    """Length of the longest common subsequence; rows of the usual table, one at a time."""
    row = [0] * (len(second) + 1)
    for word in first:
        diagonal = 0
        for column, other in enumerate(second, start=1):
            above = row[column]
            row[column] = diagonal + 1 if word == other else max(above, row[column - 1])
            diagonal = above
    return row[-1]
