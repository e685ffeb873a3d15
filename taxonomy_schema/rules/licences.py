"""Whether a licence, as somebody wrote it, is one of those allowed."""

import functools
from enum import Enum, auto
from typing import Any, Final

_LONGEST: Final = 200


class Licence(Enum):
    LISTED = auto()
    MISSPELT = auto()
    NOT_LISTED = auto()


@functools.lru_cache(maxsize=1024)
def judge(written: str, allowed: tuple[str, ...]) -> Licence:
    """An SPDX expression is allowed if one side of each `OR` and both of each `AND` are.

    Text that is no SPDX expression, but would be with hyphens for spaces, is misspelt.
    """
    if _allowed(written, allowed):
        return Licence.LISTED
    return Licence.MISSPELT if _allowed("-".join(written.split()), allowed) else Licence.NOT_LISTED


def _allowed(written: str, allowed: tuple[str, ...]) -> bool:
    if written in allowed:
        return True
    if len(written) > _LONGEST:
        return False
    from boolean.boolean import ParseError
    from license_expression import ExpressionError

    try:
        return _holds(_licensing(), _licensing().parse(written), frozenset(name.lower() for name in allowed))
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
