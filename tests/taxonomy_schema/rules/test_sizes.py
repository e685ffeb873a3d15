"""Long lines and many tokens: where the limits lie, and what is no fault."""

import pytest

from service.cli.benches.corpus import good_leaves
from taxonomy_schema.findings import Finding
from taxonomy_schema.fmt import format_leaf
from taxonomy_schema.policy import DEFAULT_POLICY, Policy
from taxonomy_schema.rules import check
from taxonomy_schema.rules.examples import knowledge
from tests.taxonomy_schema.leaves import SKILL, files, from_example

ICE = "It is lighter than water."


def told(text: str, code: str, policy: Policy = DEFAULT_POLICY) -> list[Finding]:
    return [finding for finding in check(files(text), policy).findings if finding.code == code]


def line_of(length: int) -> str:
    """A line of the skill that has so many characters, of which two are its indentation's."""
    answer = "    answer: "
    return SKILL.replace(ICE, ("so " * length)[: length - len(answer) - 1] + ".")


@pytest.mark.parametrize(("length", "count"), [(119, 0), (120, 0), (121, 1), (400, 1)])
def test_a_line_has_at_most_120_characters(length: int, count: int) -> None:
    found = told(line_of(length), "GL149")

    assert [(one.place.line, one.place.column) for one in found] == [(12, 121)] * count
    assert all(f"{length} characters" in one.message for one in found)


def test_a_line_of_just_the_most_is_not_counted_beside_a_longer_one() -> None:
    most = line_of(120).split("\n")[11]

    (found,) = told(
        SKILL.replace("    answer: Yeast makes gas in the dough.", most).replace(ICE, "so " * 50 + "."),
        "GL149",
    )

    assert found.place.line == 12
    assert "more" not in found.message.split(";")[0] + found.message.split("review.")[1]


def test_the_last_line_counts_without_a_line_end() -> None:
    (found,) = told(SKILL.replace("mend themselves.\n", "mend " * 30 + "now."), "GL149")

    assert found.place.line == 14


def test_long_lines_are_told_once_and_counted() -> None:
    (found,) = told(SKILL.replace(" ", " so ", 1).replace(".\n", " so" * 50 + ".\n"), "GL149")

    assert found.place.line == 3
    assert "5 more lines are too long" in found.message


@pytest.mark.parametrize(
    "value",
    [
        "https://example.org/" + "a" * 120,
        '"https://example.org/' + "a" * 120 + '"',
        "|\n      " + "x" * 140,
    ],
)
def test_what_cannot_be_broken_is_no_long_line(value: str) -> None:
    assert told(SKILL.replace(ICE, value), "GL149") == []


def test_the_taxonomy_may_set_another_width() -> None:
    assert told(line_of(90), "GL149", Policy(line_characters=80))
    assert told(line_of(130), "GL149", Policy(line_characters=140)) == []


def test_formatting_folds_a_long_line() -> None:
    formatted = format_leaf(files(line_of(400))).files

    assert all(finding.code != "GL149" for finding in check(formatted).findings)


def test_the_made_up_leaves_give_no_hint_but_of_their_version() -> None:
    said = {finding.code for leaf in good_leaves(200, 3) for finding in check(leaf).findings}

    assert said <= {"GL121"}


def context_of(text: str) -> list[tuple[str, str]]:
    leaf = from_example(knowledge("The first hill has one oak.", text))
    return [
        (one.code, one.message)
        for one in check(leaf).findings
        if one.code in ("GL204", "GL205", "GL207")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("The hill has one oak. " * 80, []),  # 1,760 bytes
        ("Considerable proportions. " * 90, ["GL207"]),  # 180 words, 2,340 bytes
        ("oak " * 505 + ".", ["GL204"]),  # so many words are surely so many tokens
        ("Дуб растёт на холме. " * 50, []),  # 1,800 bytes
        ("Дуб растёт на холме. " * 60, ["GL207"]),  # 1,260 characters, 2,160 bytes
    ],
)
def test_a_context_is_about_as_many_tokens_as_a_quarter_of_its_bytes(text: str, codes: list[str]) -> None:
    assert [code for code, _ in context_of(text)] == codes


def test_a_question_with_its_answer_has_its_own_limit() -> None:
    long = "Foxes live there, considerable proportions of them. " * 20
    leaf = from_example(knowledge("Foxes live there.", long))

    (found,) = [one for one in check(leaf).findings if one.code == "GL207"]

    assert "about 268 tokens" in found.message
    assert all(one.code != "GL207" for one in check(leaf, Policy(pair_tokens=300)).findings)


def test_a_skills_answer_may_be_long() -> None:
    assert told(SKILL.replace(ICE, "Because it is lighter than water. " * 40), "GL207") == []
