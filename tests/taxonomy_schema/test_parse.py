import pytest

from taxonomy_schema.models import Kind
from taxonomy_schema.parse import parse_leaf, read_source
from tests.taxonomy_schema.leaves import KNOWLEDGE, KNOWLEDGE_ID, SKILL, files


def test_a_skill_is_read_with_its_seeds_and_attribution() -> None:
    leaf = parse_leaf(files(SKILL)).leaf

    assert leaf is not None
    assert (leaf.kind, leaf.version, leaf.created_by) == (Kind.FREEFORM, 3, "ada")
    assert leaf.seeds[1].question == "Why does bread rise?"
    assert [seed.group for seed in leaf.seeds] == [0, 1, 2, 3, 4]
    assert leaf.attribution is not None
    assert leaf.attribution.licence == "CC-BY-4.0"


def test_seeds_under_one_context_share_their_group() -> None:
    leaf = parse_leaf(files(KNOWLEDGE, leaf_id=KNOWLEDGE_ID)).leaf

    assert leaf is not None
    assert leaf.kind is Kind.KNOWLEDGE
    assert [seed.group for seed in leaf.seeds] == [group for group in range(5) for _ in range(3)]
    assert leaf.seeds[3].context == leaf.seeds[5].context != leaf.seeds[0].context
    assert leaf.document is not None
    assert leaf.document.patterns == ("hills.md",)


def test_a_skill_with_contexts_is_grounded_wherever_it_lives() -> None:
    grounded = SKILL.replace("    answer:", "    context: A text.\n    answer:")

    leaf = parse_leaf(files(grounded)).leaf

    assert leaf is not None
    assert leaf.kind is Kind.GROUNDED


def test_space_around_a_text_belongs_to_its_style() -> None:
    block = SKILL.replace(
        "answer: Air scatters blue light most.", "answer: |\n      Air scatters\n\n      blue light.\n"
    )

    leaf = parse_leaf(files(block)).leaf

    assert leaf is not None
    assert leaf.seeds[0].answer == "Air scatters\n\nblue light."


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "column"),
    [
        ("answer: It is lighter than water.", "answer: Yes", "GL110", 12, 13),
        ("answer: It is lighter than water.", "answer: 2024-05-01", "GL110", 12, 13),
        ("answer: It is lighter than water.", "answer:", "GL110", 12, 12),
        ("answer: It is lighter than water.", "answr: It is.", "GL108", 12, 5),
        ("created_by: ada", "created_by: [ada]", "GL110", 2, 13),
        ("version: 3", 'version: "3"', "GL110", 1, 10),
        ("created_by: ada", "created_by: ada\n1: x", "GL106", 3, 1),
        ("created_by: ada", "created_by: &a [*a]", "GL106", 2, 17),
        ("seed_examples:", "---\nseed_examples:", "GL106", 4, 1),
    ],
)
def test_a_fault_is_found_where_it_stands(old: str, new: str, code: str, line: int, column: int) -> None:
    findings = parse_leaf(files(SKILL.replace(old, new, 1))).findings

    places = {(finding.code, finding.place.line, finding.place.column) for finding in findings}
    assert (code, line, column) in places


def test_a_type_trap_is_mended_with_the_text_to_write() -> None:
    (finding,) = parse_leaf(files(SKILL.replace("It is lighter than water.", "No"))).findings

    assert 'answer: "No"' in finding.mend
    assert "“answer” of seed_examples 4" in finding.message


def test_an_entry_that_stands_twice_is_found_at_the_second() -> None:
    twice = KNOWLEDGE.replace("    - hills.md\n", "    - hills.md\n    - b.md\n    - hills.md\n")

    (finding,) = parse_leaf(files(twice, leaf_id=KNOWLEDGE_ID)).findings

    assert (finding.code, finding.place.line) == ("GL301", 11)
    assert "line 9" in finding.message


def test_one_date_is_not_taken_for_another() -> None:
    dates = SKILL.replace("It is lighter than water.", "2024-01-01").replace(
        "Why does ice float?", "2024-01-02"
    )

    assert {finding.code for finding in parse_leaf(files(dates)).findings} == {"GL110"}


