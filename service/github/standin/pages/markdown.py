"""Markdown as GitHub shows it, safely: HTML is shown as text, but for a few bare tags and folds that cannot do harm."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML, RendererProtocol
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

_TAG = re.compile(r"</?(?:sub|sup|kbd|ins|del)>|<br ?/?>")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FOLD = re.compile(r"<details(?: open)?>|</details>")
_SUMMARY = re.compile(r"<summary>(.*)</summary>")
_SIGNS = {"b": "**", "strong": "**", "i": "*", "em": "*", "code": "`"}


def _bare_tags(state: StateInline, silent: bool) -> bool:
    """Tags without attributes pass; hidden comments vanish."""
    if tag := _TAG.match(state.src, state.pos):
        if not silent:
            state.push("html_inline", "", 0).content = tag[0]
        state.pos = tag.end()
        return True
    if comment := _COMMENT.match(state.src, state.pos):
        state.pos = comment.end()
        return True
    return False


def _folds(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    """A line that opens, names or closes a fold."""
    if state.is_code_block(start):
        return False
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]].strip()
    summary = _SUMMARY.fullmatch(line)
    if summary is None and not _FOLD.fullmatch(line):
        return False
    if silent:
        return True
    state.line = start + 1
    if summary is None:
        state.push("html_block", "", 0).content = f"{line}\n"
        return True
    state.push("html_block", "", 0).content = "<summary>"
    inline = state.push("inline", "", 0)
    inline.content, inline.children, inline.map = _plain(summary[1]), [], [start, start + 1]
    state.push("html_block", "", 0).content = "</summary>\n"
    return True


def _plain(text: str) -> str:
    for tag, sign in _SIGNS.items():
        text = text.replace(f"<{tag}>", sign).replace(f"</{tag}>", sign)
    return text


_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_parser.inline.ruler.before("autolink", "bare_tags", _bare_tags)
_parser.block.ruler.before("html_block", "folds", _folds, {"alt": ["paragraph", "blockquote", "list"]})


def _cell(
    _renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, _env: EnvType
) -> str:
    """A table's cell, aligned by a class: the pages' policy forbids styles in tags."""
    style = tokens[index].attrs.pop("style", None)
    if style is not None:
        tokens[index].attrs["class"] = str(style).removeprefix("text-align:")
    return RendererHTML().renderToken(tokens, index, options, _env)


_parser.add_render_rule("td_open", _cell)
_parser.add_render_rule("th_open", _cell)


def markdown(text: str | None) -> Markup:
    return Markup(_parser.render(text or ""))  # noqa: S704  # markdown-it escapes whatever is not let through above
