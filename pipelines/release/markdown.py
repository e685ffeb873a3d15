"""Text that others wrote, made harmless in Markdown."""

import re

_SIGNS = re.compile(r"([\\`*_{}\[\]()#|~>])")
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})(?:\[bot\])?")
_LONGEST = 300


def escape(text: str) -> str:
    """One line of plain text: no formatting, no HTML, no links, no mentions; cut when very long."""
    line = " ".join(text.split())
    if len(line) > _LONGEST:
        line = line[: _LONGEST - 1] + "…"
    harmless = _SIGNS.sub(r"\\\1", line.replace("&", "&amp;").replace("<", "&lt;"))
    return harmless.replace("@", "@\u2060").replace("://", ":\u2060//")


def code(text: str) -> str:
    """A leaf id or the like in code letters; what would end them is replaced."""
    harmless = " ".join(text.replace("`", "'").replace("|", "/").split())
    return f"`{harmless[:_LONGEST]}`"


def mention(login: str) -> str:
    """`@login` when it can be one, plain text otherwise."""
    return f"@{login}" if _LOGIN.fullmatch(login) else escape(login)
