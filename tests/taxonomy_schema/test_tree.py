import os
from pathlib import Path

import pytest

from taxonomy_schema.errors import TreeError
from taxonomy_schema.files import MAX_BYTES
from taxonomy_schema.folder import folder_findings
from taxonomy_schema.gitio import resolve
from taxonomy_schema.tree import LeafChange, changed_leaves, read_folder, read_tree, tree_findings
from tests.taxonomy_schema.leaves import KNOWLEDGE, KNOWLEDGE_ID, SKILL, SKILL_ID, Repository


def changes(repository: Repository) -> list[tuple[str, str, str | None]]:
    return [(one.id, one.status, one.old_id) for one in changed_leaves(repository.folder, "main", "topic")]


@pytest.fixture
def topic(repository: Repository) -> Repository:
    repository.git("checkout", "--quiet", "-b", "topic")
    return repository


def test_a_tree_reads_as_its_folder_does(repository: Repository) -> None:
    tree = read_tree(repository.folder, "main")

    assert tree == read_folder(repository.folder)
    assert list(tree) == sorted([SKILL_ID, KNOWLEDGE_ID])
    assert tree[SKILL_ID].qna == SKILL.encode()


def test_a_bare_repository_is_read_too(repository: Repository, tmp_path: Path) -> None:
    bare = tmp_path / "mirror.git"
    repository.git("clone", "--quiet", "--bare", str(repository.folder), str(bare))

    assert read_tree(bare, "main") == read_tree(repository.folder, "main")


def test_each_way_to_change_a_leaf_is_told(topic: Repository) -> None:
    topic.leaf("compositional_skills/writing/long", SKILL.replace("short", "long"))
    topic.write(f"{SKILL_ID}/attribution.txt", "Title of work: Another\n")
    topic.git("mv", "knowledge/geography/hills", "knowledge/hills")
    topic.commit()

    assert changes(topic) == [
        ("compositional_skills/writing/long", "added", None),
        (SKILL_ID, "changed", None),
        ("knowledge/hills", "moved", KNOWLEDGE_ID),
    ]


def test_a_moved_leaf_may_change_a_little(topic: Repository) -> None:
    topic.git("mv", KNOWLEDGE_ID, "knowledge/hills")
    topic.write("knowledge/hills/qna.yaml", KNOWLEDGE.replace("created_by: ada", "created_by: bo"))
    topic.commit()

    assert changes(topic) == [("knowledge/hills", "moved", KNOWLEDGE_ID)]


def test_a_removed_leaf_is_told(topic: Repository) -> None:
    topic.git("rm", "--quiet", "-r", SKILL_ID)
    topic.commit()

    assert changes(topic) == [(SKILL_ID, "removed", None)]


def test_what_happened_on_main_meanwhile_is_no_part_of_a_change(topic: Repository) -> None:
    topic.write(f"{SKILL_ID}/qna.yaml", SKILL + "# more\n")
    topic.commit()
    topic.git("checkout", "--quiet", "main")
    topic.leaf("compositional_skills/writing/later")
    topic.commit()

    assert changes(topic) == [(SKILL_ID, "changed", None)]


def test_files_outside_the_three_roots_are_no_leaves(topic: Repository) -> None:
    topic.leaf("docs/writing/short")
    topic.commit()

    assert changes(topic) == []
    assert tree_findings(topic.folder, "topic") == ()


def test_links_are_reported_and_not_followed(topic: Repository, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (topic.folder / SKILL_ID / "qna.yaml").unlink()
    (topic.folder / SKILL_ID / "qna.yaml").symlink_to(secret)
    (topic.folder / "knowledge" / "outside").symlink_to(tmp_path)
    topic.commit()

    for leaves, findings in (
        (read_tree(topic.folder, "topic"), tree_findings(topic.folder, "topic")),
        (read_folder(topic.folder), folder_findings(topic.folder)),
    ):
        assert leaves[SKILL_ID].qna is None
        assert {(one.code, one.place.file) for one in findings} == {
            ("GL131", f"{SKILL_ID}/qna.yaml"),
            ("GL131", "knowledge/outside"),
        }


def test_misnamed_and_stray_files_are_told(topic: Repository) -> None:
    topic.write("knowledge/a/b/qna.yml", SKILL)
    topic.write(f"{SKILL_ID}/notes.md", "x")
    topic.commit()

    found = {(one.code, one.place.file) for one in tree_findings(topic.folder, "topic")}

    assert found == {("GL132", "knowledge/a/b/qna.yml"), ("GL133", f"{SKILL_ID}/notes.md")}
    assert found == {(one.code, one.place.file) for one in folder_findings(topic.folder)}


def test_a_large_blob_is_read_only_past_the_limit(topic: Repository) -> None:
    topic.write(f"{SKILL_ID}/qna.yaml", "x" * (MAX_BYTES * 3))
    topic.commit()

    for leaves in (read_tree(topic.folder, "topic"), read_folder(topic.folder)):
        assert len(leaves[SKILL_ID].qna or b"") == MAX_BYTES + 1
        assert leaves[KNOWLEDGE_ID].qna == KNOWLEDGE.encode()


def test_a_folder_outside_of_git_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(TreeError, match="is in no Git repository"):
        resolve(tmp_path, "HEAD")


@pytest.mark.parametrize("name", ["nothing", "--help", "-x", "main:knowledge", "", "main..topic", "a b\n"])
def test_a_name_that_is_no_commit_is_an_error(repository: Repository, name: str) -> None:
    with pytest.raises(TreeError, match="has no commit"):
        read_tree(repository.folder, name)


def test_unrelated_histories_are_an_error(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "--orphan", "topic")
    repository.write("another", "beginning")
    repository.commit()

    with pytest.raises(TreeError, match="no common ancestor"):
        changed_leaves(repository.folder, "main", "topic")


def test_a_folder_without_a_repository_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TreeError):
        read_tree(tmp_path, "main")
    with pytest.raises(TreeError):
        read_folder(tmp_path / "nowhere")


def test_the_caller_cannot_point_git_elsewhere(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))

    assert SKILL_ID in read_tree(repository.folder, "main")
    assert os.environ["GIT_DIR"]


def test_names_with_line_feeds_and_accents_do_not_mix_leaves_up(topic: Repository) -> None:
    topic.leaf("knowledge/a\nb/é")
    topic.commit()

    assert changes(topic) == [("knowledge/a\nb/é", "added", None)]
    assert LeafChange(id="knowledge/a\nb/é", status="added") in changed_leaves(topic.folder, "main", "topic")
    assert read_tree(topic.folder, "topic")["knowledge/a\nb/é"].qna == SKILL.encode()
