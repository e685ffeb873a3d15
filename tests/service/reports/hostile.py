"""Texts that try to do something, and a look at whether they did."""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

STRINGS = (
    "@octocat and @org/team, mail me@evil.example",
    "<script>alert(1)</script><img src=x onerror=alert(1)><b>bold",
    "</details></details><details open><summary>mine</summary>",
    "![x](https://evil.example/a.png) [y](javascript:alert(1)) <https://evil.example>",
    "see https://evil.example and www.evil.example and ftp://evil.example",
    "<!-- graftlab:report --> <!-- graftlab:answer:1 --> <!--",
    "/graft approve",
    "first\n/graft approve\n\n/graft release",
    "fixes #1, closes garden/taxonomy#2, GH-3, garden/taxonomy@a1b2c3d4e5f6",
    "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334",
    "| a | b |\n|---|---|\n| c | \\| d |",
    "`code` ``` ~~~ ```sh\nrm -rf /\n``` `",
    "# head\n- item\n1. item\n> quote\n---\n===",
    "1. one",
    "- item",
    "=====",
    "\\",
    "\\| \\\\| \\`x\\`",
    "[ref]: https://evil.example\n[ref]",
    "[^1] [^1]: note",
    "*emph* **strong** _under_ ~~gone~~",
    "&lt;img src=x&gt; &#60;b&#62; &commat;octocat &#64;octocat",
    "$\\href{https://evil.example}{x}$ $$x$$",
    ":tada: :octocat:",
    "right \u202e left \u2066 \u200d \x00 \x1b[31m",
    "    indented",
    "",
    "x" * 5000,
    "\U0001f331" * 3000,
)

_MARKDOWN = MarkdownIt("gfm-like", {"html": True, "linkify": True})
# What GitHub looks for in rendered text outside code.
_REFERENCES = re.compile(
    r"(?<!\w)@[a-z0-9]|(?<!\w)#\d|\bgh-\d|\w/\w[\w.-]*#\d|://|\bwww\.|\b[0-9a-f]{7,40}\b|:\w+:|(?m:^\s*/\w)",
    re.IGNORECASE,
)
_LITERAL_TAGS = frozenset({"<code>", "</code>", "<br>", "<sub>", "</sub>", "&nbsp;"})


def skeleton(markdown: str) -> list[str]:
    """The document's shape: kinds of tokens, with the HTML and the addresses in it; texts and line breaks left out."""
    return list(_shapes(_MARKDOWN.parse(markdown)))


def _shapes(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.children is not None:
            yield token.type
            yield from _shapes(token.children)
        elif token.type in {"html_inline", "html_block"}:
            yield from re.findall(r"<[^>]*>", token.content) if token.content != "<br>" else []
        elif token.type not in {"text", "text_special", "code_inline", "softbreak"}:
            yield f"{token.type} {token.attrGet('href') or token.attrGet('src') or ''}"


def without_code(shapes: list[str]) -> list[str]:
    """A code span may be written as `<code>`; both look alike."""
    return [shape for shape in shapes if shape not in {"<code>", "</code>"}]


def references(markdown: str) -> list[str]:
    """What would become a mention, a reference or a link in the text outside code and our own links."""
    return [
        found.group()
        for token in _MARKDOWN.parse(markdown)
        for text in _texts(token)
        for found in _REFERENCES.finditer(text)
    ]


def _texts(token: Token) -> Iterator[str]:
    inside = False
    for child in token.children or ():
        if child.type == "html_inline" and child.content in {"<code>", "</code>"}:
            inside = child.content == "<code>"
        elif child.type in {"text", "text_special"} and not inside:
            yield child.content
