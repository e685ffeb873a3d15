"""generate, whole, on the scripted engine: counts, reuse, resume, refusal."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pipelines.artifacts import Judgement, SampleSet
from pipelines.errors import BadContribution, ExitCode, OutsideFailed, WrongUse
from pipelines.generate import stage, writer
from pipelines.generate.filters import Dropped
from pipelines.generate.stage import run
from pipelines.generate.store import LeafStore
from pipelines.runs import RunDir
from taxonomy_schema.models import Kind
from tests.pipelines.generate.conftest import BIRDS, Workshop, skill_entry


def _paper(run_dir: RunDir) -> SampleSet:
    run(run_dir)
    return SampleSet.load(run_dir.path)


def test_every_sample_asked_for_is_kept_or_dropped_with_its_reason(workshop: Workshop) -> None:
    run_dir = workshop.plan()
    paper = _paper(run_dir)
    for leaf in paper.leaves:
        assert leaf.asked == 6 == leaf.kept + sum(leaf.dropped.values())
        assert len((run_dir.path / leaf.file).read_text().splitlines()) == leaf.kept
    assert {sample.leaf_id for sample in paper.samples(run_dir.path)} == {
        entry.leaf.id for entry in workshop.entries
    }
    birds = [sample for sample in paper.samples(run_dir.path) if sample.leaf_id == BIRDS]
    assert {sample.document for sample in birds} == {"birds.md"}
    progress = run_dir.progress.read()
    assert progress is not None
    assert (progress.done, progress.total) == (18, 18)


def test_extractive_answers_are_sentences_of_the_document(workshop: Workshop) -> None:
    run_dir = workshop.plan(extractive=True)
    samples = [sample for sample in _paper(run_dir).samples(run_dir.path) if sample.leaf_id == BIRDS]
    assert samples
    for sample in samples:
        assert sample.context is not None
        assert sample.answer in sample.context


def test_the_same_inputs_give_the_same_bytes(workshop: Workshop) -> None:
    first, second = workshop.plan(leaves="a"), workshop.plan(leaves="b")
    run(first)
    run(second)
    assert first.manifest().digest == second.manifest().digest


def test_an_unchanged_leaf_costs_no_request_and_no_engine(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _paper(workshop.plan())
    monkeypatch.setattr(stage, "open_engine", None)  # starting one would fail
    again = _paper(workshop.plan())
    assert [(leaf.reused, leaf.requests) for leaf in again.leaves] == [(True, 0)] * 3
    assert [leaf.kept for leaf in again.leaves] == [leaf.kept for leaf in before.leaves]


def test_cost_follows_the_change(workshop: Workshop) -> None:
    run(workshop.plan())
    workshop.entries.append(skill_entry("compositional_skills/fourth", Kind.FREEFORM))
    paper = _paper(workshop.plan())
    assert {leaf.leaf_id for leaf in paper.leaves if leaf.requests} == {"compositional_skills/fourth"}


def test_merging_a_leaf_does_not_make_it_new(workshop: Workshop) -> None:
    run(workshop.plan())
    workshop.entries[2] = workshop.entries[2].model_copy(update={"contributed": False})
    assert all(leaf.reused for leaf in _paper(workshop.plan()).leaves)


@pytest.mark.parametrize("change", ["text", "seeds", "settings"])
def test_whatever_decides_the_samples_decides_the_key(workshop: Workshop, change: str) -> None:
    run(workshop.plan())
    settings: dict[str, Any] = {}
    entry = workshop.entries[2]
    if change == "text":
        document = entry.documents[0].model_copy(update={"sha256": "0" * 64})
        entry = entry.model_copy(update={"documents": (document,)})
    elif change == "seeds":
        entry = entry.model_copy(
            update={"leaf": entry.leaf.model_copy(update={"seeds": entry.leaf.seeds[:2]})}
        )
    else:
        settings = {"temperature": 0.1}
    workshop.entries[2] = entry
    assert not SampleSet.load(workshop_run(workshop, settings).path).leaves[2].reused


def workshop_run(workshop: Workshop, settings: dict[str, Any]) -> RunDir:
    run_dir = workshop.plan(**settings)
    run(run_dir)
    return run_dir


def test_a_damaged_leaf_in_the_store_is_made_again(workshop: Workshop) -> None:
    paper = _paper(workshop.plan())
    samples = workshop.folder / "leaves" / paper.leaves[0].leaf_key / "samples.jsonl"
    samples.write_text(samples.read_text()[:-20])
    assert [leaf.reused for leaf in _paper(workshop.plan()).leaves] == [False, True, True]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_stopped_stage_goes_on_and_asks_nothing_twice(workshop: Workshop, how: signal.Signals) -> None:
    whole = workshop.plan(leaves="whole", engine={"script_delay": 0.02, "max_in_flight": 2})
    run(whole)
    run_dir = workshop.plan(leaves="stopped", engine={"script_delay": 0.02, "max_in_flight": 2})
    command = [sys.executable, "-m", "pipelines", "generate", str(run_dir.path)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        _until(lambda: _answered(workshop.folder / "stopped") >= 4, process)
        process.send_signal(how)
        code = process.wait(20)
    assert code == (ExitCode.INTERRUPTED if how == signal.SIGTERM else -signal.SIGKILL)
    assert not run_dir.finished
    known = _answered(workshop.folder / "stopped")
    journals = _keys(workshop.folder / "stopped")
    assert subprocess.run(command, check=False).returncode == ExitCode.FINE
    assert known < sum(leaf.requests for leaf in SampleSet.load(run_dir.path).leaves)
    assert len(journals) == len(set(journals)) == known
    assert run_dir.manifest().digest == whole.manifest().digest


def _until(true: object, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while not true():  # type: ignore[operator]
        assert process.poll() is None, "it ended before it could be stopped"
        assert time.monotonic() < deadline
        os.sched_yield()


def _keys(leaves: Path) -> list[str]:
    return [
        json.loads(line)["key"]
        for path in leaves.glob("*.work/answers.jsonl")
        for line in path.read_bytes().splitlines()
        if line.endswith(b"}")
    ]


def _answered(leaves: Path) -> int:
    return len(_keys(leaves))


def test_resuming_sends_only_what_is_missing(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal alone answers: an engine that refuses everything is never asked."""
    whole = workshop.plan(leaves="whole")
    kept: dict[str, bytes] = {}
    save = LeafStore.save

    def keep(self: LeafStore, leaf_id: str, key: str, *rest: object) -> object:
        kept[key] = (self.samples_path(key).parent.parent / f"{key}.work" / "answers.jsonl").read_bytes()
        return save(self, leaf_id, key, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(LeafStore, "save", keep)
    run(whole)
    monkeypatch.undo()
    for key, content in kept.items():
        work = workshop.folder / "resumed" / f"{key}.work"
        work.mkdir(parents=True)
        (work / "answers.jsonl").write_bytes(content + b'{"key": "cut sh')

    async def refuse(*_: object) -> object:
        raise AssertionError("asked again")

    monkeypatch.setattr("pipelines.engines.scripted.ScriptedCompletions.complete", refuse)
    resumed = workshop.plan(leaves="resumed")
    run(resumed)
    assert resumed.manifest().digest == whole.manifest().digest


@pytest.fixture
def severe_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "check_draft", lambda *_: None)
    monkeypatch.setattr(writer, "judgement_of", lambda *_: Judgement(score=0.0, reason="bad"))


