"""What `graft lint` remembers must never show: with or without it, the findings are the same."""

import os
import random
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from service.cli.benches.corpus import good_leaves
from service.cli.linting import tree
from service.cli.linting.cache import cache_file
from service.cli.linting.git_state import Asked, read_status
from service.cli.linting.tree import lint_tree
from taxonomy_schema.folder import leaf_names, list_folder
from taxonomy_schema.policy import DEFAULT_POLICY, Policy
from tests.taxonomy_schema.leaves import SKILL, Repository

LEAVES = [f"compositional_skills/writing/leaf_{number}" for number in range(6)]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    made = Repository(tmp_path / "taxonomy")
    for leaf in LEAVES:
        made.leaf(leaf)
    made.commit()
    return made


def same(house: Repository, policy: Policy = DEFAULT_POLICY) -> int:
    """Both ways agree; returns how many leaves were looked at anew."""
    remembered = lint_tree(house.folder, policy, Asked(house.folder))
    afresh = lint_tree(house.folder, policy)
    assert set(remembered.findings) == set(afresh.findings)
    assert len(remembered.findings) == len(afresh.findings)
    assert remembered.leaves == afresh.leaves == len(leaf_names(list_folder(house.folder)))
    return remembered.looked_at


def test_only_what_changed_is_looked_at_again(house: Repository) -> None:
    assert same(house) == len(LEAVES)
    assert same(house) == 0

    house.write(f"{LEAVES[2]}/qna.yaml", SKILL.replace("ada", "5", 1))
    assert same(house) == 1
    assert same(house) == 0

    house.commit()
    assert same(house) == 0


