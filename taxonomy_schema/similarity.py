"""Which leaves are alike, out of thousands, without comparing each with each.

A leaf's words in threes (*shingles*) are hashed; two leaves are as alike as the share of shingles that they have in
common (Jaccard's index). A *signature* of fixed size keeps the least hash of each of 128 bins (one permutation
hashing, Li, Owen and Zhang 2012; an empty bin takes the next one's, as Shrivastava and Li 2014 have it), so that two
signatures agree in about that share of places. Bands of four places make keys (Broder; Indyk and Motwani's locality
sensitive hashing): leaves that share a key are candidates, which `similarity` then compares exactly.

Everything is plain integers: the same on every machine and in every process, and nothing heavy is loaded. What is done
for every word of every leaf is done by calls that loop in C.
"""

import struct
import zlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from operator import eq
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, Self

from taxonomy_schema.parse import LeafSource
from taxonomy_schema.patterns import late

if TYPE_CHECKING:
    from taxonomy_schema.rules.walk import Pair

BINS: Final = 128
ROWS: Final = 4
"""Two leaves alike by a share s meet in one of the 32 bands with a chance of 1 - (1 - s^4)^32: 0.6 gives 0.99."""
SIGNATURE_BYTES: Final = 4 * BINS
LEAST_SHINGLES: Final = 12
"""A leaf with fewer is too short to be told apart from others."""
NOTHING: Final = bytes(SIGNATURE_BYTES)
"""The signature of a leaf that cannot be compared; it has no band keys."""

