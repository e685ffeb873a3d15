"""Exam reports made by hand."""

from collections.abc import Sequence

from pipelines.artifacts import Answer, ExamReport, ItemScore

Row = tuple[str, bool, int, float]
"""Leaf, whether it is contributed, group, log-likelihood in nats."""


def report(rows: Sequence[Row], *, said: str = "") -> ExamReport:
    scores = tuple(
        ItemScore(
            item_id=f"item-{number}",
            leaf_id=leaf,
            contributed=contributed,
            group=group,
            log_likelihood=value,
            tokens=10,
        )
        for number, (leaf, contributed, group, value) in enumerate(rows)
    )
    answers = (Answer(item_id="item-0", leaf_id=rows[0][0], question="Q", reference_answer="A", answer=said),)
    return ExamReport(model_digest="0" * 64, scores=scores, answers=answers if said else ())


def moved(
    rows: Sequence[Row], *, exam: Sequence[float] = (0.0,), rest: Sequence[float] = (0.0,)
) -> list[Row]:
    """The rows, moved by the given amounts in turn (nats): those of the exam, and those of the rest."""
    return [
        (leaf, contributed, group, value + (exam[n % len(exam)] if contributed else rest[n % len(rest)]))
        for n, (leaf, contributed, group, value) in enumerate(rows)
    ]


def usual_rows(*, exam_items: int = 12, other_leaves: int = 6, each: int = 4) -> list[Row]:
    exam: list[Row] = [("knowledge/birds", True, n // 3, -3.0 - n / 50) for n in range(exam_items)]
    rest: list[Row] = [
        (f"skills/leaf{leaf}", False, n, -2.0 - n / 40) for leaf in range(other_leaves) for n in range(each)
    ]
    return exam + rest
