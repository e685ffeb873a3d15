"""Seeds in another language than the rest of their leaf: by their script, and where that is one by their words."""

import functools
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from taxonomy_schema.findings import Finding, Severity
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.parse_rules import GOOD, changed
from taxonomy_schema.patterns import late
from taxonomy_schema.policy import Policy
from taxonomy_schema.rules.leaf_rule import LeafRule
from taxonomy_schema.rules.walk import Pair, pairs, place

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_LEAST_LETTERS: Final = 6
_PART: Final = 0.25
"""Letters of a script, and their share of a text's, by which the text has to do with it."""
_TOLD_BY_WORDS: Final = 25
"""Letters of a text that is long enough for its language to be told by its words."""
_SURE: Final = 0.9
_SURELY_NOT: Final = 0.001
_MOST: Final = 2 / 3
"""The share of seeds that are of one kind, from which the others are told to differ."""
_SHARED: Final = 0.3
_MOST_DOUBTED: Final = 20
_READ: Final = 10_000
"""So many characters of a text are read: they tell as much as more."""
_SHORT_WORD: Final = late(r"\b[^\W\d_]{2,4}\b")
"""Such words mostly hold sentences together, so that texts of one language share many of them."""
_LATIN: Final = "LATIN"
_CJK: Final = "CJK"
# What one language is written in together.
_AS_ONE: Final = {"HIRAGANA": _CJK, "KATAKANA": _CJK, "BOPOMOFO": _CJK, "FULLWIDTH": _LATIN}
_NAMES: Final = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German",
    "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French",
    "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "nl": "Dutch", "no": "Norwegian",
    "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovene",
    "sq": "Albanian", "sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "te": "Telugu", "th": "Thai",
    "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
"""Languages that are told apart; among more, rare ones would be taken for their neighbours."""


class LanguagesDiffer(LeafRule):
    code = "GL311"
    title = "A seed is in another language than the rest"
    severity = Severity.HINT
    docs = (
        "Question and answer are both in another language than most of the leaf. What is generated from a leaf follows "
        "its examples, so a stray one makes texts that change language. A seed whose question or answer is in the "
        "language of the rest, as in a leaf about translating, is not meant, and neither is a leaf that is in several "
        "languages throughout. The place is the first; the others are counted. A script other than the rest's is told "
        "by every lint; a language written in the same script in pull requests and by `graft lint A..B`, where it can "
        "be told by its words."
    )
    bad = changed(
        "question: Why do we sleep?\n    answer: Body and mind mend themselves.",
        "question: Зачем мы спим?\n    answer: Тело и ум восстанавливаются.",
    )
    good = GOOD

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        beyond = source.beyond_ascii
        # Few leaves have letters beyond ASCII, and of those most have but those of names.
        if not beyond or sum(map(str.isalpha, beyond)) < _LEAST_LETTERS or not source.sound:
            return
        every = pairs(source)
        scripts = [{**_scripts(pair.question), **_scripts(pair.answer)} for pair in every]
        found = _stray(scripts)
        if found is not None:
            rest, stray = found
            first = max(scripts[stray[0]].items(), key=lambda one: one[1])[0]
            yield _told(source, every, stray, _letters(first), _letters(rest))


def language_findings(source: LeafSource) -> Iterator[Finding]:
    """Seeds in another language of the same script. A leaf whose seeds have their short words in common takes a third
    of a millisecond; the first one that has not loads what knows languages, which takes half a second.
    """
    if not source.sound or any(True for _ in LanguagesDiffer().check(source, Policy())):
        return
    every = pairs(source)
    doubted = _doubted(every)
    if not doubted:
        return
    identifier = _identifier()
    whole = " ".join(f"{pair.question} {pair.answer}" for pair in every)
    main, sure = identifier.rank(whole[:_READ])[0]
    languages = {at: _languages(identifier, every[at], main) for at in doubted[:_MOST_DOUBTED]}
    stray = [at for at, both in languages.items() if main not in both and any(both)]
    if sure >= _SURE and 0 < len(stray) <= (1 - _MOST) * len(every):
        question, answer = languages[stray[0]]
        yield _told(source, every, stray, _NAMES[question or answer], _NAMES[main])


def _languages(identifier: "LanguageIdentifier", pair: Pair, main: str) -> tuple[str, str]:
    """Of question and answer: the leaf's language unless it is surely another; empty where a text is too short."""
    return _language(identifier, pair.question, main), _language(identifier, pair.answer, main)


def _language(identifier: "LanguageIdentifier", text: str, main: str) -> str:
    if sum(map(str.isalpha, text)) < _TOLD_BY_WORDS:
        return ""
    ranked = identifier.rank(text[:_READ])
    language, sure = ranked[0]
    surely_not = dict(ranked)[main] < _SURELY_NOT
    return str(language) if sure >= _SURE and surely_not else main


@functools.cache
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(_NAMES))
    return identifier


def _doubted(every: Sequence[Pair]) -> list[int]:
    """The seeds, by number, that have few short words in common with the others: none in most leaves of some length."""
    words = [set(_SHORT_WORD.findall(f"{pair.question} {pair.answer}".casefold())) for pair in every]
    count = Counter(word for one in words for word in one)
    return [
        at
        for at, one in enumerate(words)
        if sum(count[word] > 1 for word in one) < _SHARED * len(one) or not one
    ]


def _stray(scripts: Sequence[dict[str, int]]) -> tuple[str, list[int]] | None:
    """The script that most seeds have to do with, and the seeds that have nothing to do with it."""
    having = Counter(script for one in scripts for script in one)
    if not having:
        return None
    rest, count = having.most_common(1)[0]
    stray = [at for at, one in enumerate(scripts) if one and rest not in one]
    return (rest, stray) if stray and count >= _MOST * len(scripts) else None


def _scripts(text: str) -> dict[str, int]:
    """The scripts that a good part of a text's letters are of, by Unicode's names, each with its number of letters."""
    if text.isascii():
        letters = sum(map(str.isalpha, text))
        return {_LATIN: letters} if letters >= _LEAST_LETTERS else {}
    of: Counter[str] = Counter()
    for letter, number in Counter(filter(str.isalpha, text)).items():
        name = unicodedata.name(letter, "").partition(" ")[0]
        of[_AS_ONE.get(name, name)] += number
    least = max(_LEAST_LETTERS, _PART * of.total())
    return {script: count for script, count in of.items() if count >= least}


def _letters(script: str) -> str:
    return "Chinese or Japanese characters" if script == _CJK else f"{script.title()} letters"


def _told(source: LeafSource, every: Sequence[Pair], stray: Sequence[int], found: str, rest: str) -> Finding:
    more = len(stray) - 1
    others = f", and so {'are' if more > 1 else 'is'} {more} more" if more else ""
    return LanguagesDiffer.finding(
        place(source, (*every[stray[0]].path, "question")),
        f"This seed is in {found}{others}; the rest of the leaf is in {rest}. What is generated from the leaf would "
        "change its language likewise.",
        "Write it in the language of the rest, or make a leaf of its own for the other language.",
    )


RULES: Final[tuple[LeafRule, ...]] = (LanguagesDiffer(),)
