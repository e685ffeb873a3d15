"""A text that matches a regular expression, for the scripted engine."""

import importlib
import random
import re
from typing import Any

# Python's own parser of expressions. Whether type checkers know of it depends on what else they have read.
codes: Any = importlib.import_module("re._constants")
parser: Any = importlib.import_module("re._parser")

_MOST_REPEATS = 3
_ANY = "abcdefghijklmnopqrstuvwxyz"
_CLASSES = {
    codes.CATEGORY_DIGIT: "0123456789",
    codes.CATEGORY_WORD: _ANY,
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_NOT_DIGIT: _ANY,
    codes.CATEGORY_NOT_SPACE: _ANY,
    codes.CATEGORY_NOT_WORD: "-",
}


def sample_regex(pattern: str, rng: random.Random) -> str:
    """One match, repeats kept short. Raises ValueError for what it does not know (look-around, back-references)."""
    text = "".join(_part(code, argument, rng) for code, argument in parser.parse(pattern))
    if not re.fullmatch(pattern, text):
        raise ValueError(f"no match could be made for the expression {pattern!r}")
    return text


def _part(code: Any, argument: Any, rng: random.Random) -> str:
    match code:
        case codes.LITERAL:
            return chr(argument)
        case codes.ANY:
            return rng.choice(_ANY)
        case codes.IN:
            return _one_of(argument, rng)
        case codes.BRANCH:
            return _all(rng.choice(argument[1]), rng)
        case codes.SUBPATTERN:
            return _all(argument[3], rng)
        case codes.MAX_REPEAT | codes.MIN_REPEAT:
            least, most, inner = argument
            times = rng.randint(least, min(int(most), least + _MOST_REPEATS))
            return "".join(_all(inner, rng) for _ in range(times))
        case codes.AT:
            return ""
    raise ValueError(f"the scripted engine cannot follow {code} in an expression")


def _all(parts: Any, rng: random.Random) -> str:
    return "".join(_part(code, argument, rng) for code, argument in parts)


def _one_of(members: Any, rng: random.Random) -> str:
    if members[0][0] is codes.NEGATE:
        refused = {chr(argument) for code, argument in members if code is codes.LITERAL}
        return rng.choice([letter for letter in _ANY if letter not in refused])
    code, argument = rng.choice(members)
    match code:
        case codes.LITERAL:
            return chr(argument)
        case codes.RANGE:
            return chr(rng.randint(*argument))
        case codes.CATEGORY:
            return rng.choice(_CLASSES[argument])
    raise ValueError(f"the scripted engine cannot follow {code} in an expression")
