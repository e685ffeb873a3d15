"""collect with real Git: what is taken, what is left out, and whose fault is whose."""

import json
from pathlib import Path

import pytest

from pipelines.artifacts import Exams, LeafSet
from pipelines.errors import BadContribution, OutsideFailed, WrongUse
from tests.pipelines.collect.conftest import DOCUMENT_URL, World, git, knowledge, leaf_files, skill

SKILL = "compositional_skills/rhymes"
BIRDS = "knowledge/birds"


def _head(world: World) -> str:
    return git(world.documents.path, "rev-parse", "HEAD")


def test_a_new_knowledge_leaf_is_contributed_with_its_document_and_ten_exam_items(world: World) -> None:
    base = world.taxonomy.commit(leaf_files(SKILL, skill()))
    head = world.taxonomy.commit(leaf_files(BIRDS, knowledge(_head(world))))
    run_dir = world.collect(head, base)
    leafset, exams = LeafSet.load(run_dir.path), Exams.load(run_dir.path)
    assert [(entry.leaf.id, entry.contributed) for entry in leafset.entries] == [
        (SKILL, False),
        (BIRDS, True),
    ]
    (document,) = leafset.entries[1].documents
    assert "wren" in (run_dir.path / document.path).read_text()
    by_leaf = run_dir.manifest().summary["exam_items_by_leaf"]
    assert by_leaf == {SKILL: 2, BIRDS: 10}
    assert {item.contributed for item in exams.items if item.leaf_id == BIRDS} == {True}


def test_no_exam_question_stands_in_what_generation_may_read(world: World) -> None:
    base = world.taxonomy.commit(leaf_files(SKILL, skill()))
    head = world.taxonomy.commit(leaf_files(BIRDS, knowledge(_head(world))))
    run_dir = world.collect(head, base)
    prompted = (run_dir.path / "leafset.json").read_text()
    items = Exams.load(run_dir.path).items
    assert items
    assert not [item.question for item in items if json.dumps(item.question)[1:-1] in prompted]


def test_equal_commits_have_no_contribution(world: World) -> None:
    head = world.taxonomy.commit(leaf_files(SKILL, skill()))
    assert world.collect(head, head).manifest().summary["contributed"] == []


def test_equal_trees_give_equal_artifacts_whatever_their_commits(world: World) -> None:
    first = world.taxonomy.commit(leaf_files(SKILL, skill()))
    second = world.taxonomy.commit({"README.md": "hello"})
    assert world.collect(first, first).manifest().digest == world.collect(second, second).manifest().digest


def test_what_the_base_has_does_not_depend_on_the_contribution(world: World) -> None:
    base = world.taxonomy.commit(leaf_files(SKILL, skill()))
    alone = world.collect(base, base)
    # What the base prompts with cannot be an exam for the copy, nor the base's exam a seed to prompt with.
    head = world.taxonomy.commit(leaf_files("compositional_skills/copy", skill(questions=9)))
    both = world.collect(head, base)
    copy, kept = LeafSet.load(both.path).entries
    assert kept == LeafSet.load(alone.path).entries[0]
    assert copy.contributed
    own, others = (
        {item.question for item in Exams.load(both.path).items if item.contributed is contributed}
        for contributed in (True, False)
    )
    assert not others & {seed.question for seed in copy.leaf.seeds}
    assert not own & {seed.question for seed in kept.leaf.seeds}


def test_a_faulty_leaf_is_the_contributors_only_if_contributed(world: World) -> None:
    broken = "created_by: [\n"
    base = world.taxonomy.commit(leaf_files(SKILL, skill()))
    head = world.taxonomy.commit(leaf_files("compositional_skills/broken", broken))
    with pytest.raises(BadContribution, match="compositional_skills/broken"):
        world.collect(head, base)
    later = world.taxonomy.commit(leaf_files("compositional_skills/third", skill(word="green")))
    summary = world.collect(later, head).manifest().summary
    assert list(summary["skipped"]) == ["compositional_skills/broken"]
    assert summary["leaves"] == 2


@pytest.mark.parametrize(
    ("changes", "code", "named"),
    [
        ({"patterns": ("missing/*.md",)}, "document_patterns", "missing/*.md"),
        ({"repo": "https://evil.example/birds"}, "document_repo", "evil.example"),
        ({"repo": "http://github.com/example/birds"}, "document_repo", "https://"),
        ({"repo": "https://user:secret@github.com/example/birds"}, "document_repo", "no user"),
        ({"repo": "https://github.com:8443/example/birds"}, "document_repo", "port"),
    ],
)
def test_a_document_that_cannot_be_had_blames_the_leaf_and_says_why(
    world: World, changes: dict[str, object], code: str, named: str
) -> None:
    base = world.taxonomy.commit(leaf_files(SKILL, skill()))
    head = world.taxonomy.commit(leaf_files(BIRDS, knowledge(_head(world), **changes)))  # type: ignore[arg-type]
    with pytest.raises(BadContribution) as caught:
        world.collect(head, base)
    assert caught.value.code == code
    assert named in caught.value.message
    assert BIRDS in caught.value.mend


