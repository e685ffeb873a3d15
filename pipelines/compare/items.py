"""The same items under reference, control and candidate, side by side."""

from collections.abc import Hashable
from dataclasses import dataclass

from pipelines.artifacts import ExamReport, ItemScore
from pipelines.errors import WrongUse

POINTS = 100.0
"""Points to a nat per token."""


@dataclass(frozen=True, slots=True)
class Item:
    """One exam question's scores, in points."""

    leaf_id: str
    contributed: bool
    group: int
    reference: float
    control: float | None
    candidate: float

    @property
    def cluster(self) -> Hashable:
        return (self.leaf_id, self.group)

    @property
    def gain(self) -> float:
        return self.candidate - self.reference

    @property
    def gain_over_control(self) -> float:
        """Candidate minus control; only asked where there is a control."""
        if self.control is None:
            raise ValueError("this comparison has no control")
        return self.candidate - self.control


def align(reference: ExamReport, control: ExamReport | None, candidate: ExamReport) -> list[Item]:
    """The items in the candidate's order. Raises WrongUse when the reports are not on the same items."""
    references = _by_id("reference", reference)
    candidates = _by_id("candidate", candidate)
    controls = _by_id("control", control) if control is not None else None
    for name, others in (("reference", references), ("control", controls)):
        if others is not None and others.keys() != candidates.keys():
            missing = len(candidates.keys() ^ others.keys())
            raise WrongUse(
                "items_differ",
                f"{name} and candidate were not asked the same questions: {missing} differ",
                mend="Evaluate all of them on the exams of the same commit.",
            )
    return [
        Item(
            leaf_id=score.leaf_id,
            contributed=score.contributed,
            group=score.group,
            reference=POINTS * references[key].log_likelihood,
            control=None if controls is None else POINTS * controls[key].log_likelihood,
            candidate=POINTS * score.log_likelihood,
        )
        for key, score in candidates.items()
    ]


def _by_id(name: str, report: ExamReport) -> dict[str, ItemScore]:
    scores = {score.item_id: score for score in report.scores}
    if len(scores) != len(report.scores):
        raise WrongUse(
            "items_doubled",
            f"the {name}'s report holds a question twice",
            mend="Evaluate again; if it stays, a leaf holds the same question twice.",
        )
    return scores
