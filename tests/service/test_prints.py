"""Fingerprints are kept for checks to come, and a spoilt file costs time and nothing else."""

from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from service import prints
from service.prints import KeptPrints
from taxonomy_schema.rules import check_change
from taxonomy_schema.similarity import Fingerprint, fingerprint
from tests.taxonomy_schema.leaves import SKILL_ID, Repository
from tests.taxonomy_schema.test_originality import skill_of, source

ONE, TWO = (fingerprint(source(skill_of(topic))) for topic in ("violin", "glacier"))


@pytest.fixture
def kept(tmp_path: Path) -> KeptPrints:
    return KeptPrints(tmp_path / "new" / "prints.sqlite")


class Counted:
    """What is asked of the prints, and what is made anew."""

    def __init__(self, inner: KeptPrints) -> None:
        self.inner = inner
        self.made: list[int] = []

    def known(self, keys: Collection[str]) -> dict[str, Fingerprint]:
        return self.inner.known(keys)

    def keep(self, new: Mapping[str, Fingerprint]) -> None:
        self.made.append(len(new))
        self.inner.keep(new)


def test_what_is_kept_is_known_and_nothing_else(kept: KeptPrints) -> None:
    assert kept.known(["a", "b"]) == {}
    kept.keep({"a": ONE})
    kept.keep({"a": ONE, "b": TWO})

    assert kept.known(["a", "b", "c"]) == {"a": ONE, "b": TWO}
    assert kept.known([]) == {}


def test_many_are_asked_for_at_once(kept: KeptPrints) -> None:
    many = {f"skill:{number}": ONE for number in range(1203)}
    kept.keep(many)

    assert kept.known(many.keys()) == many


def test_other_rules_know_none_of_them(kept: KeptPrints, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.keep({"a": ONE})
    monkeypatch.setattr(prints, "rules_version", lambda: "other rules")

    assert kept.known(["a"]) == {}


def test_a_file_that_is_none_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "spoilt").write_bytes(b"no database" * 1000)
    for file in (tmp_path / "spoilt", tmp_path / "spoilt" / "below", tmp_path):
        kept = KeptPrints(file)
        kept.keep({"a": ONE})
        assert kept.known(["a"]) == {}

    anew = KeptPrints(tmp_path / "spoilt")
    anew.keep({"a": ONE})
    assert anew.known(["a"]) == {"a": ONE}


def test_the_first_are_forgotten_when_there_are_too_many(
    kept: KeptPrints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prints, "MOST_KEPT", 2)
    for key in "abc":
        kept.keep({key: ONE})

    assert kept.known("abc").keys() == {"b", "c"}


def test_a_second_change_reads_only_what_is_new_and_finds_the_same(tmp_path: Path, kept: KeptPrints) -> None:
    repository = Repository(tmp_path / "taxonomy")
    for topic in ("violin", "glacier", "lantern"):
        repository.leaf(f"{SKILL_ID}_{topic}", skill_of(topic))
    repository.commit()
    repository.leaf(SKILL_ID, skill_of("glacier", 7))
    repository.commit()
    counted = Counted(kept)

    reports = [
        check_change(repository.folder, "main~1", "main", prints=one) for one in (None, counted, counted)
    ]

    assert counted.made == [3]
    assert reports[0].findings == reports[1].findings == reports[2].findings
    assert {finding.code for finding in reports[2].findings} == {"GL601", "GL602"}

    repository.leaf(f"{SKILL_ID}_violin", skill_of("harbour"))
    repository.commit()
    repository.leaf(f"{SKILL_ID}_again", skill_of("harbour"))
    repository.commit()
    again = check_change(repository.folder, "main~1", "main", prints=counted)

    assert counted.made == [3, 2]  # the leaf that was new, and the one that changed
    assert {finding.code for finding in again.findings} == {"GL601", "GL602"}