def test_a_commit_that_the_document_repository_lacks_is_named(world: World) -> None:
    base = world.taxonomy.commit(leaf_files(SKILL, skill()))
    head = world.taxonomy.commit(leaf_files(BIRDS, knowledge("0" * 39 + "1")))
    with pytest.raises(BadContribution, match="0000000001"):
        world.collect(head, base)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("latin.md", "caf\xe9".encode("latin-1"), "not UTF-8"),
        ("big.md", "word " * 300, "1,000 is the most"),
        ("pointer.md", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "LFS"),
        ("paper.pdf", "%PDF", "neither Markdown"),
        ("blank.md", "\n", "empty"),
    ],
)
def test_documents_that_are_no_plain_text_are_refused(
    world: World, name: str, content: str | bytes, said: str
) -> None:
    commit = world.documents.commit({name: content})
    base = world.taxonomy.commit(leaf_files(SKILL, skill()))
    head = world.taxonomy.commit(leaf_files(BIRDS, knowledge(commit, patterns=(name,))))
    with pytest.raises(BadContribution, match=said):
        world.collect(head, base, max_document_bytes=1000)


def test_all_that_is_wrong_with_the_patterns_is_told_at_once_with_its_lines(world: World) -> None:
    commit = world.documents.commit({"big.md": "word " * 300, "paper.pdf": "%PDF"})
    base = world.taxonomy.commit(leaf_files(SKILL, skill()))
    patterns = ("bird.md", "gone.md", "big.md", "paper.pdf")
    head = world.taxonomy.commit(leaf_files(BIRDS, knowledge(commit, patterns=patterns)))

    with pytest.raises(BadContribution) as caught:
        world.collect(head, base, max_document_bytes=1000)

    told = [line.split(":")[1] for line in caught.value.message.split("\n")[1:]]
    assert told == ["10", "11", "12"]
    assert "graft lint --documents" in caught.value.mend


def test_a_context_of_a_contributed_leaf_that_its_document_lacks_is_a_hint(world: World) -> None:
    own = "Bird 1 lives in country 1."
    apart = "The heron waits for hours in shallow water until a fish comes close enough to be caught."
    there = "The *wren* is a very small\n   bird, that sings in spring"
    leaf = knowledge(_head(world)).replace(own, apart).replace("Bird 2 lives in country 2.", f"'{there}.'")
    base = world.taxonomy.commit(leaf_files(SKILL, skill()))
    head = world.taxonomy.commit(leaf_files(BIRDS, leaf))

    (hint,) = world.collect(head, base).manifest().summary["findings"]
    unchanged = world.collect(head, head).manifest().summary["findings"]

    line = leaf.split("\n").index(next(one for one in leaf.split("\n") if "heron" in one)) + 1
    assert (hint["code"], hint["severity"]) == ("GL415", "hint")
    assert (hint["place"]["file"], hint["place"]["line"]) == (f"{BIRDS}/qna.yaml", line)
    assert unchanged == []


def test_a_link_in_the_document_repository_is_not_followed(world: World) -> None:
    (world.documents.path / "link.md").symlink_to("/etc/passwd")
    commit = world.documents.commit({})
    base = world.taxonomy.commit(leaf_files(SKILL, skill()))
    head = world.taxonomy.commit(leaf_files(BIRDS, knowledge(commit, patterns=("link.md",))))
    with pytest.raises(BadContribution, match="link"):
        world.collect(head, base)


def test_a_mirror_that_is_gone_is_no_contributors_fault(world: World) -> None:
    base = world.taxonomy.commit(leaf_files(SKILL, skill()))
    head = world.taxonomy.commit(leaf_files(BIRDS, knowledge(_head(world))))
    world.mirrors = {DOCUMENT_URL: str(world.folder / "gone")}
    with pytest.raises(OutsideFailed) as caught:
        world.collect(head, base)
    assert "mirrors" in caught.value.mend


def test_a_bundle_serves_as_a_mirror(world: World) -> None:
    git(world.documents.path, "bundle", "create", "--quiet", str(world.folder / "birds.bundle"), "--all")
    base = world.taxonomy.commit(leaf_files(SKILL, skill()))
    head = world.taxonomy.commit(leaf_files(BIRDS, knowledge(_head(world), repo=f"{DOCUMENT_URL}.git")))
    world.mirrors = {DOCUMENT_URL: str(world.folder / "birds.bundle")}
    assert world.collect(head, base).manifest().summary["documents"] == 1


def test_a_document_once_fetched_needs_no_network_again(world: World) -> None:
    base = world.taxonomy.commit(leaf_files(SKILL, skill()))
    head = world.taxonomy.commit(leaf_files(BIRDS, knowledge(_head(world))))
    first = world.collect(head, base)
    world.documents.path.rename(world.folder / "away")
    assert world.collect(head, base).manifest().digest == first.manifest().digest


@pytest.mark.parametrize("gone", ["commit", "repository"])
def test_a_taxonomy_that_lacks_the_commit_says_what_to_fetch(world: World, gone: str) -> None:
    head = world.taxonomy.commit(leaf_files(SKILL, skill()))
    if gone == "repository":
        world.taxonomy.path = Path("/nonexistent")
    with pytest.raises(WrongUse) as caught:
        world.collect("1" * 40 if gone == "commit" else head, head)
    assert "Fetch" in caught.value.mend
