from __future__ import annotations

import stat
from pathlib import Path

import pytest
import yaml

from service.github.standin.errors import StandInError
from service.github.standin.git import GitRepo
from service.github.standin.seed import SAMPLE, SeededWorld, seed_from, seed_sample

LEAVES = sorted(path.parent for path in SAMPLE.rglob("qna.yaml"))
KNOWLEDGE = [leaf for leaf in LEAVES if "knowledge" in leaf.parts]
SKILLS = [leaf for leaf in LEAVES if "knowledge" not in leaf.parts]


def words(text: str) -> int:
    return len(text.split())


def test_the_sample_has_the_leaves_it_promises() -> None:
    inside = [leaf for leaf in LEAVES if (SAMPLE / "taxonomy") in leaf.parents]
    assert sum("knowledge" in leaf.parts for leaf in inside) >= 3
    assert sum("grounded" in leaf.parts for leaf in inside) >= 2
    assert sum("compositional_skills" in leaf.parts and "grounded" not in leaf.parts for leaf in inside) >= 3
    assert all((leaf / "attribution.txt").is_file() for leaf in LEAVES)


def test_the_documents_commit_is_the_one_that_every_knowledge_leaf_names(seeded_home: Path) -> None:
    seeded = SeededWorld.load(seeded_home)
    head = GitRepo(seeded_home / "git/orchard/documents.git").resolve("main")
    assert head == seeded.documents_commit
    for leaf in KNOWLEDGE:
        document = yaml.safe_load((leaf / "qna.yaml").read_text())["document"]
        assert (document["repo"], document["commit"]) == (seeded.documents_url, head), leaf


@pytest.mark.parametrize("leaf", KNOWLEDGE, ids=lambda leaf: leaf.name)
def test_a_knowledge_leaf_quotes_its_document_word_for_word(leaf: Path) -> None:
    data = yaml.safe_load((leaf / "qna.yaml").read_text())
    (pattern,) = data["document"]["patterns"]
    text = (SAMPLE / "documents" / pattern).read_text()
    assert 500 <= words(text) <= 900
    assert len(data["seed_examples"]) == 5
    for seed in data["seed_examples"]:
        assert seed["context"].strip() in text
        assert len(seed["questions_and_answers"]) == 3
        assert all(10 <= words(pair["answer"]) <= 30 for pair in seed["questions_and_answers"])


@pytest.mark.parametrize("leaf", SKILLS, ids=lambda leaf: leaf.name)
def test_a_skill_leaf_has_its_seeds_and_grounded_ones_their_contexts(leaf: Path) -> None:
    seeds = yaml.safe_load((leaf / "qna.yaml").read_text())["seed_examples"]
    assert 8 <= len(seeds) <= 10
    assert all(10 <= words(seed["answer"]) <= 40 for seed in seeds)
    assert all(("context" in seed) == ("grounded" in leaf.parts) for seed in seeds)


def test_a_home_is_seeded_once_and_may_be_copied(home: Path) -> None:
    first = (home / "world.json").read_text()
    again = seed_sample(home)
    assert (home / "world.json").read_text() == first
    assert again.app_key == home.resolve() / "app.pem"


def test_what_a_killed_seeding_left_behind_does_not_stop_the_next(tmp_path: Path) -> None:
    home = tmp_path / "home"
    seed_sample(home)
    (home / "world.json").unlink()
    assert GitRepo(home / "git/orchard/taxonomy.git").resolve("main")
    assert seed_sample(home).users["max"].role == "maintain"


def test_secrets_are_their_owner_s_alone(seeded_home: Path) -> None:
    for name in ("app.pem", "world.json"):
        assert stat.S_IMODE((seeded_home / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE(seeded_home.stat().st_mode) == 0o700


def test_a_given_taxonomy_is_imported_without_the_leaf_to_come(tmp_path: Path) -> None:
    leaf = "compositional_skills/everyday/polite_reminders"
    seeded = seed_from(tmp_path / "home", SAMPLE / "taxonomy", leaf)
    repo = GitRepo(tmp_path / "home/git/orchard/taxonomy.git")
    paths = {entry.path for entry in repo.tree("main", recursive=True)}
    assert "knowledge/nature/apples/winter_verity/qna.yaml" in paths
    assert not any(path.startswith(leaf) for path in paths)
    assert seeded.contributions == {leaf: SAMPLE / "taxonomy" / leaf}
    assert seeded.documents is None


@pytest.mark.parametrize(
    "leaf", ["knowledge/nothing", "../contributions/knowledge/arts/games/thirty_lanterns"]
)
def test_a_leaf_that_is_not_in_the_taxonomy_is_refused(tmp_path: Path, leaf: str) -> None:
    with pytest.raises(StandInError, match="holds no leaf"):
        seed_from(tmp_path / "home", SAMPLE / "taxonomy", leaf)
