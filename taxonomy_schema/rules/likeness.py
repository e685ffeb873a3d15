"""Seeds that say nearly the same, answers that say their question again, and answers that stand on nothing."""

from collections.abc import Hashable, Iterator, Sequence
from functools import cache
from itertools import product
from typing import Final

from taxonomy_schema.findings import Finding, Severity
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.parse_rules import GOOD, changed
from taxonomy_schema.patterns import late
from taxonomy_schema.policy import Policy
from taxonomy_schema.rule import quoted
from taxonomy_schema.rules.examples import GOOD_KNOWLEDGE, knowledge
from taxonomy_schema.rules.leaf_rule import LeafRule
from taxonomy_schema.rules.walk import Pair, asked, folded, pairs, place

_ALIKE: Final = 0.8
"""The share of common words, of all words of both texts, from which two texts say nearly the same."""
_END: Final = 8
"""Characters that answers which are nearly the same have in common at their beginning or at their end."""
_LONG_END: Final = 16
"""The same of questions, many of which begin with the same few words."""
_NEIGHBOURS: Final = 10
"""A seed is held against so many before it that begin or end alike: time stays in step with the leaf's size."""
_WORD: Final = late(r"\w+")
_SAID_AGAIN: Final = 12
"""Characters of a question that is long enough to be known again in its answer."""
_LONG_WORD: Final = 6
_CONTENT: Final = 4
"""Letters of a word that tells what a text is about; shorter ones mostly hold sentences together."""
_STEM: Final = 5
"""Letters at a word's beginning by which its other forms are known."""
_LONG_ANSWER: Final = 8
"""Different words about something, from which an answer is long enough to be held against its context."""


class AlikeSeeds(LeafRule):
    code = "GL306"
    title = "Two seeds say nearly the same"
    severity = Severity.HINT
    docs = (
        "Question and answer, and for skills the context, have at least four words in five in common with those of "
        "another seed. Such a seed teaches little, and what is generated from both differs little too. "
        "Seeds that differ in a number are not meant."
    )
    bad = changed(
        "question: Why do we sleep?\n    answer: Body and mind mend themselves.",
        "question: Why then does ice float?\n    answer: It is lighter than water.",
    )
    good = GOOD

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        every = pairs(source)
        questions = _ends_of(asked(source), _LONG_END, last=-1)
        if all(map(_all_different, questions)):
            return
        answers = _ends_of([pair.answer.strip() for pair in every], _END)
        keys = [list(zip(*ends, strict=True)) for ends in product(questions, answers)]
        repeated = [column for column in keys if not _all_different(column)]
        for first, second in _alike(every, repeated, asked_alone=source.is_knowledge):
            line = source.yaml.spot((*every[first].path, "question")).line
            yield self.finding(
                place(source, (*every[second].path, "question")),
                f"The seed says nearly the same as the one whose question stands in line {line}, so it teaches "
                "little more.",
                "Ask something else here, or keep one of the two.",
            )


def _ends_of(texts: Sequence[str], end: int, last: int | None = None) -> tuple[list[str], list[str]]:
    """How each text begins, and how each ends: texts of which most words are common mostly begin or end alike."""
    return [text[:end] for text in texts], [text[-end:last] for text in texts]


def _all_different(keys: Sequence[Hashable]) -> bool:
    return len(set(keys)) == len(keys)


def _alike(
    every: Sequence[Pair], columns: Sequence[Sequence[Hashable]], *, asked_alone: bool
) -> Iterator[tuple[int, int]]:
    """The seeds that are nearly the same as one before, each once, with that one: their numbers from 0. Held against
    each other are seeds that have the same key in one of the columns.
    """
    words_of = cache(_words)
    before: list[dict[Hashable, list[int]]] = [{} for _ in columns]
    for number, pair in enumerate(every):
        near: dict[int, None] = {}
        for column, holders in zip(columns, before, strict=True):
            known = holders.setdefault(column[number], [])
            if known:
                near.update(dict.fromkeys(known[-_NEIGHBOURS:]))
            known.append(number)
        for other, one in ((other, every[other]) for other in near):
            if not asked_alone and folded(pair.context or "") != folded(one.context or ""):
                continue
            questions = words_of(one.question), words_of(pair.question)
            if not _near(*questions):
                continue
            answers = words_of(one.answer), words_of(pair.answer)
            differ = questions[0] != questions[1] or answers[0] != answers[1]
            if _near(*answers) and (differ or _same_but_for_signs(one, pair)):
                yield other, number
                break


