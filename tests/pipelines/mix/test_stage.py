"""mix on made-up samples: budgets, shares, replay, and a control that knows nothing of the contribution."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipelines.artifacts import (
    Judgement,
    LeafCounts,
    LeafEntry,
    LeafSet,
    PhaseCounts,
    PhaseData,
    Row,
    Sample,
    SampleSet,
)
from pipelines.errors import WrongUse
from pipelines.mix.config import MixConfig
from pipelines.mix.stage import run
from pipelines.provenance import code_version
from pipelines.runs import InputRef, Place, RunDir, StageSpec
from taxonomy_schema.models import Kind, Leaf, Seed

KNOWN = {
    "knowledge/a": 5,
    "knowledge/b": 9,
    "compositional_skills/c": 7,
    "compositional_skills/grounded/d": 4,
}


def _kind(leaf_id: str) -> Kind:
    if leaf_id.startswith("knowledge"):
        return Kind.KNOWLEDGE
    return Kind.GROUNDED if "grounded" in leaf_id else Kind.FREEFORM


def _sample(leaf_id: str, number: int) -> Sample:
    kind = _kind(leaf_id)
    context = None if kind is Kind.FREEFORM else f"Something is said of {leaf_id} at place {number}."
    return Sample(
        id=f"{leaf_id.rsplit('/', 1)[-1]}{number}",
        leaf_id=leaf_id,
        kind=kind,
        question=f"What of {number}?",
        answer=f"It is {number} of {leaf_id}.",
        context=context,
        judgement=Judgement(score=1.0),
    )


class Mixer:
    """Runs mix on leaves with so many samples each."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.made = folder, 0

    def __call__(
        self, leaves: dict[str, int], subject: str, contributed: Sequence[str] = (), **settings: object
    ) -> RunDir:
        self.made += 1
        source = self.folder / f"source{self.made}"
        (source / "samples").mkdir(parents=True)
        counts, entries = [], []
        for number, (leaf_id, samples) in enumerate(leaves.items()):
            file = f"samples/{number:04d}.jsonl"
            lines = [_sample(leaf_id, n).model_dump_json() + "\n" for n in range(samples)]
            (source / file).write_text("".join(lines))
            counts.append(
                LeafCounts(
                    leaf_id=leaf_id, leaf_key="k", file=file, asked=samples, kept=samples, reused=False,
                    requests=0, prompt_tokens=0, completion_tokens=0,
                )
            )  # fmt: skip
            seed = Seed(question="q", answer="a", group=0)
            leaf = Leaf(id=leaf_id, kind=_kind(leaf_id), version=3, created_by="ada", seeds=(seed,))
            entries.append(LeafEntry(leaf=leaf, contributed=leaf_id in contributed))
        (source / SampleSet.file).write_text(SampleSet(leaves=tuple(counts)).model_dump_json())
        (source / LeafSet.file).write_text(LeafSet(entries=tuple(entries)).model_dump_json())
        config = MixConfig.model_validate(
            {"subject": subject, "base_model": "tiny:1", "tokens_per_phase": 2000, **settings}
        )
        reference = InputRef(path=str(source), digest=str(self.made))
        spec = StageSpec(
            stage="mix",
            config=config.model_dump(mode="json"),
            inputs={"leafset": reference, "sampleset": reference},
            code_version=code_version("mix"),
        )
        place = Place(models=self.folder / "models", leaves=self.folder / "leaves")
        run_dir = RunDir.create(self.folder / f"run{self.made}", spec, place)
        run(run_dir)
        return run_dir


@pytest.fixture
def mix(tmp_path: Path) -> Mixer:
    return Mixer(tmp_path)


def _phase(run_dir: RunDir, phase: str) -> PhaseCounts:
    return next(counts for counts in PhaseData.load(run_dir.path).phases if counts.phase == phase)


def _rows(run_dir: RunDir, phase: str) -> list[Row]:
    lines = (run_dir.path / f"{phase}.jsonl").read_text().splitlines()
    return [Row.model_validate_json(line) for line in lines]


def test_rows_are_in_instructlabs_format(mix: Mixer) -> None:
    run_dir = mix(KNOWN, "release")
    line = json.loads((run_dir.path / "knowledge.jsonl").read_text().splitlines()[0])
    assert set(line) == {"id", "messages", "metadata", "unmask"}
    assert isinstance(line["metadata"], str)
    assert json.loads(line["metadata"])["leaf"].startswith("knowledge/")
    assert [message["role"] for message in line["messages"]] == ["user", "assistant"]


