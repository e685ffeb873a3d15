"""Files made to hurt: each ends in a finding, soon, and never in an exception."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taxonomy_schema.rules import check
from tests.taxonomy_schema.leaves import SKILL, files

HEAD = SKILL.split("  - question")[0]
NINE = ",".join(["*x"] * 9)
LAUGHS = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{NINE.replace('x', f'a{n - 1}')}]\n" for n in range(1, 12))
BOMBS = {
    "billion laughs": (LAUGHS, "GL102"),
    "deep flow": ("[" * 200_000, "GL102"),
    "deep block": ("- " * 200_000, "GL102"),
    "deep keys": ("".join("  " * n + "a:\n" for n in range(900)), "GL102"),
    "many keys": ("".join(f"k{n}: 1\n" for n in range(60_000)), "GL102"),
    "equal seeds": (HEAD + "  - {question: q, answer: a}\n" * 6_000, "GL301"),
    "faulty seeds": (HEAD + "  - {question: 1, answr: no}\n" * 3_000, "GL110"),
    "long number": ("version: " + "9" * 90_000, "GL112"),
    "long text": ("a: " + "x" * 200_000, "GL102"),
    "large file": ("x" * 3_000_000, "GL102"),
    "self": ("a: &a [*a]", "GL106"),
    "own key": ("&a x: *a\n*a : y", "GL105"),
    "spaces": ("a: " + " " * 900_000 + "b", "GL108"),
    "null byte": ("a: \0", "GL103"),
    "program": ("a: !!python/object/apply:os.system [id]", "GL106"),
}


@pytest.mark.parametrize(("text", "code"), BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_a_finding(text: str, code: str) -> None:
    before = time.process_time()

    parsed = check(files(text))

    assert code in {finding.code for finding in parsed.errors}
    assert parsed.leaf is None
    assert len(parsed.findings) <= 100
    assert time.process_time() - before < 8


@pytest.mark.parametrize("data", [b"a: \xe9", "a: b".encode("utf-16"), b"\xed\xa0\x80"])
def test_other_encodings_are_a_finding_with_a_place(data: bytes) -> None:
    findings = check(files(b"version: 3\n" + data)).findings

    assert [finding.place.line for finding in findings if finding.code == "GL103"] == [2]


WORDS = [
    ": ",
    "- ",
    "&a ",
    "*a",
    "!!str ",
    "!!int ",
    "---\n",
    "...\n",
    "<<: ",
    "? ",
    "yes",
    "version: 2",
    "  ",
    "",
]
PIECES = st.sampled_from([*WORDS, *":\"'#\t\n!{}[]|>%@~=\r\0é\x85\u2028\ufeff"])


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.lists(st.tuples(st.integers(0, len(SKILL)), st.integers(0, 9), PIECES), max_size=4))
def test_no_damage_to_a_leaf_crashes_the_check(cuts: list[tuple[int, int, str]]) -> None:
    text = SKILL
    for at, gone, piece in cuts:
        text = text[:at] + piece + text[at + gone :]

    parsed = check(files(text))

    assert parsed.leaf is not None or parsed.errors
    lines = max(1, text.count("\n") + (not text.endswith("\n")))
    assert all(1 <= finding.place.line <= lines and finding.place.column >= 1 for finding in parsed.findings)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.binary(max_size=200), st.binary(max_size=100))
def test_no_bytes_crash_the_check(qna: bytes, attribution: bytes) -> None:
    parsed = check(files(qna)._replace(attribution=attribution))

    assert parsed.errors