def _same_but_for_signs(one: Pair, two: Pair) -> bool:
    """Whether the words are the same in their order: in another order they may say something else. What differs in case
    and spaces alone is another rule's.
    """
    both = [(folded(pair.question), folded(pair.answer)) for pair in (one, two)]
    words = [[_WORD.findall(text) for text in texts] for texts in both]
    return both[0] != both[1] and words[0] == words[1]


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _near(one: frozenset[str], two: frozenset[str]) -> bool:
    """Whether most words are common, and every number."""
    return len(one & two) >= _ALIKE * len(one | two) and not any(
        any(map(str.isdigit, word)) for word in one ^ two
    )


class QuestionAgain(LeafRule):
    code = "GL307"
    title = "The answer says the question again"
    severity = Severity.HINT
    docs = (
        "The whole question stands in its answer, in the same words. What is generated from such a seed copies the "
        "habit, and an answer that is nothing but its question teaches nothing."
    )
    bad = changed("answer: It is lighter", "answer: Why does ice float? It is lighter")
    good = GOOD

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        every = pairs(source)
        for pair, question, answer in zip(every, asked(source), _answered(every), strict=True):
            question = question[:-1]  # noqa: PLW2901 - the question mark may be left out
            if question in answer and len(question) >= _SAID_AGAIN:
                only = len(_words(pair.answer) - _words(pair.question)) == 0
                yield self.finding(
                    place(source, (*pair.path, "answer")),
                    "The answer is nothing but the question again, so it teaches nothing."
                    if only
                    else "The answer says the whole question again, a habit that the model would learn from it.",
                    "Write what answers it."
                    if only
                    else "Leave the question out, and begin with what answers it.",
                )


def _answered(every: Sequence[Pair]) -> list[str]:
    """The answers without case and line ends, all at once; one that has wider spaces is left as it is."""
    answers = [pair.answer for pair in every]
    folded_ones = "\0".join(answers).casefold().replace("\n", " ").split("\0") if answers else []
    if len(folded_ones) == len(answers):
        return folded_ones
    return [folded(answer) for answer in answers]  # with a NUL in one of them


class BesideTheContext(LeafRule):
    code = "GL308"
    title = "No word of the answer stands in its context"
    severity = Severity.HINT
    docs = (
        f"A longer answer, with at least {_LONG_ANSWER} different words about something, shares none of them with the "
        "context that it should stand on. Either the context is another question's, or the model would be taught to "
        "answer from elsewhere."
    )
    bad = knowledge(
        "answer: One oak.",
        "answer: Medieval merchants carried precious spices across stormy oceans towards distant European harbours.",
    )
    good = GOOD_KNOWLEDGE

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        for pair in pairs(source):
            context, answer = pair.context, pair.answer
            if not context or len(answer) < _LONG_ANSWER * (_CONTENT + 1) or _shares_a_word(answer, context):
                continue
            about = {word[:_STEM] for word in _words(answer) if len(word) >= _CONTENT}
            if len(about) >= _LONG_ANSWER and not any(map(context.casefold().__contains__, about)):
                yield self.finding(
                    place(source, (*pair.path, "answer")),
                    f"Nothing that the answer to {quoted(pair.question)} is about stands in its context: the model "
                    "would learn to "
                    "answer from elsewhere.",
                    "Give the passage that the answer stands on, or answer from the context.",
                )


def _shares_a_word(answer: str, context: str) -> bool:
    """A quick look, that nearly every answer passes with one of its first words."""
    for word in answer.split():  # noqa: SIM110 - a generator takes twice as long
        if len(word) >= _LONG_WORD and word in context:
            return True
    return False


RULES: Final[tuple[LeafRule, ...]] = (AlikeSeeds(), QuestionAgain(), BesideTheContext())