def test_a_list_of_merged_mappings_adds_what_is_not_there() -> None:
    merged = SKILL.replace(
        "  - question: Why is the sky blue?\n    answer: Air",
        "  - &first\n    question: Why is the sky blue?\n    answer: Air",
    ).replace("    answer: Yeast makes gas in the dough.", "    <<: [*first]")

    leaf = parse_leaf(files(merged)).leaf

    assert leaf is not None
    assert (leaf.seeds[1].question, leaf.seeds[1].answer) == ("Why does bread rise?", leaf.seeds[0].answer)


def test_a_misspelt_key_is_recognised() -> None:
    findings = parse_leaf(files(SKILL.replace("created_by", "createdby"))).findings

    assert {"GL108", "GL109"} == {finding.code for finding in findings}
    assert any(finding.mend.startswith("Did you mean “created_by”?") for finding in findings)


def test_lines_are_counted_as_editors_count_them() -> None:
    odd = SKILL.replace("Why is the sky blue?", "'Why\u2028is\x85the sky blue?'").replace(
        "created_by: ada", "created_by: 7"
    )
    late = odd.replace("Body and mind mend themselves.", "Yes")

    findings = parse_leaf(files(late)).findings

    assert [(finding.place.line, finding.place.column) for finding in findings] == [(2, 13), (14, 13)]


def test_an_alias_means_what_it_stands_for() -> None:
    shared = SKILL.replace("answer: Air", "answer: &same Air").replace(
        "answer: Yeast makes gas in the dough.", "answer: *same"
    )

    leaf = parse_leaf(files(shared)).leaf

    assert leaf is not None
    assert leaf.seeds[1].answer == leaf.seeds[0].answer


def test_a_merge_key_adds_what_is_not_there() -> None:
    merged = SKILL.replace(
        "  - question: Why is the sky blue?\n    answer: Air",
        "  - &first\n    question: Why is the sky blue?\n    answer: Air",
    ).replace("    answer: Yeast makes gas in the dough.", "    <<: *first")

    leaf = parse_leaf(files(merged)).leaf

    assert leaf is not None
    assert (leaf.seeds[1].question, leaf.seeds[1].answer) == ("Why does bread rise?", leaf.seeds[0].answer)


@pytest.mark.parametrize("version", [1, 2])
def test_older_knowledge_is_refused(version: int) -> None:
    parsed = parse_leaf(files(KNOWLEDGE.replace("version: 3", f"version: {version}"), leaf_id=KNOWLEDGE_ID))

    assert [finding.code for finding in parsed.findings] == ["GL112"]
    assert parsed.leaf is None


@pytest.mark.parametrize("version", ["", "version: 1\n", "version: 2\n"])
def test_older_skills_are_lifted(version: str) -> None:
    newest = parse_leaf(files(SKILL)).leaf
    older = parse_leaf(files(SKILL.replace("version: 3\n", version)))

    assert older.findings == ()
    assert older.leaf == newest


def test_equal_content_has_an_equal_digest() -> None:
    first, second = parse_leaf(files(SKILL)).leaf, parse_leaf(files(SKILL.replace("ada", '"ada"', 1))).leaf
    other = parse_leaf(files(SKILL.replace("Air", "Dust"))).leaf

    assert first is not None
    assert second is not None
    assert other is not None
    assert first.digest == second.digest != other.digest


def test_several_works_are_joined_in_one_attribution() -> None:
    two = "Title of work: A\nLicense of the work: MIT\n\nTitle of work: B\nLicense of the work: MIT\nCreator names: Bo"

    source = read_source(files(SKILL, two))

    assert source.leaf is not None
    assert source.leaf.attribution is not None
    assert source.leaf.attribution.model_dump() == {
        "title": "A; B", "link": "", "revision": "", "licence": "MIT", "creators": "Bo",
    }  # fmt: skip
    assert [work.line for work in source.works] == [1, 4]
