"""Whether a leaf teaches what a benchmark asks: its scores would then measure memory, of every release that follows.

Questions are kept as hashes of ten words in a row: the index says which question a leaf repeats without holding the
benchmark's text. It is built from data at hand; without any, nothing is said.
"""

import itertools
import json
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from taxonomy_schema.findings import Finding, Severity
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.places import Path
from taxonomy_schema.rule import Rule, quoted
from taxonomy_schema.rules.walk import pairs, place
from taxonomy_schema.similarity import hashed, words_of

RUN: Final = 10
"""Words in a row. Shorter runs are phrases that anybody writes; the long ones of a benchmark are its own."""
_LEAST_WORDS: Final = 6
"""A question with fewer words, such as “Which of these is true?”, is everybody's."""
_WHOLE: Final = 0.8
_BITMAP: Final = 1 << 21
"""Bytes; a bit for the first 24 bits of a key, so that most keys that are not there need one look."""
_MASK: Final = (1 << 64) - 1
_STEP: Final = 0x9E3779B97F4A7C15
_MIX: Final = 0xD6E8FEB86659FD93
_VERSION: Final = 1


class BenchmarkQuestion(Rule):
    code = "GL603"
    title = "A question of a benchmark"
    docs = (
        "A text of the leaf is, word for word or nearly, a question of a benchmark by which releases are measured. A "
        "model that was taught it answers from memory, and the score says nothing any more. Told where the "
        "benchmark's data is at hand: by `graft lint --benchmarks`, and in a pull request where the operator set "
        "`GRAFT_BENCHMARKS`."
    )


class BenchmarkPassage(Rule):
    code = "GL604"
    title = "A passage of a benchmark"
    severity = Severity.HINT
    docs = (
        f"{RUN} words or more in a row of a text of the leaf stand in a question of a benchmark by which releases are "
        "measured. It may be a quotation that both took from elsewhere, so it is a hint."
    )


class Question(NamedTuple):
    """A benchmark's question: its name for people, such as `GSM8K 17`, and its text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class BenchmarkIndex:
    """Sorted keys, each with the number of its question; what a key is not in, a look at one bit mostly tells."""

    names: tuple[str, ...]
    keys: "array[int]"
    owners: "array[int]"
    counts: "array[int]"
    """How many keys each question has."""
    bits: bytes = field(repr=False)

    def owner(self, key: int) -> int | None:
        """The number of the question that a key belongs to."""
        if not self.bits[key >> 43] >> (key >> 40 & 7) & 1:
            return None
        at = bisect_left(self.keys, key)
        return self.owners[at] if at < len(self.keys) and self.keys[at] == key else None

    def to_bytes(self) -> bytes:
        """As `from_bytes` reads it."""
        head = json.dumps([_VERSION, len(self.keys), self.names]).encode()
        arrays = self.keys.tobytes() + self.owners.tobytes() + self.counts.tobytes()
        return b"%d\n%b" % (len(head), head) + self.bits + arrays

    @classmethod
    def from_bytes(cls, data: bytes) -> "BenchmarkIndex":
        """The index that `to_bytes` wrote on this kind of machine.

        Raises:
            ValueError: it did not write this.

        """
        size, _, rest = data.partition(b"\n")
        version, number, names = json.loads(rest[: int(size)])
        bits, body = rest[int(size) : int(size) + _BITMAP], memoryview(rest)[int(size) + _BITMAP :]
        if version != _VERSION or len(body) != 12 * number + 4 * len(names):
            raise ValueError("this is no index of benchmarks")
        return cls(
            tuple(names),
            _array("Q", body[: 8 * number]),
            _array("I", body[8 * number : 12 * number]),
            _array("I", body[12 * number :]),
            bits,
        )


def _array(kind: str, data: memoryview) -> "array[int]":
    numbers = array(kind)
    numbers.frombytes(data)
    return numbers


def build_index(questions: Iterable[Question]) -> BenchmarkIndex:
    """The index of all questions. What several questions share is a benchmark's manner of asking, and tells nothing;
    questions of one name count as one.
    """
    names: dict[str, int] = {}
    owner: dict[int, int] = {}
    shared: set[int] = set()
    asked: dict[tuple[int, ...], int] = {}
    for question in questions:
        keys_here = _keys(words_of(question.text))
        # A question that stands twice, under two subjects or in two benchmarks, is the first one.
        number = asked.setdefault(tuple(keys_here), names.setdefault(question.name, len(names)))
        for key in keys_here:
            if owner.setdefault(key, number) != number:
                shared.add(key)
    for key in shared:
        del owner[key]
    keys = sorted(owner)
    counts = Counter(owner.values())
    bits = bytearray(_BITMAP)
    for key in keys:
        bits[key >> 43] |= 1 << (key >> 40 & 7)
    return BenchmarkIndex(
        tuple(names),
        array("Q", keys),
        array("I", [owner[key] for key in keys]),
        array("I", [counts[number] for number in range(len(names))]),
        bytes(bits),
    )


def _keys(words: list[bytes]) -> list[int]:
    """A key for each run of words; for a question shorter than a run, one for the whole."""
    if len(words) < _LEAST_WORDS:
        return []
    width = min(RUN, len(words))
    falls = pow(_STEP, width, _MASK + 1)
    sums = list(
        itertools.accumulate(hashed(words), lambda total, one: (total * _STEP + one) & _MASK, initial=0)
    )
    keys = []
    for start, before in enumerate(sums[: len(words) - width + 1]):
        run = (sums[start + width] - before * falls + width) & _MASK
        keys.append(((run ^ (run >> 31)) * _MIX) & _MASK)
    return keys


def overlaps(source: LeafSource, index: BenchmarkIndex | None) -> Iterator[Finding]:
    """What a leaf has in common with benchmarks: the most of each of its texts."""
    if index is None or not source.sound:
        return
    seen: set[str] = set()
    for path, text in _texts(source):
        if text in seen:
            continue
        seen.add(text)
        keys = set(_keys(words_of(text)))
        common = Counter(number for number in map(index.owner, keys) if number is not None)
        if not common:
            continue
        number, count = max(common.items(), key=lambda one: (one[1] / index.counts[one[0]], one[1], -one[0]))
        name = quoted(index.names[number])
        if count >= _WHOLE * index.counts[number]:
            yield BenchmarkQuestion.finding(
                place(source, path),
                f"This is question {name} of a benchmark: a model that learnt it can no longer be measured by it.",
                "Write a question of your own; new names and numbers in this one are not enough.",
            )
        else:
            yield BenchmarkPassage.finding(
                place(source, path),
                f"{count + RUN - 1} words of this text stand in question {name} of a benchmark, which would "
                "measure less.",
                "Say it in your own words, or take another example.",
            )


def _texts(source: LeafSource) -> Iterator[tuple[Path, str]]:
    for pair in pairs(source):
        if pair.context:
            yield (*pair.entry, "context"), pair.context
        yield (*pair.path, "question"), pair.question
        yield (*pair.path, "answer"), pair.answer


BENCHMARK_RULES: Final[tuple[type[Rule], ...]] = (BenchmarkQuestion, BenchmarkPassage)
