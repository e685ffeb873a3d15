from pathlib import Path

import pytest

from pipelines.errors import WrongUse
from service.cli.run import commit_of, parse_mirrors
from tests.taxonomy_schema.leaves import Repository


def test_a_mirror_may_be_a_path_or_a_url() -> None:
    mirrors = parse_mirrors(["https://a.example/x=/srv/x.bundle", "https://b.example=http://127.0.0.1/b"])
    assert mirrors == {"https://a.example/x": "/srv/x.bundle", "https://b.example": "http://127.0.0.1/b"}


def test_a_relative_mirror_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse_mirrors(["https://a.example=docs.bundle"]) == {
        "https://a.example": str(tmp_path / "docs.bundle")
    }


@pytest.mark.parametrize("word", ["", "https://a.example", "=path", "https://a.example="])
def test_another_form_is_refused_with_the_right_one(word: str) -> None:
    with pytest.raises(WrongUse) as refused:
        parse_mirrors([word])
    assert "--mirror" in refused.value.mend


def test_a_commit_or_a_repository_that_is_not_there_is_named(tmp_path: Path) -> None:
    made = Repository(tmp_path / "taxonomy")
    made.leaf("knowledge/a/b")
    made.commit()

    assert len(commit_of(made.folder, "HEAD")) == 40
    with pytest.raises(WrongUse, match="has no commit 'gone'"):
        commit_of(made.folder, "gone")
    with pytest.raises(WrongUse, match="is in no Git repository"):
        commit_of(tmp_path / "nowhere", "HEAD")
