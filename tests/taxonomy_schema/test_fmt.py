"""Formatting changes how a leaf is written, never what it says; and a second time it changes nothing."""

from pathlib import Path

import pytest

from service.github import standin
from taxonomy_schema.files import LeafFiles
from taxonomy_schema.fmt import WIDTH, format_leaf
from taxonomy_schema.parse import read_source
from taxonomy_schema.scaffold import new_leaf
from tests.taxonomy_schema.leaves import KNOWLEDGE, KNOWLEDGE_ID, SKILL, files

SAMPLE = Path(standin.__file__).parent / "sample"
LEAVES = sorted(path.parent for path in SAMPLE.rglob("qna.yaml"))
LONG = "word " * 40


def formatted(text: str, leaf_id: str = "compositional_skills/writing/short") -> str:
    once = format_leaf(files(text, leaf_id=leaf_id))
    assert once.left_alone == ()
    assert format_leaf(once.files) == once
    assert read_source(once.files).yaml.data == read_source(files(text, leaf_id=leaf_id)).yaml.data
    return (once.files.qna or b"").decode()


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda path: path.name)
def test_a_real_leaf_says_the_same_and_rests_after_one_time(leaf: Path) -> None:
    formatted((leaf / "qna.yaml").read_text(), leaf.relative_to(SAMPLE).as_posix().split("/", 1)[1])


@pytest.mark.parametrize(
    "leaf_id", ["knowledge/a/b", "compositional_skills/a/b", "compositional_skills/grounded/a/b"]
)
def test_a_new_leaf_has_the_form_already(leaf_id: str) -> None:
    assert format_leaf(new_leaf(leaf_id, "ada")).files == new_leaf(leaf_id, "ada")


def test_keys_come_in_order_and_lists_are_indented() -> None:
    mixed = KNOWLEDGE.replace("version: 3\n", "").replace("    - hills.md", "  - hills.md") + "version: 3\n"

    assert formatted(mixed, KNOWLEDGE_ID) == KNOWLEDGE


def test_comments_stay_where_they_are_and_keep_the_order_of_keys_around_them() -> None:
    text = SKILL.replace("created_by: ada\n", "").replace(
        "seed_examples:\n", "# about me\ncreated_by: ada  # really\n\n\n# the seeds\nseed_examples:\n"
    )

    assert formatted(text) == text.replace("\n\n\n#", "\n\n#")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"One.\\nTwo."', "|-\n      One.\n      Two."),
        ("'One.\n\n      Two.\n\n      '", "|\n      One.\n      Two."),
        ('"One.\\tTwo.\\nThree.\\n"', "|\n      One.\tTwo.\n      Three."),
        ('"  One\\nTwo"', '"  One\\nTwo"'),
        ('"quoted"', '"quoted"'),
        ("'yes'", "'yes'"),
        ("1.50", "1.50"),
        ("Yes", "Yes"),
    ],
)
def test_texts_with_lines_become_blocks_and_others_stay_as_they_are(old: str, new: str) -> None:
    ice = "It is lighter than water."

    assert formatted(SKILL.replace(ice, old)) == SKILL.replace(ice, new)


def test_long_texts_are_folded() -> None:
    text = formatted(SKILL.replace("It is lighter than water.", LONG.strip()))

    assert "answer: >-\n      word word" in text
    assert max(map(len, text.split("\n"))) <= WIDTH + len(" word")


def test_what_cannot_be_read_is_left_alone_and_said() -> None:
    bad = SKILL.replace("It is lighter", "Reason: it is lighter")

    done = format_leaf(files(bad))

    assert done.files.qna == bad.encode()
    assert "qna.yaml:12: GL101" in done.left_alone[0]


@pytest.mark.parametrize(
    "text",
    [
        "created_by: &a ada\ntask_description: *a\n",
        "version: 3\nversion: 2\n",
        "- a\n- b\n",
        "",
        "# only\n",
        "a: {b: [1, 2]}\n",
        "? a\n: b\n",
        "a: |+\n  x\n\n\n",
        "a: >\n  x\n   y\n\n  z\n",
        "%YAML 1.1\n---\na: yes\n...\n",
        "a: !!str 1\n",
        "a: 0o17\nb: 017\nc: 1_000\nd: 1:30\n",
        "a: null\nb: ~\nc:\n",
        "a: {<<: {b: 1}, c: 2}\n",
    ],
)
def test_odd_texts_never_come_to_say_something_else(text: str) -> None:
    done = format_leaf(files(text))
    before, after = read_source(files(text)).yaml, read_source(done.files).yaml

    assert repr(after.data) == repr(before.data) or before.odd
    assert format_leaf(done.files).files == done.files


def test_an_older_leaf_is_lifted_only_when_asked_for() -> None:
    old = SKILL.replace("version: 3", "version: 2")
    few = old.split("  - question: Why do leaves")[0]

    assert format_leaf(files(old)).files.qna == old.encode()
    assert format_leaf(files(old), upgrade=True).files.qna == SKILL.encode()
    assert (
        format_leaf(LeafFiles("compositional_skills/a/b", few.encode(), None), upgrade=True).files.qna
        == few.encode()
    )
