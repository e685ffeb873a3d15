from string import printable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.decisions.comment_commands import parse
from service.reports.escape import clean, code, prose
from tests.service.reports.hostile import STRINGS, references, skeleton, without_code

PLACES = ("{}", "- {}", "> {}", "### {} end", "| a | b |\n| --- | --- |\n| {} | x |", "**{}** `x`")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", STRINGS)
def test_hostile_text_leaves_the_document_as_it_is(text: str, place: str) -> None:
    harmless = skeleton(place.format("word"))

    assert skeleton(place.format(prose(text) or "word")) == harmless
    assert without_code(skeleton(place.format(code(text)))) == harmless
    assert references(place.format(prose(text))) == []


@settings(deadline=None)
@given(st.text(alphabet=st.one_of(st.sampled_from(printable + "\u202e\u200b"), st.characters())))
def test_no_text_at_all_changes_the_document(text: str) -> None:
    for place in PLACES:
        harmless = skeleton(place.format("word"))
        assert skeleton(place.format(prose(text) or "word")) == harmless
        assert without_code(skeleton(place.format(code(text)))) == harmless


@pytest.mark.parametrize("text", STRINGS)
def test_hostile_text_gives_no_command_and_no_marker(text: str) -> None:
    for escaped in (prose(text), code(text)):
        assert parse(escaped) == []
        assert "<!--" not in escaped
        assert "\n" not in escaped
        assert "/graft" not in escaped


def test_prose_reads_as_it_was_written() -> None:
    assert prose("The bird sings (often) in 2026.46.1 at -3 degrees.") == (
        "The bird sings (often) in 2026.46.1 at -3 degrees."
    )


def test_a_path_is_a_plain_code_span() -> None:
    assert code("knowledge/science/birds") == "`knowledge/science/birds`"


def test_long_text_is_cut_with_a_sign() -> None:
    assert clean("word " * 100, 12) == "word word w…"


def test_invisible_characters_are_gone() -> None:
    assert clean("a\u202eb\x00c\u200dd", 20) == "abcd"