def test_another_policy_or_other_rules_look_at_everything_again(
    house: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    same(house)

    assert same(house, Policy(skill_words=3)) == len(LEAVES)
    assert same(house) == len(LEAVES)
    monkeypatch.setattr(tree, "fingerprint", lambda policy: f"other rules, {policy}")
    assert same(house) == len(LEAVES)


def test_a_folder_without_git_is_told_by_its_content(house: Repository) -> None:
    shutil.rmtree(house.folder / ".git")
    assert same(house) == len(LEAVES)
    assert same(house) == 0

    house.write(f"{LEAVES[0]}/attribution.txt", "Written by Ada.\n")
    assert same(house) == 1


def _leaf(house: Repository, chance: random.Random, *, gone: bool = False) -> str:
    """A leaf to do something to: never a link, or else what is done is done elsewhere."""
    leaf = chance.choice(LEAVES)
    folder = house.folder / leaf
    if folder.is_symlink():
        folder.unlink()
    elif gone:
        shutil.rmtree(folder, ignore_errors=True)
    return leaf


def _edit(house: Repository, chance: random.Random) -> None:
    house.write(f"{_leaf(house, chance)}/qna.yaml", SKILL.replace("ada", str(chance.randrange(9)), 1))


def _mend(house: Repository, chance: random.Random) -> None:
    house.write(f"{_leaf(house, chance)}/qna.yaml", SKILL)


def _remove(house: Repository, chance: random.Random) -> None:
    _leaf(house, chance, gone=True)


def _add(house: Repository, chance: random.Random) -> None:
    house.write(f"knowledge/new/topic_{chance.randrange(4)}/qna.yaml", SKILL)


def _stray(house: Repository, chance: random.Random) -> None:
    house.write(f"{_leaf(house, chance)}/notes.md", "notes")


def _link(house: Repository, chance: random.Random) -> None:
    folder = house.folder / _leaf(house, chance, gone=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.symlink_to(house.folder / "knowledge")


def _unlink(house: Repository, chance: random.Random) -> None:
    for leaf in LEAVES:
        if (house.folder / leaf).is_symlink():
            (house.folder / leaf).unlink()


def _move(house: Repository, chance: random.Random) -> None:
    here, there = house.folder / chance.choice(LEAVES), house.folder / "foundational_skills/moved/leaf"
    if here.is_dir() and not here.is_symlink() and not there.exists():
        there.parent.mkdir(parents=True, exist_ok=True)
        here.rename(there)


def _ignore(house: Repository, chance: random.Random) -> None:
    house.write(".gitignore", chance.choice(["notes.md\n", "knowledge/\n", "topic_1\n", ""]))


def _commit(house: Repository, chance: random.Random) -> None:
    house.commit()


def _back(house: Repository, chance: random.Random) -> None:
    house.git("reset", "--hard", "--quiet")
    house.git("clean", "-fdxq")
    commits = house.git("rev-list", "main").split()
    house.git("checkout", "--quiet", "--force", "--detach", chance.choice(commits))


STEPS: tuple[Callable[[Repository, random.Random], None], ...] = (
    _edit, _mend, _remove, _add, _stray, _link, _unlink, _move, _ignore, _commit, _back,
)  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_to_the_tree_nothing_is_remembered_wrongly(house: Repository, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable walk
    same(house)
    for _ in range(14):
        for step in chance.choices(STEPS, k=chance.randint(1, 3)):
            step(house, chance)
        same(house)


def test_a_spoilt_cache_is_made_anew(house: Repository) -> None:
    same(house)
    cache_file(house.folder).write_bytes(b"this is no database" * 100)

    assert same(house) == len(LEAVES)
    assert same(house) == len(LEAVES)  # the spoilt one is gone by now, and this look fills a new one
    assert same(house) == 0


def test_a_cache_that_another_look_holds_is_left_alone(
    house: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    same(house)
    monkeypatch.setattr("service.cli.linting.cache._WAIT_SECONDS", 0.0)
    other = sqlite3.connect(cache_file(house.folder), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        assert same(house) == len(LEAVES)
    finally:
        other.close()


def test_caches_of_taxonomies_long_left_alone_are_removed(house: Repository) -> None:
    folder = cache_file(house.folder).parent
    folder.mkdir(parents=True)
    for name, days in (("old", 61), ("young", 59)):
        (folder / f"{name}.sqlite").write_bytes(b"")
        when = time.time() - days * 24 * 3600
        os.utime(folder / f"{name}.sqlite", (when, when))

    same(house)

    assert {file.name for file in folder.iterdir()} == {"young.sqlite", cache_file(house.folder).name}


def test_a_cache_that_cannot_be_written_is_done_without(
    house: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = house.folder.parent / "a-file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))

    assert same(house) == len(LEAVES)


def test_git_s_status_is_read_with_odd_names() -> None:
    out = (
        b"# branch.oid 0123\0# branch.head main\0"
        b"1 .M N... 100644 100644 100644 aa bb knowledge/a b/qna.yaml\0"
        b"u UU N... 100644 100644 100644 100644 aa bb cc knowledge/\xff/qna.yaml\0"
        b"? knowledge/new\nline/qna.yaml\0! knowledge/ignored/\0"
    )

    state = read_status(out)

    assert state.head == "0123"
    assert state.dirty == {
        "knowledge/a b/qna.yaml", "knowledge/\udcff/qna.yaml", "knowledge/new\nline/qna.yaml", "knowledge/ignored/",
    }  # fmt: skip
    assert read_status(b"# branch.oid (initial)\0").head == ""


def test_a_leaf_that_becomes_another_is_told_and_so_is_the_other(house: Repository) -> None:
    made = [leaf for leaf in good_leaves(60, 1) if leaf.id.startswith("compositional_skills/")]
    for leaf, other in zip(LEAVES, made, strict=False):
        house.leaf(leaf, (other.qna or b"").decode())
    same(house)
    assert said(house, "GL601", "GL602") == set()

    house.leaf(LEAVES[1], (house.folder / LEAVES[4] / "qna.yaml").read_text())
    assert same(house) == 1
    assert said(house, "GL601") == {LEAVES[1], LEAVES[4]}

    shutil.rmtree(house.folder / LEAVES[1])
    same(house)
    assert said(house, "GL601", "GL602") == set()


def said(house: Repository, *codes: str) -> set[str]:
    """The leaves of which one of these is said."""
    found = lint_tree(house.folder, DEFAULT_POLICY, Asked(house.folder)).findings
    return {finding.place.file.rpartition("/")[0] for finding in found if finding.code in codes}


@pytest.mark.parametrize("most", [1, 2])
def test_where_very_many_are_alike_each_is_compared_with_the_first(
    house: Repository, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("taxonomy_schema.similarity.MOST_ALIKE", most)
    same(house)

    shutil.rmtree(house.folder / LEAVES[0])  # the first of them
    same(house)
    house.leaf(LEAVES[0])
    same(house)
