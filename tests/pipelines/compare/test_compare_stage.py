"""`compare`: reports in, one paper out."""

from pathlib import Path

from pipelines.artifacts import Comparison, ExamReport, Verdict
from pipelines.compare.config import CompareConfig
from pipelines.compare.stage import run
from pipelines.provenance import code_version
from pipelines.runs import InputRef, Place, RunDir, StageSpec
from tests.pipelines.compare.building import moved, report, usual_rows


def test_the_paper_holds_rows_leaves_and_answers_side_by_side(tmp_path: Path) -> None:
    reports = {
        "reference": report(usual_rows(), said="I do not know"),
        "control": report(usual_rows(), said="Hm"),
        "candidate": report(moved(usual_rows(), exam=(0.3, 0.4, 0.35)), said="A chickadee"),
    }
    for role, exam_report in reports.items():
        (tmp_path / role).mkdir()
        (tmp_path / role / ExamReport.file).write_text(exam_report.model_dump_json())
    spec = StageSpec(
        stage="compare",
        config=CompareConfig().model_dump(mode="json"),
        inputs={role: InputRef(path=str(tmp_path / role), digest=role) for role in reports},
        code_version=code_version("compare"),
    )
    place = Place(models=tmp_path, leaves=tmp_path)
    manifests = [run(RunDir.create(tmp_path / name, spec, place)) for name in ("first", "second")]
    assert manifests[0].digest == manifests[1].digest
    paper = Comparison.load(tmp_path / "first")
    assert paper.headline is Verdict.IMPROVED
    assert [row.metric for row in paper.deltas] == ["exam", "retention"]
    assert paper.by_leaf[0].metric == "exam:knowledge/birds"
    assert len(paper.by_leaf) == 7
    assert paper.answers[0].release == "I do not know"
    assert paper.answers[0].candidate == "A chickadee"
    assert paper.summary.startswith("The exam improved by 35.0 points (95 % interval")
