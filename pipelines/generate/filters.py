"""Cheap tests before the judge: what any reader would refuse at a glance, each with its reason."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from pipelines.engines.completion import Completion
from pipelines.generate.passages import Passage
from pipelines.generate.similarity import alike, words_of
from taxonomy_schema.models import Kind, Seed

_MOST_WORDS = 400
_LEAST_QUESTION_WORDS = 3
_LEAST_CHARACTERS = 2
_SUPPORTED = 0.7
"""Share of an answer's telling words that must stand in the passage."""
_OWN_SEEDS = 2
_NEAR_QUESTION = 0.75
_NEAR_WHOLE = 0.8
_REPEATED = 0.8
_LOOP_WORDS = 10
_LEAST_DISTINCT = 0.75
"""Share of different word triples in a text: below it, the teacher went round in circles."""
_OPEN_END = re.compile(
    r"\b(a|an|the|that|called|titled|named|of|to|in|and|or|is|are|was|were|as|by|with|for|from|at|on)[,:;]?$",
    re.IGNORECASE,
)
_POINTS_AT_TEXT = re.compile(
    r"\b(this|the|following|above|given) (sentence|passage|text|paragraph|article|statement)\b", re.IGNORECASE
)
_REPEATED_WORDS = re.compile(r"\b(\w+(?:\W+\w+){0,4})(?:\W+\1){3,}\b", re.IGNORECASE)
_FILLING = frozenset(
    """
    a about after all also an and are as at be been but by can could did do does for from had has have he her his how i
    if in into is it its may more most no not of on one or other over she so some such than that the their them then
    there these they this to up was we were what when where which who why will with would you your
    """.split()  # noqa: SIM905 - a block of words reads better than a list of strings
)


class Dropped(Exception):
    """A sample is not kept; `reason` is `STEP:REASON`."""

    def __init__(self, step: str, why: str) -> None:
        super().__init__(f"{step}:{why}")
        self.reason = f"{step}:{why}"


@dataclass(frozen=True, slots=True)
class Draft:
    """What the teacher wrote, before anybody judged it."""

    question: str
    answer: str
    context: str | None = None


def parse_draft(completion: Completion, fields: tuple[str, ...], answer: str | None = None) -> Draft:
    """The sample in the teacher's JSON, with an answer that was there before. Raises Dropped when there is none."""
    if completion.finish_reason == "length":
        raise Dropped("write", "cut off")
    try:
        written: Any = json.loads(completion.text)
    except ValueError:
        raise Dropped("write", "not parsed") from None
    if not isinstance(written, dict) or not all(isinstance(written.get(field), str) for field in fields):
        raise Dropped("write", "not parsed")
    texts = {field: written[field].strip() for field in fields}
    return Draft(texts["question"], texts["answer"] if answer is None else answer, texts.get("context"))


def check_draft(draft: Draft, kind: Kind, seeds: tuple[Seed, ...], passage: Passage | None) -> None:
    """Raises Dropped for the first thing that is wrong."""
    question, answer = words_of(draft.question), words_of(draft.answer)
    texts = [draft.question, draft.answer, *([] if draft.context is None else [draft.context])]
    if any(len(text) < _LEAST_CHARACTERS for text in texts) or not answer:
        raise Dropped("filter", "empty")
    if len(question) < _LEAST_QUESTION_WORDS:
        raise Dropped("filter", "too short")
    if sum(len(words_of(text)) for text in texts) > _MOST_WORDS:
        raise Dropped("filter", "too long")
    if any(_REPEATED_WORDS.search(text) or _goes_round(words_of(text)) for text in texts):
        raise Dropped("filter", "repeats itself")
    if _OPEN_END.search(draft.answer):
        raise Dropped("filter", "unfinished")
    if alike(question, answer, _REPEATED):
        raise Dropped("filter", "answer repeats the question")
    if any(near(draft, Draft(seed.question, seed.answer, seed.context), kind) for seed in seeds):
        raise Dropped("filter", "near a seed")
    if passage is not None:
        _check_knowledge(draft, passage)
    elif (own := _own_words(seeds)) and own.isdisjoint(map(_stem, question)):
        raise Dropped("filter", "off the skill")


def near(draft: Draft, other: Draft, kind: Kind) -> bool:
    """Whether one of the two is enough. A skill's questions may differ by one telling word: there, the whole counts."""
    if kind.is_knowledge:
        return alike(words_of(draft.question), words_of(other.question), _NEAR_QUESTION)
    return alike(_whole(draft), _whole(other), _NEAR_WHOLE)


def _whole(draft: Draft) -> list[str]:
    return words_of(" ".join((draft.context or "", draft.question, draft.answer)))


def _goes_round(words: list[str]) -> bool:
    triples = list(zip(words, words[1:], words[2:], strict=False))
    return len(words) >= _LOOP_WORDS and len(set(triples)) < _LEAST_DISTINCT * len(triples)


def _own_words(seeds: tuple[Seed, ...]) -> frozenset[str]:
    """Telling words that most of a skill's questions share; empty for a skill whose questions differ freely."""
    asked = Counter(
        stem
        for seed in seeds
        for stem in {_stem(word) for word in words_of(seed.question) if word not in _FILLING}
    )
    return frozenset(stem for stem, times in asked.items() if times >= _OWN_SEEDS and times * 2 > len(seeds))


def _check_knowledge(draft: Draft, passage: Passage) -> None:
    if not draft.question.rstrip().endswith("?"):
        raise Dropped("filter", "no question")
    if _POINTS_AT_TEXT.search(draft.question) or _POINTS_AT_TEXT.search(draft.answer):
        # The model is to know it without the text before its eyes.
        raise Dropped("filter", "points at the passage")
    asked = {_stem(word) for word in words_of(draft.question) if word not in _FILLING}
    if asked.isdisjoint(map(_stem, words_of(draft.answer))):
        raise Dropped("filter", "answer to something else")
    there = words_of(passage.text)
    telling = [word for word in words_of(draft.answer) if word not in _FILLING]
    if not telling or set(words_of(draft.answer)) <= set(words_of(draft.question)):
        raise Dropped("filter", "answer says nothing new")
    if any(word not in there for word in telling if any(letter.isdigit() for letter in word)):
        raise Dropped("filter", "number not in the passage")
    stems = {_stem(word) for word in there}
    if sum(_stem(word) in stems for word in telling) < _SUPPORTED * len(telling):
        raise Dropped("filter", "not in the passage")


def _stem(word: str) -> str:
    """Enough of a word to meet its other forms."""
    return word[:5] if word.isalpha() else word
