"""What a precheck says of scores on seeds, alone and told."""

from pathlib import Path

import pytest

from pipelines.artifacts import ExamReport
from pipelines.compare.config import CompareConfig
from pipelines.compare.precheck import precheck
from pipelines.compare.stage import run
from pipelines.compare.statistics import estimate
from pipelines.provenance import code_version
from pipelines.runs import InputRef, Place, RunDir, StageSpec
from pipelines.trials import Familiarity, Precheck
from tests.pipelines.compare.building import moved, report, usual_rows


def told(gains: tuple[float, ...], *, items: int = 12, left_out: int = 0) -> ExamReport:
    """Seeds of one leaf, three under each context, and how much likelier each is when it is told (nats)."""
    alone = usual_rows(exam_items=items, other_leaves=0)
    found = report(alone, said="A wren")
    scores = report(moved(alone, exam=gains)).scores
    return found.model_copy(update={"told": scores[left_out:]})


@pytest.mark.parametrize(
    ("gains", "familiarity", "says"),
    [
        ((1.2, 0.9, 1.4), Familiarity.NEW, "there is something to teach"),
        ((0.3, -0.3, 0.1, -0.2), Familiarity.FAMILIAR, "would be seen 4 times in 5"),
        ((-0.6, -0.5, -0.4), Familiarity.FAMILIAR, "it may know them already"),
    ],
)
def test_who_gains_clearly_by_being_told_did_not_know(
    gains: tuple[float, ...], familiarity: Familiarity, says: str
) -> None:
    paper = precheck(told(gains), CompareConfig())
    assert paper.familiarity is familiarity
    assert says in paper.summary
    assert (paper.alone.n, paper.alone.groups) == (12, 4)
    assert paper.gain is not None
    assert paper.told is not None
    assert paper.told.points == pytest.approx(paper.alone.points + paper.gain.points, abs=1e-3)


@pytest.mark.parametrize(
    "found", [told((1.0,), items=3), told((1.0,), left_out=9), told((1.0,), left_out=12)]
)
def test_too_few_seeds_are_said_to_be_so(found: ExamReport) -> None:
    paper = precheck(found, CompareConfig())
    assert paper.familiarity is Familiarity.UNKNOWN
    assert "too few" in paper.summary


def test_the_gain_is_paired_and_its_interval_clustered_by_context() -> None:
    gains = (0.8, 1.1, 0.6, 0.2)
    paper = precheck(told(gains), CompareConfig())
    low, high = estimate([100 * gains[n % 4] for n in range(12)], [n // 3 for n in range(12)]).interval(0.95)
    assert paper.gain is not None
    assert (paper.gain.low, paper.gain.high) == pytest.approx((low, high), abs=1e-3)


def test_the_stage_leaves_scores_beside_the_models_answers(tmp_path: Path) -> None:
    folder = tmp_path / "reference"
    folder.mkdir()
    (folder / ExamReport.file).write_text(told((1.0,)).model_dump_json())
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
    assert (seed.model_answer, seed.seed_answer) == ("A wren", "A")
    assert (seed.points, seed.told_points) == (-300.0, -200.0)