_WORD: Final = late(r"\w+")
_FOLD: Final = bytes(
    one if chr(one).isalnum() or one == ord("_") else 0x20 for one in range(128)
).lower() + bytes(128)
"""ASCII as it compares: small letters, and a space for whatever is of no word."""
_BIN_STARTS: Final = tuple(range(0, 1 << 32, (1 << 32) // BINS))
_PACK: Final = struct.Struct(f"<{BINS}I")
# Words that a question may have or lack and still be the same question. Not, no, never and numbers are none of them.
_LIGHT: Final = frozenset(
    b"a an the of in on at to for from by with about into is are was were be been do does did can could would will "
    b"shall may might please tell me s what which who whom whose when where why how it its this that these those you "
    b"your i my there and".split()
)
_ASKING: Final = frozenset(b"what which who whom whose when where why how".split())
_LEAST_WORDS: Final = 4
_LEAST_AGREEING: Final = BINS // 5
"""Leaves alike by 0.3, the least that a policy may ask for, agree in fewer places once in a hundred times."""
MOST_ALIKE: Final = 50
"""Where more leaves share a key, each is compared with the first of them alone."""


def _pairs(source: LeafSource) -> "Sequence[Pair]":
    from taxonomy_schema.rules.walk import pairs  # the rules look at similarity, so it cannot begin with them

    return pairs(source)


def words_of(text: str) -> list[bytes]:
    """A text's words as they compare: without case and punctuation, in UTF-8."""
    if text.isascii():
        return text.encode().translate(_FOLD).split()
    return [word.encode() for word in _WORD.findall(text.casefold())]


def hashed(words: Iterable[bytes]) -> Iterator[int]:
    """Each word as 32 bits, the same on every machine."""
    return map(zlib.crc32, words)


def shingles(source: LeafSource) -> frozenset[int]:
    """Every three words in a row of each question, answer and context, as 32 bits; none of a leaf without form."""
    texts = {text for pair in _pairs(source) for text in (pair.question, pair.answer, pair.context) if text}
    return frozenset(chain.from_iterable(map(_threes, map(words_of, texts))))


def _threes(words: list[bytes]) -> Iterator[int]:
    """Every three words that follow one another, hashed as one: the hash of the first is where the next begins."""
    return map(zlib.crc32, words[2:], map(zlib.crc32, words[1:], map(zlib.crc32, words)))


def signature(source: LeafSource) -> bytes:
    """The leaf's signature, `SIGNATURE_BYTES` long."""
    return sign(shingles(source))


def sign(of: Collection[int]) -> bytes:
    """The signature of a set of shingles."""
    if len(of) < LEAST_SHINGLES:
        return NOTHING
    ordered = sorted(of)
    around = [*ordered, ordered[0]]  # what is past the last bin goes on at the first
    return _PACK.pack(*map(around.__getitem__, map(bisect_left, repeat(ordered, BINS), _BIN_STARTS)))


def band_keys(of: bytes) -> tuple[int, ...]:
    """What to look a signature up by, signed 64 bits each as databases hold them. Leaves that share one may agree."""
    if of == NOTHING:
        return ()
    width = 4 * ROWS
    keys = []
    for band in range(BINS // ROWS):
        part = of[band * width : (band + 1) * width]
        keys.append((zlib.crc32(part, band) | (zlib.crc32(part, ~band & 0xFFFFFFFF) << 32)) - (1 << 63))
    return tuple(keys)


def candidates(signatures: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """The pairs of leaves, each in order and all in order, that share a band key and agree."""
    first: dict[int, str] = {}
    more: defaultdict[int, set[str]] = defaultdict(set)
    for leaf_id in sorted(signatures):
        for key in band_keys(signatures[leaf_id]):
            if first.setdefault(key, leaf_id) != leaf_id:
                more[key].add(leaf_id)
    sharing = {pair for key, ids in more.items() for pair in _pairs_of(sorted({first[key], *ids}))}
    return sorted((one, other) for one, other in sharing if agree(signatures[one], signatures[other]))


def agree(one: bytes, other: bytes) -> bool:
    """Whether two signatures have so many places in common that their leaves may be alike; chance alone gives few."""
    common: int = sum(map(eq, _PACK.unpack(one), _PACK.unpack(other)))
    return common >= _LEAST_AGREEING


def _pairs_of(ids: list[str]) -> Iterator[tuple[str, str]]:
    """Every two, or where very many are alike each with the first: that they are too many shows all the same."""
    if len(ids) > MOST_ALIKE:
        yield from ((ids[0], other) for other in ids[1:])
        return
    for index, one in enumerate(ids):
        for other in ids[index + 1 :]:
            yield one, other


def similarity(one: frozenset[int], other: frozenset[int]) -> float:
    """The share of shingles that two leaves have in common, from 0 to 1."""
    if not one or not other:
        return 0.0
    common = len(one & other)
    return common / (len(one) + len(other) - common)


class Fingerprint(NamedTuple):
    """What of a leaf tells which others it may be like; small, so that it can be kept.

    `questions` holds a key for each question, in the order of `pairs`; 0 for one too short to be compared.
    """

    signature: bytes
    questions: tuple[int, ...]

    def packed(self) -> bytes:
        """As bytes, for `unpacked`."""
        return self.signature + struct.pack(f"<{len(self.questions)}q", *self.questions)

    @classmethod
    def unpacked(cls, packed: bytes) -> Self:
        questions = packed[SIGNATURE_BYTES:]
        return cls(packed[:SIGNATURE_BYTES], struct.unpack(f"<{len(questions) // 8}q", questions))


class Prints(Protocol):
    """Fingerprints that were made before, by `print_key`."""

    def known(self, keys: Collection[str]) -> dict[str, Fingerprint]: ...

    def keep(self, prints: Mapping[str, Fingerprint]) -> None: ...


def print_key(leaf_id: str, object_id: str) -> str:
    """Leaves of one kind and one `qna.yaml`, by its Git object, have one fingerprint."""
    return f"{'knowledge' if leaf_id.startswith('knowledge/') else 'skill'}:{object_id}"


def fingerprint(source: LeafSource) -> Fingerprint:
    return Fingerprint(signature(source), tuple(question_keys(source)))


def question_keys(source: LeafSource) -> Iterator[int]:
    """A key for each question: equal for those that differ in case, punctuation and light words alone. A grounded
    skill's question is the same only under the same context.
    """
    grounded = not source.is_knowledge
    for pair in _pairs(source):
        yield question_key(pair.question, (pair.context or "") if grounded else "")


def question_key(question: str, context: str = "") -> int:
    """Signed 64 bits; 0 for fewer than four words besides the light ones, which many questions share."""
    words = words_of(question)
    heavy = [word for word in words if word not in _LIGHT]
    if len(heavy) < _LEAST_WORDS:
        return 0
    asked = b"" if _ASKING.isdisjoint(words) else next(filter(_ASKING.__contains__, words))
    told = b"\0".join([asked, *heavy, *words_of(context)])
    return (zlib.crc32(told) | (zlib.crc32(told, 0xFFFF) << 32)) - (1 << 63)


def alike(prints: Mapping[str, Fingerprint], of: Iterable[str] | None = None) -> dict[str, set[str]]:
    """For each leaf (or each named one), the others that it may be like: by a band or a question."""
    holders: defaultdict[int, list[str]] = defaultdict(list)
    for leaf_id in sorted(prints):
        for key in {key for key in prints[leaf_id].questions if key}:
            holders[key].append(leaf_id)
    wanted = set(prints if of is None else of)
    found: dict[str, set[str]] = {leaf_id: set() for leaf_id in wanted}
    near = candidates({leaf_id: one.signature for leaf_id, one in prints.items()})
    for one, other in [*near, *(pair for ids in holders.values() if len(ids) > 1 for pair in _pairs_of(ids))]:
        if one in wanted:
            found[one].add(other)
        if other in wanted:
            found[other].add(one)
    return found
