"""Every link of every page leads somewhere: to a file, and to a heading in it where it names one."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.architecture.repository import ROOT, tracked_files

PAGES = [path for path in tracked_files() if path.suffix == ".md" and path.parts[0] != "tests"]
_MARKDOWN = MarkdownIt("commonmark").enable("table")


def targets(text: str) -> Iterator[str]:
    """Where the links and pictures of a page lead, in their order."""
    for token in walked(_MARKDOWN.parse(text)):
        if token.type == "link_open":
            yield str(token.attrGet("href"))
        elif token.type == "image":
            yield str(token.attrGet("src"))


def anchors(text: str) -> set[str]:
    """The names by which GitHub links to a page's headings: a second one of the same words ends in `-1`."""
    found: set[str] = set()
    tokens = _MARKDOWN.parse(text)
    for before, token in pairwise(tokens):
        if before.type == "heading_open":
            words = "".join(
                part.content for part in token.children or [] if part.type in {"text", "code_inline"}
            )
            name = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            count = sum(other == name or re.fullmatch(rf"{name}-\d+", other) is not None for other in found)
            found.add(f"{name}-{count}" if count else name)
    return found


def walked(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from walked(token.children or [])


@cache
def anchors_of(page: Path) -> set[str]:
    return anchors(page.read_text())


def broken(page: Path, text: str) -> list[str]:
    """The links within the repository that lead nowhere; addresses elsewhere are not looked at."""
    return [
        target for target in targets(text) if not re.match(r"[a-z]+:", target) and not leads(page, target)
    ]


def leads(page: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    place = (page.parent / unquote(name)).resolve() if name else page
    if not place.exists() or not place.is_relative_to(ROOT):
        return False
    return not anchor or (place.suffix == ".md" and anchor in anchors_of(place))


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    assert broken(ROOT / page, (ROOT / page).read_text()) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = ROOT / "docs" / "glossary.md"
    text = "[a](gone.md) ![b](gone.png) [c](#no-heading) [d](maintaining.md#no-heading) `[e](code.md)`"

    assert broken(page, text) == ["gone.md", "gone.png", "#no-heading", "maintaining.md#no-heading"]
    assert broken(page, f"[out]({tmp_path})") == [str(tmp_path)]


def test_headings_are_named_as_github_names_them() -> None:
    text = "# What `graft up` does, and why\n\n## Rules\n\n## Rules\n"

    assert anchors(text) == {"what-graft-up-does-and-why", "rules", "rules-1"}
