import random
from operator import eq
from pathlib import Path

import pytest

from taxonomy_schema.files import LeafFiles
from taxonomy_schema.findings import Severity
from taxonomy_schema.parse import LeafSource, read_source
from taxonomy_schema.policy import Policy
from taxonomy_schema.rules import check_change, check_tree
from taxonomy_schema.rules.originality import findings_for
from taxonomy_schema.similarity import (
    BINS,
    NOTHING,
    SIGNATURE_BYTES,
    alike,
    band_keys,
    candidates,
    fingerprint,
    question_key,
    shingles,
    sign,
    signature,
    similarity,
)
from tests.taxonomy_schema.leaves import KNOWLEDGE, KNOWLEDGE_ID, SKILL, SKILL_ID, Repository, files
from tests.taxonomy_schema.processes import output_of

OTHER_ID = "compositional_skills/writing/other"


def source(qna: str, leaf_id: str = SKILL_ID) -> LeafSource:
    return read_source(files(qna, leaf_id=leaf_id))


def skill_of(topic: str, number: int = 6) -> str:
    """A skill whose every text speaks of its topic alone."""
    seeds = "".join(
        f"  - question: Why {topic}{index} {topic}ly {topic}ed {topic}ing {topic}er{index} {topic}ful?\n"
        f"    answer: The {topic}er {topic}s {topic}ish {topic}ness {topic}al {topic}ist{index} {topic}ous.\n"
        for index in range(number)
    )
    return f"version: 3\ncreated_by: ada\ntask_description: About {topic}.\nseed_examples:\n{seeds}"


def test_signatures_are_of_one_size_and_say_how_alike_leaves_are() -> None:
    one, near, far = source(skill_of("violin")), source(skill_of("violin", 7)), source(skill_of("glacier"))

    assert {len(signature(leaf)) for leaf in (one, near, far)} == {SIGNATURE_BYTES}
    assert similarity(shingles(one), shingles(near)) > 0.8
    assert similarity(shingles(one), shingles(far)) < 0.1
    assert set(band_keys(signature(one))) & set(band_keys(signature(near)))
    assert not set(band_keys(signature(one))) & set(band_keys(signature(far)))


@pytest.mark.parametrize("size", [15, 40, 300])
def test_signatures_agree_in_as_many_places_as_their_sets_are_alike(size: int) -> None:
    """Also where most bins are empty; at a likeness of 0.6, nearly all pairs meet in a band."""
    draw = random.Random(size)  # noqa: S311 - a fixed draw
    common = round(2 * size * 0.6 / 1.6)
    agreeing, met, pairs = 0, 0, 200
    for _ in range(pairs):
        shared = {draw.getrandbits(32) for _ in range(common)}
        one, other = (sign(shared | {draw.getrandbits(32) for _ in range(size - common)}) for _ in range(2))
        agreeing += sum(map(eq, memoryview(one).cast("I"), memoryview(other).cast("I")))
        met += bool(set(band_keys(one)) & set(band_keys(other)))

    assert agreeing / pairs / BINS == pytest.approx(common / (2 * size - common), abs=0.03)
    assert met >= 0.98 * pairs


def test_a_signature_is_the_same_in_every_process() -> None:
    program = (
        "from taxonomy_schema.similarity import sign, band_keys, question_key\n"
        "print(sign(range(1000, 1100)).hex(), band_keys(sign(range(1000, 1100))), "
        "question_key('Who wrote the first large atlas?'))"
    )
    here = sign(range(1000, 1100))
    expected = f"{here.hex()} {band_keys(here)} {question_key('Who wrote the first large atlas?')}\n"

    assert {output_of(program, PYTHONHASHSEED=seed) for seed in ("1", "2")} == {expected}


def test_band_keys_fit_into_a_databases_integers() -> None:
    keys = [key for start in range(0, 5000, 100) for key in band_keys(sign(range(start, start + 40)))]

    assert all(-(1 << 63) <= key < 1 << 63 for key in keys)
    assert len(set(keys)) > len(keys) // 2


def test_what_is_too_short_or_has_no_form_is_like_nothing() -> None:
    broken = source(SKILL.replace("version: 3", "version: 4"))

    assert signature(broken) == NOTHING
    assert band_keys(NOTHING) == ()
    assert candidates({"a": NOTHING, "b": NOTHING}) == []
    assert findings_for(broken, [source(SKILL, OTHER_ID)]) == []


