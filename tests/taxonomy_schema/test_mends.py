"""Exact mends: each finds its one right edit, and none is made that leaves an error more or another text."""

import pytest

from taxonomy_schema.edits import apart, applied
from taxonomy_schema.files import LeafFiles
from taxonomy_schema.findings import Edit, Finding
from taxonomy_schema.fixing import mend_leaf, safe_fixes
from taxonomy_schema.parse_rules import ATTRIBUTION
from taxonomy_schema.rules import check
from taxonomy_schema.suggesting import suggestions
from tests.taxonomy_schema.leaves import KNOWLEDGE, KNOWLEDGE_ID, SKILL, files

ICE = "    answer: It is lighter than water."


def mended(text: str, attribution: str = ATTRIBUTION) -> tuple[str, tuple[str, ...]]:
    result = mend_leaf(files(text, attribution), check)
    return (result.files.qna or b"").decode(), tuple(finding.code for finding in result.parsed.findings)


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        (ICE, "    answer: Yes", '    answer: "Yes"'),
        (ICE, "    answer: 1.0", '    answer: "1.0"'),
        (ICE, "    answer: 2024-05-01", '    answer: "2024-05-01"'),
        (ICE, "    answer: Reason: lighter", '    answer: "Reason: lighter"'),
        (ICE, '    answer: A "b": c', '    answer: "A \\"b\\": c"'),
        (ICE, f"\t{ICE.strip()}", ICE),
        (ICE, f"{ICE}  \t", ICE),
        ("created_by:", "creatd_by:", "created_by:"),
        ("version: 3", "version: 2", "version: 3"),
        ("version: 3", 'version: "3"', "version: 3"),
        ("version: 3\n", "# mine\n", "# mine\nversion: 3\n"),
        ("seed_examples:\n", "seed_exampels:\r\n", "seed_examples:\n"),
        ("mend themselves.\n", "mend themselves.\n\n\n", "mend themselves.\n"),
        ("mend themselves.\n", "mend themselves.", "mend themselves.\n"),
    ],
)
def test_what_is_mended_is_what_was_meant(old: str, new: str, wanted: str) -> None:
    text, left = mended(SKILL.replace(old, new))

    assert (text, left) == (SKILL.replace(old, wanted), ())


@pytest.mark.parametrize(
    "text",
    [
        SKILL.replace(ICE, "    answer:"),
        SKILL.replace(ICE, "\tsaid: It is lighter"),
        SKILL.replace(ICE, "    answer: Reason: lighter # than water"),
        SKILL.replace(ICE, "    answer: Reason: lighter\n      than water"),
        SKILL.replace("created_by: ada", "created_by: ada\nlicence: MIT"),
        SKILL.replace("version: 3\n", "").split("  - question: Why do leaves")[0],
        SKILL.replace("answer: Yeast", "context: |\n      Spaces  \n      count.\n    answer: Yeast"),
    ],
)
def test_what_could_mean_two_things_is_left_alone(text: str) -> None:
    assert mended(text)[0] == text


def test_many_faults_are_mended_in_one_go_and_a_second_go_does_nothing() -> None:
    text = SKILL.replace("created_by", "creatd_by").replace(ICE, "    answer: No").replace("version: 3\n", "")
    crlf = text.replace("\n", "\r\n")

    once = mend_leaf(files(crlf, ATTRIBUTION.replace("CC-BY-4.0", "cc by 4.0").rstrip()), check)
    twice = mend_leaf(once.files, check)

    assert once.parsed.findings == ()
    assert once.files.attribution == ATTRIBUTION.encode()
    assert len(once.done) >= 5
    assert (twice.files, twice.done) == (once.files, ())


def test_a_mend_that_would_leave_an_error_is_not_made() -> None:
    """The key could be spelt so, and its value would then have the wrong type."""
    text = SKILL.replace("task_description: Answer", "task_descripton: [Answer").replace(
        "sentence.", "sentence.]", 1
    )

    assert mended(text)[0] == text


def test_edits_are_made_from_the_end_and_those_that_meet_are_not_taken_together() -> None:
    first, second = Edit("f", 1, 1, 1, 2, "XX"), Edit("f", 2, 1, 2, 3, "")
    over = Edit("f", 1, 2, 2, 2, "!")

    assert applied("abc\ndef", [first, second]) == "XXbc\nf"
    assert apart([(first,), (over,), (second,)]) == [0, 1]
    assert apart([(first,), (second,), (first,)]) == [0, 1]
    with pytest.raises(ValueError, match="line 9"):
        applied("abc", [Edit("f", 9, 1, 9, 1, "")])


def test_a_finding_keeps_its_edits_through_json() -> None:
    (finding,) = check(files(SKILL.replace(ICE, "    answer: Yes"))).findings

    assert finding.fix == (Edit(finding.place.file, 12, 13, 12, 16, '"Yes"'),)
    assert Finding.from_dict(finding.to_dict()) == finding


def test_suggestions_are_whole_lines_of_the_diff_and_nothing_else() -> None:
    text = SKILL.replace("created_by: ada", "creatd_by: ada  ").replace(ICE, "    answer: Yes")
    parsed = check(files(text))
    path = parsed.source.qna_file

    every = suggestions([parsed], {path: (range(1, 20),)}, check)
    some = suggestions([parsed], {path: (range(10, 20),)}, check)

    assert [(one.start_line, one.new) for one in every] == [
        (2, "created_by: ada"),
        (12, '    answer: "Yes"'),
    ]
    assert [one.start_line for one in some] == [12]
    assert suggestions([parsed], {}, check) == ()
    crlf = check(files(text.replace("\n", "\r\n")))
    assert suggestions([crlf], {path: (range(1, 20),)}, check) == ()


def test_findings_on_one_line_become_one_suggestion() -> None:
    text = KNOWLEDGE.replace("domain: geography", "domain: geography  ").replace("- hills.md", "- hills.md ")
    parsed = check(LeafFiles(KNOWLEDGE_ID, text.encode(), ATTRIBUTION.encode()))

    found = suggestions([parsed], {parsed.source.qna_file: (range(1, 99),)}, check)

    assert [(one.start_line, one.new) for one in found] == [(3, "domain: geography"), (9, "    - hills.md")]
    assert [finding.code for finding in safe_fixes(parsed, check)] == ["GL122", "GL122"]
