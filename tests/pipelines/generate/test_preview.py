"""A preview on the scripted engine: few leaves, few samples, and what was dropped."""

from typing import Any

import pytest

from pipelines.artifacts import SampleSet
from pipelines.errors import BadContribution
from pipelines.generate import stage
from pipelines.generate.config import PreviewSettings
from pipelines.generate.stage import run
from pipelines.recipe import load_recipe
from pipelines.trials import Preview
from tests.pipelines.generate.conftest import BIRDS, RHYMES, SHORTER, Workshop

SMALL: dict[str, Any] = {"samples_per_leaf": 3, "min_kept": 0}


def previewed(workshop: Workshop, leaf: str | None = None, **more: object) -> Preview:
    run_dir = workshop.plan(**SMALL, preview={"leaf": leaf, **more})
    run(run_dir)
    return Preview.load(run_dir.path)


def test_only_contributed_leaves_are_written_and_every_sample_is_accounted_for(workshop: Workshop) -> None:
    (birds,) = previewed(workshop).leaves
    assert birds.leaf_id == BIRDS
    assert len(birds.kept) + len(birds.dropped) == 3
    assert all(":" in sample.reason for sample in birds.dropped)


def test_what_was_dropped_is_there_with_its_text_and_reason(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.generate.writer.near", lambda *_: True)
    monkeypatch.setattr("pipelines.generate.writer.check_draft", lambda *_: None)
    (birds,) = previewed(workshop).leaves
    near = [sample for sample in birds.dropped if sample.reason == "dedupe:near another sample"]
    assert near
    assert all(sample.question and sample.answer for sample in near)


def test_a_leaf_where_everything_is_dropped_is_a_result_and_no_failure(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.generate.writer.parse_draft", stage_refuses)
    (birds,) = previewed(workshop).leaves
    assert (birds.kept, len(birds.dropped)) == ((), 3)


def stage_refuses(*_: object) -> None:
    from pipelines.generate.filters import Dropped

    raise Dropped("write", "not parsed")


def test_an_unchanged_leaf_is_not_written_again_alone_or_among_others(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.entries[1] = workshop.entries[1].model_copy(update={"contributed": True})
    before = previewed(workshop)
    assert [leaf.leaf_id for leaf in before.leaves] == [RHYMES, BIRDS]
    monkeypatch.setattr(stage, "open_engine", None)  # starting one would fail
    (again,) = previewed(workshop, BIRDS).leaves
    assert again.reused
    assert (again.kept, again.dropped) == (before.leaves[1].kept, before.leaves[1].dropped)


def test_no_more_leaves_than_were_asked_for(workshop: Workshop) -> None:
    workshop.entries[:] = [entry.model_copy(update={"contributed": True}) for entry in workshop.entries]
    assert len(previewed(workshop, most_leaves=2).leaves) == 2


@pytest.mark.parametrize("leaf", [SHORTER, "knowledge/none"])
def test_a_leaf_that_the_commit_does_not_change_is_refused_with_those_it_does(
    workshop: Workshop, leaf: str
) -> None:
    with pytest.raises(BadContribution) as caught:
        previewed(workshop, leaf)
    assert BIRDS in caught.value.mend


def test_a_preview_asks_as_an_evaluation_does_only_for_less() -> None:
    whole = load_recipe("scripted").generate
    small = PreviewSettings(samples_per_leaf=2).of(whole, BIRDS)
    changed = {name for name in type(whole).model_fields if getattr(whole, name) != getattr(small, name)}
    assert changed == {"samples_per_leaf", "min_kept", "preview"}


def test_an_evaluation_leaves_no_preview(workshop: Workshop) -> None:
    run_dir = workshop.plan()
    run(run_dir)
    assert not (run_dir.path / Preview.file).exists()
    assert len(SampleSet.load(run_dir.path).leaves) == 3
