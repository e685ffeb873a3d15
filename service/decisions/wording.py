"""Other people's text in our sentences: shown, never acting."""

import re
from typing import Final

_LONGEST: Final = 80
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,60})(?:\[bot\])?")
_ACTING: Final = str.maketrans({"`": "ˋ", "<": "‹", ">": "›"})
"""Signs that could end the code span, or make a hidden marker that is later taken for ours."""


def shown(text: str) -> str:
    """Text as a short code span on one line: no mention, link, HTML, marker or table can come of it."""
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in text).translate(_ACTING).split())
    if len(plain) > _LONGEST:
        plain = plain[: _LONGEST - 1] + "…"
    plain = plain.replace("|", "¦")
    return f"`{plain}`" if plain else "(nothing)"


def person(login: str) -> str:
    """A login as people write it, `@alice`; anything that cannot be one is only shown."""
    return f"@{login}" if _LOGIN.fullmatch(login) else shown(login)


def short(sha: str) -> str:
    """The first ten signs of a commit id, as a code span."""
    return f"`{sha[:10]}`"
