"""`compare`: exam reports on the same items become deltas with intervals, verdicts and one sentence."""

from pipelines.artifacts import Comparison, ExamReport, SideBySide
from pipelines.compare.config import CompareConfig
from pipelines.compare.items import align
from pipelines.compare.precheck import precheck
from pipelines.compare.summary import summarise
from pipelines.compare.verdicts import deciding_rows, headline, leaf_rows
from pipelines.errors import WrongUse
from pipelines.runs import Manifest, RunDir
from pipelines.trials import Precheck


def run(run_dir: RunDir) -> Manifest:
    spec = run_dir.spec()
    config = CompareConfig.model_validate(spec.config)
    reference = ExamReport.load(run_dir.input_path("reference"))
    if "candidate" not in spec.inputs:
        return _precheck(run_dir, reference, config)
    candidate = ExamReport.load(run_dir.input_path("candidate"))
    control = ExamReport.load(run_dir.input_path("control")) if "control" in spec.inputs else None
    items = align(reference, control, candidate)
    if not items:
        raise WrongUse(
            "no_exam_items", "the reports hold no scores", mend="Look at the evaluate stages they come from."
        )
    rows = deciding_rows(items, config)
    paper = Comparison(
        headline=headline(rows),
        summary=summarise(rows, config.confidence),
        deltas=rows,
        by_leaf=leaf_rows(items, config),
        answers=_side_by_side(reference, candidate),
    )
    run_dir.write_json(Comparison.file, paper)
    run_dir.progress.say(len(items), len(items), "items")
    return run_dir.finish(
        {
            "headline": paper.headline.value,
            "summary": paper.summary,
            "items": len(items),
            "leaves": len(paper.by_leaf),
        }
    )


def _precheck(run_dir: RunDir, reference: ExamReport, config: CompareConfig) -> Manifest:
    """No candidate: what the reference knows of the contribution."""
    paper = precheck(reference, config)
    run_dir.write_json(Precheck.file, paper)
    run_dir.progress.say(len(reference.scores), len(reference.scores), "items")
    return run_dir.finish(
        {"familiarity": paper.familiarity.value, "summary": paper.summary, "seeds": paper.alone.n}
    )


def _side_by_side(reference: ExamReport, candidate: ExamReport) -> tuple[SideBySide, ...]:
    release = {answer.item_id: answer.answer for answer in reference.answers}
    return tuple(
        SideBySide(
            leaf_id=answer.leaf_id,
            question=answer.question,
            reference_answer=answer.reference_answer,
            release=release[answer.item_id],
            candidate=answer.answer,
        )
        for answer in candidate.answers
        if answer.item_id in release
    )