def test_knowledge_is_asked_with_its_passage_and_without(mix: Mixer) -> None:
    asked = [row.messages[0].content for row in _rows(mix({"knowledge/a": 1}, "release"), "knowledge")]
    assert {"What of 0?", "Something is said of knowledge/a at place 0.\n\nWhat of 0?"} <= set(asked)


@pytest.mark.parametrize(
    ("leaf", "phase"), [("knowledge/new", "knowledge"), ("compositional_skills/new", "skills")]
)
def test_the_contribution_gets_its_share_in_its_phase(mix: Mixer, leaf: str, phase: str) -> None:
    run_dir = mix({**KNOWN, leaf: 6}, "candidate", [leaf], contribution_share=0.5)
    counts = _phase(run_dir, phase)
    assert counts.tokens <= 2000
    assert counts.contributed_rows == counts.rows_by_leaf[leaf]
    assert counts.contributed_rows + counts.replay_rows == counts.rows == len(_rows(run_dir, phase))
    assert counts.contributed_rows == pytest.approx(counts.rows / 2, abs=4)


def test_candidate_and_control_train_on_the_same_budget(mix: Mixer) -> None:
    leaves = {**KNOWN, "knowledge/new": 6}
    candidate, control = (mix(leaves, subject, ["knowledge/new"]) for subject in ("candidate", "control"))
    for phase in ("knowledge", "skills"):
        assert _phase(candidate, phase).tokens == pytest.approx(_phase(control, phase).tokens, rel=0.1)
    assert (
        "new"
        not in (control.path / "knowledge.jsonl").read_text() + (control.path / "skills.jsonl").read_text()
    )


def test_two_contributions_on_one_base_have_the_same_control(mix: Mixer) -> None:
    one = mix({**KNOWN, "knowledge/new": 6}, "control", ["knowledge/new"])
    other = mix({"compositional_skills/aaa": 9, **KNOWN}, "control", ["compositional_skills/aaa"])
    assert one.manifest().digest == other.manifest().digest
    candidate = mix({**KNOWN, "knowledge/new": 6}, "candidate", ["knowledge/new"])
    assert candidate.manifest().digest != one.manifest().digest


def test_the_skills_phase_replays_knowledge(mix: Mixer) -> None:
    counts = _phase(mix(KNOWN, "release"), "skills")
    assert set(counts.rows_by_leaf) == set(KNOWN)
    assert max(counts.rows_by_leaf.values()) - min(counts.rows_by_leaf.values()) <= 2


def test_a_release_weighs_all_leaves_alike(mix: Mixer) -> None:
    leaves = {**KNOWN, "knowledge/new": 6}
    assert (
        mix(leaves, "release", ["knowledge/new"]).manifest().digest
        == mix(leaves, "release").manifest().digest
    )


def test_few_rows_are_repeated_and_the_repeats_are_counted(mix: Mixer) -> None:
    run_dir = mix({"compositional_skills/c": 2}, "release", tokens_per_phase=1000)
    rows = _rows(run_dir, "skills")
    counts = _phase(run_dir, "skills")
    assert counts.repeated_rows == len(rows) - 2 > 0
    assert len({row.id for row in rows}) == len(rows)
    assert counts.tokens > 800


def test_rows_that_are_too_long_are_left_out_and_counted(mix: Mixer) -> None:
    counts = _phase(mix(KNOWN, "release", max_row_tokens=80), "knowledge")
    assert counts.dropped_too_long == 14  # the forms with their passages
    assert counts.rows > 0


def test_a_phase_without_leaves_is_empty_and_said(mix: Mixer) -> None:
    run_dir = mix({"compositional_skills/c": 5}, "release")
    assert run_dir.manifest().summary["empty_phases"] == ["knowledge"]
    assert (run_dir.path / "knowledge.jsonl").read_bytes() == b""


def test_nothing_at_all_is_a_failure_that_says_why(mix: Mixer) -> None:
    with pytest.raises(WrongUse, match="besides the contribution") as caught:
        mix({"knowledge/new": 5}, "control", ["knowledge/new"])
    assert caught.value.code == "nothing_to_mix"


def test_another_seed_orders_and_draws_otherwise(mix: Mixer) -> None:
    assert mix(KNOWN, "release").manifest().digest != mix(KNOWN, "release", seed=2).manifest().digest
