"""Untrusted text made harmless in GitHub's Markdown, in HTML and to bots that read comments raw.

Whatever a contributor wrote (leaf ids, questions, findings) or a model answered goes through `prose` or `code`.
What comes out is one line that holds no HTML, link, image, mention, reference, marker or command.
"""

import re
import unicodedata

_BREAK = "\u200b"  # zero-width space: nothing to see, and the pattern is broken
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "\\": "&#92;", "$": "&#36;"} | {
    c: f"\\{c}" for c in "`*_[]~!#"
}
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+-]*")
# GitHub looks for these in rendered text, so that an entity would not stop them.
_TRIGGERS = (
    (re.compile(r"([@/])(?=\w)"), rf"\1{_BREAK}"),  # mentions, mail addresses, commands, owner/name#1
    (re.compile(r"#(?=\d)|(?<=\b[Gg][Hh]-)(?=\d)"), rf"\g<0>{_BREAK}"),  # references to issues
    (re.compile(r":(?=\S)"), f":{_BREAK}"),  # https://, :emoji:
    (re.compile(r"(?i)www(?=\.)"), rf"\g<0>{_BREAK}"),
    (re.compile(r"[0-9a-f]{6}(?=[0-9a-f])"), rf"\g<0>{_BREAK}"),  # commits
)
_BLOCK_START = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=[-+=]))(.)")


def clean(text: str, limit: int) -> str:
    """At most `limit` characters; control, bidirectional and invisible characters gone, line ends unified."""
    text = "\n".join(text.splitlines()).replace("\t", " ")
    text = "".join(
        c for c in text if c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co"}
    ).strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def prose(text: str, limit: int = 600) -> str:
    """Text as one Markdown line that reads as it was written; line ends become `<br>`."""
    text = clean(text, limit)
    for pattern, replacement in _TRIGGERS:
        text = pattern.sub(replacement, text)
    text = "".join(_ESCAPES.get(c, c) for c in text)
    text = _BLOCK_START.sub(r"\1\\\2", text)
    return text.replace("\n", "<br>")


def code(text: str, limit: int = 200) -> str:
    """Text as a code span; safe in a table too."""
    text = clean(text, limit).replace("\n", " ")
    if _PLAIN.fullmatch(text):
        return f"`{text}`"
    return f"<code>{prose(text, limit) or '&nbsp;'}</code>"
