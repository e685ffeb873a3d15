"""A run directory: one inputs key, whole artifacts, a manifest that comes last."""

from pathlib import Path
from typing import Any

import pytest

from pipelines.artifacts import Exams
from pipelines.errors import Interrupted, OutsideFailed, WrongUse
from pipelines.provenance import code_version
from pipelines.runs import InputRef, Place, RunDir, StageSpec


def spec(**changes: Any) -> StageSpec:
    values: dict[str, Any] = {"stage": "compare", "config": {"a": 1}, "code_version": code_version("compare")}
    return StageSpec(**(values | changes))


def place(folder: Path) -> Place:
    return Place(models=folder / "models", leaves=folder / "leaves")


@pytest.mark.parametrize(
    "changes",
    [
        {"stage": "mix"},
        {"config": {"a": 2}},
        {"code_version": "other"},
        {"inputs": {"x": InputRef(path="/a", digest="1")}},
    ],
)
def test_whatever_decides_the_output_decides_the_key(changes: dict[str, Any]) -> None:
    assert spec(**changes).inputs_key != spec().inputs_key


def test_paths_and_subjects_do_not_decide_the_key() -> None:
    here = spec(inputs={"x": InputRef(path="/a", digest="1")}, subject="control")
    there = spec(inputs={"x": InputRef(path="/b", digest="1")}, subject="candidate")
    assert here.inputs_key == there.inputs_key


def test_a_directory_is_adopted_with_the_same_key_and_refused_with_another(tmp_path: Path) -> None:
    RunDir.create(tmp_path / "run", spec(), place(tmp_path))
    RunDir.create(tmp_path / "run", spec(subject="control"), place(tmp_path / "elsewhere"))
    with pytest.raises(WrongUse) as caught:
        RunDir.create(tmp_path / "run", spec(config={"a": 2}), place(tmp_path))
    assert caught.value.code == "inputs_key_differs"


def test_other_code_does_not_go_on_with_old_work(tmp_path: Path) -> None:
    run_dir = RunDir.create(tmp_path / "run", spec(code_version="of yesterday"), place(tmp_path))
    with pytest.raises(WrongUse) as caught:
        run_dir.check_resumable()
    assert caught.value.code == "code_version_differs"


def test_equal_outputs_have_equal_digests_whatever_happened_on_the_way(tmp_path: Path) -> None:
    first = RunDir.create(tmp_path / "first", spec(), place(tmp_path))
    second = RunDir.create(tmp_path / "second", spec(config={"a": 2}), place(tmp_path))
    for run_dir in (first, second):
        run_dir.write_json("exams.json", Exams(items=()))
    (second.work / "left over").write_text("of a first try")
    (second.path / "log.txt").write_text("said something")
    second.progress.say(1, 2, "items")
    manifests = first.finish({"n": 1}), second.finish({"n": 2})
    assert manifests[0].digest == manifests[1].digest
    assert set(manifests[1].files) == {"exams.json"}
    assert second.finished
    assert not (second.path / "work").exists()
    assert second.manifest() == manifests[1]


def test_an_input_that_is_gone_is_no_fault_of_the_contribution(tmp_path: Path) -> None:
    gone = {"exams": InputRef(path=str(tmp_path / "gone"), digest="1")}
    run_dir = RunDir.create(tmp_path / "run", spec(inputs=gone), place(tmp_path))
    with pytest.raises(OutsideFailed) as caught:
        run_dir.input_path("exams")
    assert caught.value.retryable


def test_an_unreadable_config_says_what_to_do(tmp_path: Path) -> None:
    run_dir = RunDir.create(tmp_path / "run", spec(), place(tmp_path))
    (run_dir.path / "config.json").write_text("{}")
    with pytest.raises(WrongUse) as caught:
        run_dir.spec()
    assert caught.value.mend


def test_two_do_not_work_in_one_directory_at_the_same_time(tmp_path: Path) -> None:
    first = RunDir.create(tmp_path / "run", spec(), place(tmp_path))
    second = RunDir(first.path)
    with first.alone(), pytest.raises(OutsideFailed) as caught, second.alone(patience=0):
        pytest.fail("both were in")
    assert caught.value.code == "run_dir_busy"
    assert caught.value.retryable
    with second.alone(patience=0):
        second.finish({})
    assert first.finished


def test_who_finds_anothers_name_at_the_end_writes_no_manifest(tmp_path: Path) -> None:
    run_dir = RunDir.create(tmp_path / "run", spec(), place(tmp_path))
    with run_dir.alone():
        (run_dir.path / "at-work").write_text("another machine, whose locks we do not see")
        with pytest.raises(Interrupted):
            run_dir.finish({})
    assert not run_dir.finished
