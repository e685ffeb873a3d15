"""The papers of trials: short runs that answer one question beside an evaluation.

| run      | paper    | left by  | what it says                                                     |
|----------|----------|----------|------------------------------------------------------------------|
| precheck | Precheck | compare  | how well the present release knows the contribution's seeds       |
| preview  | Preview  | generate | a few samples that were kept, and those that were dropped, and why |
| ask      | Reply    | evaluate | what one model says to one prompt                                 |
"""

from enum import StrEnum
from typing import ClassVar

from pipelines.artifacts import Paper, Sample, Value

# ---- precheck ----


class Familiarity(StrEnum):
    """Whether the model finds the seeds' answers clearly likelier once it is told what the leaf has to teach."""

    NEW = "new to it"
    FAMILIAR = "may be known"
    UNKNOWN = "cannot tell"


class Level(Value):
    """A mean in points (100 x mean log-likelihood per token, in nats), or of differences, with its interval."""

    points: float
    low: float
    high: float
    n: int
    groups: int
    """Independent ones: seeds under one context are one group."""


class SeedScore(Value):
    """One seed under the model, with what the model itself says to it."""

    leaf_id: str
    question: str
    seed_answer: str
    model_answer: str
    points: float
    """By itself, as in the exam."""
    told_points: float | None
    """Told beforehand; None where that is too long for the model."""


class LeafLevel(Value):
    leaf_id: str
    alone: Level
    gain: Level | None


class Precheck(Paper):
    """Told: a knowledge question with its context in view, a skill's after two of the leaf's other seeds."""

    file: ClassVar[str] = "precheck.json"

    familiarity: Familiarity
    summary: str
    """What was seen, in one sentence."""
    confidence: float
    alone: Level
    """Over all seeds of the contribution, the model by itself."""
    told: Level | None
    """Over those that it could be told."""
    gain: Level | None
    """Told minus alone, on the same seeds."""
    leaves: tuple[LeafLevel, ...] = ()
    seeds: tuple[SeedScore, ...] = ()
    """Those that the model was also asked; the others count in the levels."""


# ---- preview ----


class DroppedSample(Value):
    """What the teacher wrote and was not kept. `answer` is the raw text where no sample could be read."""

    reason: str
    """`STEP:REASON`"""
    question: str = ""
    answer: str = ""
    context: str | None = None


class LeafPreview(Value):
    """asked = kept and dropped."""

    leaf_id: str
    reused: bool
    """True when its samples were there already and nothing was asked of the teacher."""
    kept: tuple[Sample, ...]
    dropped: tuple[DroppedSample, ...]


class Preview(Paper):
    file: ClassVar[str] = "preview.json"

    leaves: tuple[LeafPreview, ...]


# ---- ask ----


class Reply(Paper):
    file: ClassVar[str] = "reply.json"

    prompt: str
    answer: str
    cut: bool
    """True when the model had more to say than it was given room for."""
    model_digest: str
