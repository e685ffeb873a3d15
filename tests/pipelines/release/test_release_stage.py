"""A release's folder: whole, the same every time, and safe to show."""

import hashlib
import json
import tarfile
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt

from pipelines.artifacts import ExamReport, Release, Verdict
from pipelines.errors import GateFailed, OutsideFailed
from pipelines.release.papers import DataManifest, ReleaseReport
from pipelines.release.stage import run
from tests.pipelines.release.building import EVIL_LEAF, comparison, delta, make_release_run


def test_every_asset_is_there_with_its_digest(tmp_path: Path) -> None:
    run_dir = make_release_run(tmp_path)
    run(run_dir)
    release = Release.load(run_dir.path)
    names = {file.name for file in release.files}
    assert names == {
        "model/model.safetensors",
        "config-and-tokenizer.tar.gz",
        "README.md",
        "CHANGELOG.md",
        "report.json",
        "data.json",
        "SHA256SUMS",
    }
    for file in release.files:
        content = (run_dir.path / file.name).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (file.sha256, file.size)
    lines = [line.split("  ") for line in (run_dir.path / "SHA256SUMS").read_text().splitlines()]
    expected = {Path(file.name).name: file.sha256 for file in release.files if file.name != "SHA256SUMS"}
    assert {name: digest for digest, name in lines} == expected
    with tarfile.open(run_dir.path / "config-and-tokenizer.tar.gz") as archive:
        assert {"config.json", "tokenizer.json", "chat_template.jinja"} <= set(archive.getnames())
    assert release.new_leaves == (EVIL_LEAF,)
    assert release.gate_passed


def test_the_weights_are_not_copied(tmp_path: Path) -> None:
    run_dir = make_release_run(tmp_path)
    run(run_dir)
    assert (run_dir.path / "model/model.safetensors").samefile(
        tmp_path / "checkpoint/model/model.safetensors"
    )


def test_equal_inputs_give_equal_bytes(tmp_path: Path) -> None:
    digests = [run(make_release_run(tmp_path, name=name)).digest for name in ("first", "second")]
    assert digests[0] == digests[1]


def test_data_and_report_say_where_everything_comes_from(tmp_path: Path) -> None:
    run_dir = make_release_run(tmp_path)
    run(run_dir)
    data = DataManifest.model_validate_json((run_dir.path / "data.json").read_text())
    leaf = next(leaf for leaf in data.leaves if leaf.new)
    assert data.teacher == "tiny:1"
    assert leaf.samples_asked == leaf.samples_kept + sum(leaf.samples_dropped.values())
    assert leaf.attribution is not None
    assert leaf.attribution.licence == "CC-BY-SA-4.0"
    assert leaf.documents[0].sha256 == "cd" * 32
    report = ReleaseReport.model_validate_json((run_dir.path / "report.json").read_text())
    assert [phase.tokens for phase in report.training] == [200, 200]
    assert len(report.by_leaf) == 2


def test_the_card_has_the_front_matter_that_hubs_read(tmp_path: Path) -> None:
    run_dir = make_release_run(tmp_path)
    run(run_dir)
    _, front, body = (run_dir.path / "README.md").read_text().split("---\n", 2)
    assert yaml.safe_load(front)["license"] == "apache-2.0"
    for section in ("Evaluation", "Data", "Contributors", "Limitations"):
        assert f"## {section}" in body


@pytest.mark.parametrize("file", ["README.md", "CHANGELOG.md"])
def test_text_of_contributors_stays_text(tmp_path: Path, file: str) -> None:
    run_dir = make_release_run(tmp_path)
    run(run_dir)
    text = (run_dir.path / file).read_text()
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text.split("---\n", 2)[-1])
    assert "<script" not in html
    assert "<img" not in html
    assert "<a " not in html
    assert "<strong>" not in html
    assert "@everyone" not in text
    assert "@eve-dev" in text


def test_a_table_keeps_its_columns_whatever_a_leaf_is_called(tmp_path: Path) -> None:
    run_dir = make_release_run(tmp_path)
    run(run_dir)
    html = MarkdownIt("commonmark").enable("table").render((run_dir.path / "README.md").read_text())
    rows = html.split("<tr>")[1:]
    assert {row.count("<td") for row in rows if "<td" in row} <= {5, 6, 7}
    assert html.count("birds/'&lt;img src=x&gt;'") == 2


def test_a_failed_gate_publishes_nothing(tmp_path: Path) -> None:
    worse = comparison(delta("retention", -9, -1, Verdict.REGRESSED), headline=Verdict.REGRESSED)
    run_dir = make_release_run(tmp_path, compared=worse)
    with pytest.raises(GateFailed):
        run(run_dir)
    assert not run_dir.finished
    assert not (run_dir.path / "model").exists()


def test_a_model_other_than_the_examined_one_is_not_published(tmp_path: Path) -> None:
    run_dir = make_release_run(tmp_path)
    other = ExamReport(model_digest="0" * 64, scores=())
    (tmp_path / "report" / ExamReport.file).write_text(other.model_dump_json())
    with pytest.raises(OutsideFailed) as caught:
        run(run_dir)
    assert caught.value.code == "other_model_examined"


def test_release_json_is_written_after_everything_it_names(tmp_path: Path) -> None:
    run_dir = make_release_run(tmp_path)
    run(run_dir)
    written = {path.name: path.stat().st_mtime_ns for path in run_dir.path.iterdir()}
    named = json.loads((run_dir.path / "release.json").read_text())["files"]
    assert all(written["release.json"] >= written[file["name"]] for file in named if "/" not in file["name"])
