"""Regular expressions that are compiled when they are first used: most leaves need but a few, and compiling all takes
longer than checking a leaf.
"""

import re
from typing import Any, AnyStr, cast


def late(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`, later; a pattern with a fault in it raises `re.error` then."""
    return cast("re.Pattern[AnyStr]", _Late(pattern, flags))


class _Late:
    """Stands for the compiled pattern. What is asked of it once, it has from then on."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self._made = pattern, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(*self._made), name)  # type: ignore[type-var]
        setattr(self, name, found)
        return found