def test_pairs_among_many_leaves_are_found() -> None:
    leaves = {f"s/{index}": source(skill_of(f"topic{index}"), f"s/{index}") for index in range(60)}
    leaves["s/copy"] = source(skill_of("topic7", 7), "s/copy")

    near = alike({leaf_id: fingerprint(leaf) for leaf_id, leaf in leaves.items()})

    assert {leaf_id: others for leaf_id, others in near.items() if others} == {
        "s/7": {"s/copy"},
        "s/copy": {"s/7"},
    }


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Who wrote the first large atlas?", "who wrote first large atlas", True),
        ("Who wrote the first large atlas?", "Who wrote the second large atlas?", False),
        ("Who wrote the first large atlas?", "When did he write the first large atlas?", False),
        ("Is a heavy iron ship lighter than water?", "Is water lighter than a heavy iron ship?", False),
        ("Which large birds never fly at night?", "Which large birds fly at night?", False),
    ],
)
def test_questions_are_the_same_but_for_light_words(one: str, other: str, same: bool) -> None:
    assert (question_key(one) == question_key(other)) is same


def test_short_questions_are_everybodys() -> None:
    assert question_key("Why is the sky blue?") == 0


def test_a_near_leaf_and_its_questions_are_told_with_name_line_and_share() -> None:
    leaves = {
        SKILL_ID: files(skill_of("violin")),
        OTHER_ID: files(skill_of("violin", 7), leaf_id=OTHER_ID),
        KNOWLEDGE_ID: files(KNOWLEDGE, leaf_id=KNOWLEDGE_ID),
    }

    told = check_tree(leaves)

    first, *questions = [one for one in told[SKILL_ID] if one.code.startswith("GL6")]
    assert (first.code, first.severity) == ("GL601", Severity.HINT)
    assert OTHER_ID in first.message
    assert [one.code for one in questions] == ["GL602"] * 6
    assert [one.place.line for one in questions] == [5, 7, 9, 11, 13, 15]
    assert "(line 5)" in questions[0].message
    assert told[KNOWLEDGE_ID] == ()


def test_a_policy_raises_what_other_leaves_give_rise_to() -> None:
    leaves = {one: files(skill_of("violin"), leaf_id=one) for one in (SKILL_ID, OTHER_ID)}

    told = check_tree(leaves, Policy(raised=("GL601",)))

    assert {(one.code, one.severity) for one in told[OTHER_ID]} == {
        ("GL601", Severity.ERROR),
        ("GL602", Severity.HINT),
    }


def test_a_grounded_skill_may_ask_one_question_of_many_texts() -> None:
    ask = "Sum up the following report in one plain sentence."
    qna = "".join(
        f"  - question: {ask}\n    context: {{0}}s {{0}}ed {{0}}ing {{0}}er {{0}}al {n}\n    answer: {{0}}ly {n}.\n"
        for n in range(5)
    )
    head = "version: 3\ncreated_by: ada\ntask_description: Sum up.\nseed_examples:\n"
    ids = [f"compositional_skills/grounded/writing/{name}" for name in ("rivers", "birds")]
    leaves = {one: files(head + qna.format(one[-4:]), leaf_id=one) for one in ids}

    assert [one.code for found in check_tree(leaves).values() for one in found if one.code[:3] == "GL6"] == []


def test_a_change_is_compared_with_the_base_but_not_with_what_it_replaces(repository: Repository) -> None:
    repository.leaf(SKILL_ID, skill_of("violin"))
    repository.commit()
    repository.git("mv", SKILL_ID, "compositional_skills/writing/moved")
    repository.leaf(OTHER_ID, skill_of("glacier"))
    repository.commit()
    clean = check_change(repository.folder, "main~1", "main")
    repository.leaf("compositional_skills/writing/copy", skill_of("glacier", 7))
    repository.commit()

    copied = check_change(repository.folder, "main~1", "main")

    assert [one.code for one in clean.findings] == []
    assert {one.code for one in copied.findings} == {"GL601", "GL602"}
    assert {one.place.file for one in copied.findings} == {"compositional_skills/writing/copy/qna.yaml"}


def test_the_author_of_a_pull_request_is_compared_for_new_leaves_only(repository: Repository) -> None:
    repository.leaf(SKILL_ID, SKILL.replace("Air", "Dust"))
    repository.leaf(OTHER_ID, skill_of("glacier"))
    repository.commit()

    def by(author: str | None) -> list[str]:
        report = check_change(repository.folder, "main~1", "main", author=author)
        return [f"{one.code} {one.place.file}:{one.place.line}" for one in report.findings]

    assert by(None) == by("Ada") == []
    assert by("grace") == [f"GL510 {OTHER_ID}/qna.yaml:2"]


def test_links_are_not_read_as_leaves_of_the_base(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.yaml").write_text(skill_of("glacier"), "utf-8")
    linked = repository.folder / "compositional_skills/writing/linked"
    linked.mkdir()
    (linked / "qna.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    repository.commit()
    repository.leaf(OTHER_ID, skill_of("glacier"))
    repository.commit()

    assert check_change(repository.folder, "main~1", "main").findings == ()


def test_every_leaf_has_its_findings_even_one_of_no_form() -> None:
    assert set(check_tree({"knowledge/a/b": LeafFiles("knowledge/a/b", b"\xff", None)})) == {"knowledge/a/b"}
