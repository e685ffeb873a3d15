"""What a precheck says of scores on seeds."""

from pathlib import Path

import pytest

from pipelines.artifacts import ExamReport
from pipelines.compare.config import CompareConfig
from pipelines.compare.precheck import precheck
from pipelines.compare.stage import run
from pipelines.provenance import code_version
from pipelines.runs import InputRef, Place, RunDir, StageSpec
from pipelines.trials import Familiarity, Precheck
from tests.pipelines.compare.building import Row, moved, report, usual_rows


def found(rows: list[Row], said: str = "") -> Precheck:
    return precheck(report(rows, said=said), CompareConfig())


@pytest.mark.parametrize(
    ("shift", "familiarity", "says"),
    [
        (0.0, Familiarity.LESS, "there is something to teach"),
        (1.07, Familiarity.LIKE, "it may know them already"),
        (2.5, Familiarity.MORE, "it seems to know them already"),
    ],
)
def test_seeds_are_judged_beside_other_leaves(shift: float, familiarity: Familiarity, says: str) -> None:
    paper = found(moved(usual_rows(), exam=(shift,)))
    assert paper.familiarity is familiarity
    assert says in paper.summary
    assert (paper.level.n, paper.level.groups, paper.other_leaves) == (12, 4, 6)
    assert paper.against_others is not None
    assert paper.against_others.low <= paper.level.points - paper.others.points <= paper.against_others.high  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "rows", [usual_rows(exam_items=3), usual_rows(other_leaves=0), usual_rows(other_leaves=1, each=1)]
)
def test_too_few_questions_on_either_side_are_said_to_be_so(rows: list[Row]) -> None:
    paper = found(rows)
    assert paper.familiarity is Familiarity.UNKNOWN
    assert "too few" in paper.summary


def test_the_differences_interval_is_welchs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against scipy's own, on scores that are all independent."""
    from scipy import stats

    own, rest = [-3.0, -2.5, -3.5, -2.9, -3.3], [-2.0, -2.4, -1.2, -2.8, -2.2, -1.9]
    rows: list[Row] = [("k/new", True, n, value) for n, value in enumerate(own)]
    rows += [("s/old", False, n, value) for n, value in enumerate(rest)]
    against = found(rows).against_others
    expected = stats.ttest_ind(
        [100 * v for v in own], [100 * v for v in rest], equal_var=False
    ).confidence_interval(0.95)
    assert against is not None
    assert (against.low, against.high) == pytest.approx((expected.low, expected.high), abs=1e-3)


def test_the_stage_leaves_scores_beside_the_models_answers(tmp_path: Path) -> None:
    folder = tmp_path / "reference"
    folder.mkdir()
    (folder / ExamReport.file).write_text(report(usual_rows(), said="A wren").model_dump_json())
    spec = StageSpec(
        stage="compare",
        subject="precheck",
        config=CompareConfig().model_dump(mode="json"),
        inputs={"reference": InputRef(path=str(folder), digest="r")},
        code_version=code_version("compare"),
    )
    run_dir = RunDir.create(tmp_path / "run", spec, Place(models=tmp_path, leaves=tmp_path))
    run(run_dir)
    (seed,) = Precheck.load(run_dir.path).seeds
    assert (seed.model_answer, seed.seed_answer, seed.points) == ("A wren", "A", -300.0)