@pytest.mark.usefixtures("severe_judge")
def test_too_few_samples_of_the_contribution_blame_the_step_that_dropped_most(workshop: Workshop) -> None:
    with pytest.raises(BadContribution, match=r"judge:bad \(\d\)") as caught:
        run(workshop.plan())
    assert BIRDS in caught.value.message


@pytest.mark.usefixtures("severe_judge")
def test_no_sample_at_all_is_a_failure_that_says_where_they_went(workshop: Workshop) -> None:
    workshop.entries[2] = workshop.entries[2].model_copy(update={"contributed": False})
    with pytest.raises(WrongUse, match="judge:bad"):
        run(workshop.plan())


def test_samples_near_each_other_are_dropped_in_the_order_of_asking(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "near", lambda *_: True)
    for leaf in _paper(workshop.plan()).leaves:
        assert leaf.kept == 1
        assert leaf.dropped.get("dedupe:near another sample", 0) == 5 - sum(
            count for reason, count in leaf.dropped.items() if not reason.startswith("dedupe")
        )


def test_a_lost_count_is_noticed(workshop: Workshop) -> None:
    """Break the promise from inside: a sample that is neither kept nor dropped must not pass in silence."""
    paper = _paper(workshop.plan())
    path = workshop.folder / "leaves" / paper.leaves[0].leaf_key / "leaf.json"
    path.write_text(path.read_text().replace('"asked": 6', '"asked": 7'))
    with pytest.raises(AssertionError, match="kept and dropped"):
        run(workshop.plan())


def test_an_unreachable_teacher_is_named(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.engines.openai_client._LONGEST_WAIT", 0.0)
    run_dir = workshop.plan(engine={"kind": "openai", "url": "http://127.0.0.1:9/v1"})
    with pytest.raises(OutsideFailed) as caught:
        run(run_dir)
    assert caught.value.code == "teacher_unreachable"
    assert "127.0.0.1:9" in caught.value.message


def test_two_stages_that_want_the_same_leaves_share_the_work(workshop: Workshop) -> None:
    plans = [workshop.plan(engine={"script_delay": 0.01}) for _ in range(2)]
    commands = [[sys.executable, "-m", "pipelines", "generate", str(plan.path)] for plan in plans]
    processes = [subprocess.Popen(command) for command in commands]
    assert [process.wait(60) for process in processes] == [0, 0]
    papers = [SampleSet.load(plan.path) for plan in plans]
    contents = [
        [(plan.path / leaf.file).read_bytes() for leaf in paper.leaves]
        for plan, paper in zip(plans, papers, strict=True)
    ]
    assert contents[0] == contents[1]
    assert not list((workshop.folder / "leaves").glob("*.work"))


def test_a_disk_that_takes_no_more_ends_as_an_outside_failure(workshop: Workshop) -> None:
    run_dir = workshop.plan()
    leaves = workshop.folder / "leaves"
    shutil.rmtree(leaves, ignore_errors=True)
    leaves.write_text("a file where the folder should be")
    command = [sys.executable, "-m", "pipelines", "generate", str(run_dir.path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == ExitCode.OUTSIDE_FAILED
    failure = run_dir.failure()
    assert failure is not None
    assert failure.retryable


def test_a_dropped_sample_names_step_and_reason() -> None:
    assert Dropped("judge", "bad").reason == "judge:bad"
