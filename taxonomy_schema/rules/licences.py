"""Whether a licence, as it was written, is one of those allowed; and what they meant if SPDX writes it otherwise."""

import functools
import re
from enum import Enum, auto
from typing import Any, Final, NamedTuple

from taxonomy_schema.patterns import late

_LONGEST: Final = 200


class Licence(Enum):
    LISTED = auto()
    MISSPELT = auto()
    """It is on the list, but not written as SPDX writes it."""
    NO_VERSION = auto()
    """Its name is known and its version is not said."""
    FORBIDS = auto()
    """It forbids commercial use or changed versions, and is not on the list."""
    NOT_LISTED = auto()


class Judgement(NamedTuple):
    """`spdx` is how SPDX writes what was meant, empty where that is not known."""

    verdict: Licence
    spdx: str = ""


# What people write for the parts of a licence's name; longer ones first.
_WORDS: Final = (
    (r"https?://|www\.|licen[sc]es?/|/deed(?:\.\w+)?|/legalcode(?:\.\w+)?", " "),
    (r"\blicen[sc]ed?\b|\bagreement\b|\bthe\b", " "),
    (r"creative ?commons(?:\.org)?", "cc"),
    (r"publicdomain/zero|\bpublic domain dedication\b", " zero "),
    (r"\buniversal\b|\binternational\b|\bunported\b|\bgeneric\b", " zero "),
    (r"non-?commercial|non commercial", "nc"),
    (r"no-?deriv(?:ative|ation|s)?(?:es|s)?(?: works)?|no derivatives(?: works)?", "nd"),
    (r"share-?alike|share alike", "sa"),
    (r"\battribution\b", "by"),
    (r"\bversion\b|\bver\b|\bv(?=\.? ?\d)", " "),
    (r"[^a-z0-9.]+|\.(?!\d)", " "),
)  # fmt: skip
_CC: Final = late(r"(?:cc )?by((?: (?:nc|nd|sa))*)(?: zero)?(?: (\d)(?:\.(\d))?)?(?: zero)?")
_PARTS: Final = ("nc", "nd", "sa")
_BRACKETS: Final = late(r"([^()]+)\(([^()]+)\)\s*")
_NAMED: Final = (
    (late(r"cc ?0(?: zero)*(?: 1(?:\.0)?)?(?: zero)*|cc zero(?: zero)?(?: 1(?:\.0)?)?(?: zero)*"), "CC0-1.0"),
    (late(r"(?:mit|expat|mit expat)"), "MIT"),
    (late(r"(?:asl|apache(?: software)?(?: foundation)?) ?2(?:\.0)?(?: only)?"), "Apache-2.0"),
    (late(r"(?:cdla|community data) (?:license )?permissive 2(?:\.0)?"), "CDLA-Permissive-2.0"),
)  # fmt: skip
_NO_VERSION: Final = (
    (late("apache"), "Apache-2.0"),
    (late("cdla permissive"), "CDLA-Permissive-2.0"),
)


@functools.lru_cache(maxsize=1024)
def judge(written: str, allowed: tuple[str, ...]) -> Judgement:
    """An SPDX expression is allowed if one side of each `OR` and both of each `AND` are. Never raises."""
    lower = {name.lower(): name for name in allowed}
    if written.lower() in lower:
        return Judgement(Licence.LISTED, lower[written.lower()])
    if len(written) > _LONGEST:
        return Judgement(Licence.NOT_LISTED)
    spdx, versioned = meant(written)
    if spdx.lower() in lower:
        return Judgement(Licence.MISSPELT if versioned else Licence.NO_VERSION, lower[spdx.lower()])
    if re.search(r"-(?:NC|ND)\b", spdx):
        return Judgement(Licence.FORBIDS, spdx)
    return Judgement(Licence.LISTED if _allowed(written, lower.keys()) else Licence.NOT_LISTED, spdx)


def meant(written: str) -> tuple[str, bool]:
    """The SPDX identifier that a name, a common misspelling or a link to the licence's text means, and whether the
    version was said; an empty one if none is known. "Name (short form)" means both, if they agree.
    """
    both = _BRACKETS.fullmatch(written)
    if both is not None:
        first, second = _meant(both[1]), _meant(both[2])
        if first == second or not (first[0] and second[0]):
            return first if first[0] else second
    return _meant(written)


def _meant(written: str) -> tuple[str, bool]:
    plain = written.lower()
    for pattern, instead in _WORDS:
        plain = re.sub(pattern, instead, plain)
    plain = " ".join(plain.split())
    for named, spdx in _NAMED:
        if named.fullmatch(plain):
            return spdx, True
    for named, spdx in _NO_VERSION:
        if named.fullmatch(plain):
            return spdx, False
    match = _CC.fullmatch(plain)
    if match is None or not (plain.startswith("cc") or match[2]):
        return "", False
    parts = [part for part in _PARTS if part in match[1].split()]
    version = f"{match[2]}.{match[3] or '0'}" if match[2] else "4.0"
    return "-".join(["CC", "BY", *(part.upper() for part in parts), version]), bool(match[2])


def _allowed(written: str, allowed: Any) -> bool:
    """Whether it is an SPDX expression of which the list allows enough."""
    from boolean.boolean import ParseError
    from license_expression import ExpressionError

    try:
        return _holds(_licensing(), _licensing().parse(written), frozenset(allowed))
    except (ExpressionError, ParseError):
        return False


def _holds(licensing: Any, expression: Any, allowed: frozenset[str]) -> bool:
    if isinstance(expression, licensing.OR):
        return any(_holds(licensing, side, allowed) for side in expression.args)
    if isinstance(expression, licensing.AND):
        return all(_holds(licensing, side, allowed) for side in expression.args)
    return expression is not None and str(expression).lower() in allowed


@functools.cache
def _licensing() -> Any:
    """The SPDX list takes a while to load, and most leaves write an allowed licence as it is."""
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()
