"""Whatever the YAML parser complains of is said in our words."""

import re
from pathlib import Path

import pytest
import yaml

from taxonomy_schema.parse import parse_leaf
from taxonomy_schema.yaml_words import WORDS, words_for
from tests.taxonomy_schema.leaves import files

START = "version: 3\ncreated_by: ada\n"

FAULTS = {
    "answer: ? b\n": "“? ”",
    "patterns: [b, c\nd: e\n": "“[” opens a list",
    "patterns: {b, c\nd: e\n": "“{” opens keys",
    "patterns: [b, , c]\n": "never closed, or a value is missing",
    "patterns: [\n": "never closed, or a value is missing",
    "answer: }\n": "A value should stand here",
    "answer: , b\n": "A value should stand here",
    "answer: b\n...\nmore: c\n": "The leaf ended above",
    "%\nanswer: b\n": "“%”",
    "%FOO bar\n": "“%”",
    "%YAML x\n---\n": "“%”",
    "%YAML 2.0\n---\na: b\n": "“%”",
    "%YAML 1.1\n%YAML 1.1\n---\na: b\n": "“%”",
    "%YAML 11111111111111111.1\n---\na: b\n": "“%”",
    "%TAG x\n---\n": "“%”",
    "%TAG !e! tag:e,2000:\n%TAG !e! tag:e,2000:\n---\na: b\n": "“%”",
    "%YAML 1.1 x\n---\na: b\n": "“%”",
    "%YA(ML 1\n---\na: b\n": "“%”",
    "answer: > 5 apples\n": "After “|” or “>”",
    "answer: |0\n  b\n": "After “|” or “>”",
    "answer: |text\n": "After “|” or “>”",
    "answer: & more\n": "“&” or “*”",
    "answer: *bold* text\n": "“&” or “*”",
    "answer: **bold** text\n": "“&” or “*”",
    "answer: !important, do\n": "begins with “!”",
    "answer: !<x y\n": "begins with “!”",
    "answer: !e!x b\n": "begins with “!”",
    "answer: !%zz b\n": "begins with “!”",
    "answer: !%ff b\n": "begins with “!”",
    "answer: !%c3%41 b\n": "begins with “!”",
    "answer: !<> b\n": "begins with “!”",
    'answer: "\\q"\n': "a backslash begins a sign",
    'answer: "\\xzz"\n': "number of a character",
    'answer: "\\ud800"\n': "number of a character",
    'answer: "b\n---\nc"\n': "not closed before this line",
    "answer: 'b\n": "opened and never closed",
    "answer: @b\n": "starts with a sign",
    "answer: - b\n": "no list can start",
    "answer: b\n- c\n": "the text before ends too early",
    "answer:\n- b\nc\n": "no “key:” at its start",
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_fault_is_told_in_words_of_our_own_with_a_mend(text: str) -> None:
    whole = text if text.startswith("%") else START + text

    (fault,) = parse_leaf(files(whole)).findings

    assert fault.code in ("GL101", "GL106")
    assert FAULTS[text] in fault.message
    assert "the reader says" not in fault.message
    assert fault.mend


def test_every_complaint_that_the_parser_holds_is_known() -> None:
    binary = next(Path(yaml.__file__).parent.glob("_yaml*.so")).read_bytes()
    held = re.findall(rb"(?:did not find|could not find|found|[a-z ]+ are not allowed)\b[ -~]{3,80}", binary)
    # Of the two halves of a message, what was being read is asked for too.
    reading = {
        "comment or line break": "while scanning a block scalar",
        "alphabetic or numeric": "while scanning an alias",
        "whitespace": "while scanning a tag",
        "expected '!'": "while scanning a tag",
        "expected '>'": "while scanning a tag",
        "URI": "while parsing a tag",
        "octet": "while parsing a tag",
        "version number": "while scanning a %YAML directive",
        "digit or '.'": "while scanning a %YAML directive",
        "non-alphabetical": "while scanning a directive",
        "indicator equal to 0": "while scanning a block scalar",
    }  # fmt: skip
    beside = (
        "<stream-start>",
        "duplicate anchor",
        "undefined alias",
        "another document",
        "control characters",
        "imported type",
    )
    complaints = [text.decode() for text in held if not any(one in text.decode() for one in beside)]
    unknown = []
    for complaint in complaints:
        context = next((context for sign, context in reading.items() if sign in complaint), "")
        if words_for(context, complaint) is None:
            unknown.append(complaint)

    assert unknown == []
    assert len(complaints) > 25


def test_what_is_not_known_keeps_the_parsers_words() -> None:
    assert words_for("while doing something", "something else") is None
    assert len({words.message for words in WORDS}) == len(WORDS)
