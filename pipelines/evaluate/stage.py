"""`evaluate`: a model sits the exams, or answers one prompt."""

from statistics import fmean

from pipelines.artifacts import ExamReport, Exams, ItemScore
from pipelines.errors import WrongUse
from pipelines.evaluate.asking import to_be_answered
from pipelines.evaluate.config import EvaluateConfig
from pipelines.evaluate.examination import DECIMALS, Examination
from pipelines.evaluate.reply import reply
from pipelines.evaluate.seeds import contributed_seeds, told
from pipelines.runs import Manifest, RunDir


def run(run_dir: RunDir) -> Manifest:
    config = EvaluateConfig.model_validate(run_dir.spec().config)
    if config.prompt is not None:
        return reply(run_dir, config, config.prompt)
    items = contributed_seeds(run_dir) if config.seeds else Exams.load(run_dir.input_path("exams")).items
    if not items:
        raise WrongUse(
            "no_exam_items",
            "there is not one exam question in the taxonomy",
            mend="Give leaves at least four seed examples, or raise collect.exam_share in the recipe.",
        )
    run_dir.progress.say(0, len(items), "items", "reading the model")
    examination = Examination(run_dir, config)
    scores, fresh = examination.score(items)
    told_scores: tuple[ItemScore, ...] = ()
    if config.seeds:
        told_scores = examination.score_told({item.id: (item, told(item, items)) for item in items})
    answers = examination.answer(to_be_answered(items, config.max_answers))
    report = ExamReport(model_digest=examination.digest, scores=scores, answers=answers, told=told_scores)
    run_dir.write_json(ExamReport.file, report)
    return run_dir.finish(
        {
            "items": len(scores),
            "scored": fresh,
            "reused": len(scores) - fresh,
            "answer_tokens": sum(score.tokens for score in scores),
            "mean_log_likelihood": round(fmean(score.log_likelihood for score in scores), DECIMALS),
            "answers": len(answers),
        }
    )
