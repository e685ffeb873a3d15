"""Which leaves are alike, out of thousands, without comparing each with each.

A leaf's words in threes (*shingles*) are hashed; two leaves are as alike as the share of shingles that they have in
common (Jaccard's index). A *signature* of fixed size keeps the least hash of each of 128 bins (one permutation
hashing, Li, Owen and Zhang 2012; empty bins borrow from others as Shrivastava 2017 has it), so that two signatures
agree in about that share of places. Bands of four places make keys (Broder; Indyk and Motwani's locality sensitive
hashing): leaves that share a key are candidates, which `similarity` then compares exactly.

Everything is plain integers: the same on every machine and in every process, and nothing heavy is loaded.
"""

import struct
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

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
_MASK: Final = (1 << 64) - 1
_A, _B, _C, _D = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93
_PACK: Final = struct.Struct(f"<{BINS}I")
# Words that a question may have or lack and still be the same question. Not, no, never and numbers are none of them.
_LIGHT: Final = frozenset((
    "a", "an", "the", "of", "in", "on", "at", "to", "for", "from", "by", "with", "about", "into", "is", "are",
    "was", "were", "be", "been", "do", "does", "did", "can", "could", "would", "will", "shall", "may", "might",
    "please", "tell", "me", "s", "what", "which", "who", "whom", "whose", "when", "where", "why", "how", "it",
    "its", "this", "that", "these", "those", "you", "your", "i", "my", "there", "and",
))  # fmt: skip
_ASKING: Final = frozenset(["what", "which", "who", "whom", "whose", "when", "where", "why", "how"])
_LEAST_WORDS: Final = 4
_MOST_ALIKE: Final = 50


def _pairs(source: LeafSource) -> "Sequence[Pair]":
    from taxonomy_schema.rules.walk import pairs  # the rules look at similarity, so it cannot begin with them

    return pairs(source)


def words_of(text: str) -> list[str]:
    """A text's words as they compare: without case and punctuation."""
    return _WORD.findall(text.casefold())


def hashed(words: Sequence[str]) -> list[int]:
    """Each word as 32 bits, the same on every machine."""
    return [zlib.crc32(word.encode()) for word in words]


def shingles(source: LeafSource) -> frozenset[int]:
    """Every three words in a row of each question, answer and context, as 64 bits; none of a leaf without form."""
    found: set[int] = set()
    seen: set[str] = set()
    for pair in _pairs(source):
        for text in (pair.question, pair.answer, pair.context):
            if text and text not in seen:
                seen.add(text)
                found.update(_threes(hashed(words_of(text))))
    return frozenset(found)


def _threes(words: list[int]) -> list[int]:
    return [(a * _A + b * _B + c * _C) & _MASK for a, b, c in zip(words, words[1:], words[2:], strict=False)]


def signature(source: LeafSource) -> bytes:
    """The leaf's signature, `SIGNATURE_BYTES` long."""
    return sign(shingles(source))


def sign(of: Iterable[int]) -> bytes:
    """The signature of a set of shingles."""
    least: dict[int, int] = {}
    number = 0
    for one in of:
        number += 1
        mixed = ((one ^ (one >> 29)) * _D) & _MASK
        place, value = mixed >> 57, (mixed >> 20) & 0xFFFFFFFF
        if value < least.get(place, 1 << 32):
            least[place] = value
    if number < LEAST_SHINGLES:
        return NOTHING
    return _PACK.pack(*(least[place] if place in least else _borrowed(place, least) for place in range(BINS)))


def _borrowed(place: int, least: Mapping[int, int]) -> int:
    """What an empty bin takes: from the first filled one on a path that depends on the bin alone."""
    step = place
    while True:
        step = ((step + 1) * _D) & _MASK
        found = least.get(step >> 57)
        if found is not None:
            return found ^ place


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
    """The pairs of leaves, each in order and all in order, that share a band key."""
    first: dict[int, str] = {}
    more: defaultdict[int, set[str]] = defaultdict(set)
    for leaf_id in sorted(signatures):
        for key in band_keys(signatures[leaf_id]):
            if first.setdefault(key, leaf_id) != leaf_id:
                more[key].add(leaf_id)
    return sorted({pair for key, ids in more.items() for pair in _pairs_of(sorted({first[key], *ids}))})


def _pairs_of(ids: list[str]) -> Iterator[tuple[str, str]]:
    """Every two, or where very many are alike each with the first: that they are too many shows all the same."""
    if len(ids) > _MOST_ALIKE:
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


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What of a leaf tells which others it may be like; small, so that it can be kept.

    `questions` holds a key for each question, in the order of `pairs`; 0 for one too short to be compared.
    """

    signature: bytes
    questions: tuple[int, ...]


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
    asked = next((word for word in words if word in _ASKING), "")
    told = "\0".join([asked, *heavy, *words_of(context)]).encode()
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
