"""The papers between stages: what each leaves for the next, and for the service's reports.

| stage    | paper        | files in its run directory                                            |
|----------|--------------|-----------------------------------------------------------------------|
| collect  | LeafSet      | leafset.json, exams.json, documents/SHA256.md                          |
| generate | SampleSet    | sampleset.json, samples/NNNN.jsonl (one file a leaf)                    |
| mix      | PhaseData    | phasedata.json, knowledge.jsonl, skills.jsonl                           |
| train    | Checkpoint   | checkpoint.json, model/ (Hugging Face folder, safetensors, tokenizer)   |
| evaluate | ExamReport   | examreport.json                                                        |
| compare  | Comparison   | comparison.json                                                        |
| release  | Release      | release.json, model/, README.md, CHANGELOG.md, report.json, data.json   |
"""

from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from pipelines.files import digest
from taxonomy_schema.models import Kind, Leaf, Seed

Phase = Literal["knowledge", "skills"]
PHASES: tuple[Phase, ...] = ("knowledge", "skills")


class Paper(BaseModel):
    """One JSON file with a schema version; `file` is its name in the run directory."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: ClassVar[str]
    schema_version: int = 1

    @classmethod
    def load(cls, folder: Path) -> Self:
        return cls.model_validate_json((folder / cls.file).read_bytes())


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


# ---- collect ----


class Document(Value):
    """A knowledge leaf's text: `path` within the run directory, named by its SHA-256."""

    name: str
    """Its path in the document repository, as `FOLDER/FILE.md`."""
    sha256: str
    path: str


class LeafEntry(Value):
    """A leaf as generation may see it: `leaf.seeds` holds no seed that was put aside for the exam."""

    leaf: Leaf
    contributed: bool
    """Whether the pull request adds or changes it."""
    documents: tuple[Document, ...] = ()


class LeafSet(Paper):
    """Every leaf of one tree. It names no commit: equal trees give equal papers (commits are in the manifest)."""

    file: ClassVar[str] = "leafset.json"

    entries: tuple[LeafEntry, ...]

    def contributed(self) -> tuple[LeafEntry, ...]:
        return tuple(entry for entry in self.entries if entry.contributed)


class ExamItem(Value):
    """One question that generation never saw. `group` clusters items that share a context."""

    id: str
    """SHA-256 (16 hex digits) of leaf id, context, question and answer."""
    leaf_id: str
    contributed: bool
    kind: Kind
    group: int
    question: str
    answer: str
    context: str | None = None

    @classmethod
    def of(cls, leaf: Leaf, seed: Seed, *, contributed: bool) -> Self:
        """A seed as a question; its id follows from leaf and content alone, so that its scores are found again."""
        return cls(
            id=digest([leaf.id, seed.context, seed.question, seed.answer])[:16],
            leaf_id=leaf.id,
            contributed=contributed,
            kind=leaf.kind,
            group=seed.group,
            question=seed.question,
            answer=seed.answer,
            context=seed.context,
        )


class Exams(Paper):
    file: ClassVar[str] = "exams.json"

    items: tuple[ExamItem, ...]


# ---- generate ----


class Judgement(Value):
    score: float
    reason: str = ""


class Sample(Value):
    """One synthetic question and answer that the judge let through."""

    id: str
    leaf_id: str
    kind: Kind
    question: str
    answer: str
    context: str | None = None
    """For grounded skills the context that belongs to the question; for knowledge the passage it was drawn from."""
    document: str | None = None
    """The document's name, for knowledge."""
    judgement: Judgement


class LeafCounts(Value):
    """asked = kept + the sum of dropped, for every leaf: a dropped sample is counted with its reason."""

    leaf_id: str
    leaf_key: str
    """Inputs key of this leaf's samples."""
    file: str
    asked: int
    kept: int
    dropped: dict[str, int] = Field(default_factory=dict)
    """`STEP:REASON` -> samples, as `judge:not supported by the passage`."""
    reused: bool
    """True when its samples were there already and nothing was asked of the teacher."""
    requests: int
    """Requests sent to teacher and judge for it in this run: 0 when reused."""
    prompt_tokens: int
    completion_tokens: int


class SampleSet(Paper):
    file: ClassVar[str] = "sampleset.json"

    leaves: tuple[LeafCounts, ...]
    engine_seconds: float = 0.0
    """From the engine's being ready to its last answer."""
    engine_start_seconds: float = 0.0

    def samples(self, folder: Path) -> tuple[Sample, ...]:
        """Every sample, leaf by leaf in the order of their ids; `folder` is where this paper lies."""
        leaves = sorted(self.leaves, key=lambda leaf: leaf.leaf_id)
        return tuple(sample for leaf in leaves for sample in read_samples(folder / leaf.file))


def read_samples(path: Path) -> tuple[Sample, ...]:
    """The samples in one JSON Lines file, in its order."""
    with path.open(encoding="utf-8") as file:
        return tuple(Sample.model_validate_json(line) for line in file)


# ---- mix ----


class Message(Value):
    role: Literal["system", "user", "assistant"]
    content: str


class Row(BaseModel):
    """A training row in InstructLab's format; `metadata` is a JSON string."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    messages: tuple[Message, ...]
    metadata: str
    unmask: bool = False


class PhaseCounts(Value):
    phase: Phase
    file: str
    rows: int
    tokens: int
    contributed_rows: int
    replay_rows: int
    rows_by_leaf: dict[str, int]
    repeated_rows: int = 0
    """Rows that stand in the file a second time or more, because there were too few others."""
    dropped_too_long: int = 0
    """Different rows that were left out because they exceed `max_row_tokens`."""


class PhaseData(Paper):
    file: ClassVar[str] = "phasedata.json"

    phases: tuple[PhaseCounts, ...]


# ---- train ----


class StepRecord(Value):
    """One optimiser step. Loss is the mean over the step's assistant tokens, in nats."""

    phase: Phase
    step: int
    loss: float
    learning_rate: float
    tokens: int
    """All tokens that went through the model in this step."""
    loss_tokens: int
    seconds: float


class Checkpoint(Paper):
    file: ClassVar[str] = "checkpoint.json"

    model: str = "model"
    base_model: str
    steps: tuple[StepRecord, ...]
    world_size: int
    resumed_from_step: int | None = None


# ---- evaluate ----


class ItemScore(Value):
    """The reference answer's log-likelihood under the model: the mean over its tokens, in nats."""

    item_id: str
    leaf_id: str
    contributed: bool
    group: int
    log_likelihood: float
    tokens: int


class Answer(Value):
    """What the model says to an exam question, greedily, for people to read; not scored."""

    item_id: str
    leaf_id: str
    question: str
    reference_answer: str
    answer: str


class ExamReport(Paper):
    file: ClassVar[str] = "examreport.json"

    model_digest: str
    scores: tuple[ItemScore, ...]
    answers: tuple[Answer, ...] = ()
    told: tuple[ItemScore, ...] = ()
    """For a precheck: the same items once more, with what the leaf has to teach before the model's eyes."""


# ---- compare ----


class Verdict(StrEnum):
    IMPROVED = "improved"
    REGRESSED = "regressed"
    NO_CLEAR_CHANGE = "no clear change"
    TOO_FEW_ITEMS = "too few items"


class Interval(Value):
    """A paired difference on the same items, in points, with its 95 % interval."""

    delta: float
    low: float
    high: float


class Delta(Value):
    """One line of the table. Means are in points: 100 x mean log-likelihood per token (nats)."""

    metric: str
    """`exam` for the contributed leaves, `retention` for all others, `exam:LEAF` and `retention:LEAF` for one."""
    label: str
    reference: float
    control: float | None
    candidate: float
    against_reference: Interval
    against_control: Interval | None
    n: int
    clusters: int
    verdict: Verdict
    p_value: float | None = None
    """Of no difference against the reference, two-sided; in `by_leaf` Holm-adjusted over all leaves."""
    note: str = ""


class SideBySide(Value):
    leaf_id: str
    question: str
    reference_answer: str
    release: str
    candidate: str


class Comparison(Paper):
    file: ClassVar[str] = "comparison.json"

    headline: Verdict
    summary: str
    """One line for people: what changed, and whether anything was lost."""
    deltas: tuple[Delta, ...]
    """The rows that decide: exam (when there is a contribution) and retention."""
    by_leaf: tuple[Delta, ...] = ()
    answers: tuple[SideBySide, ...] = ()


# ---- release ----


class ReleasedFile(Value):
    name: str
    sha256: str
    size: int


class Release(Paper):
    file: ClassVar[str] = "release.json"

    version: str
    """`YYYY.WW.N`."""
    taxonomy_commit: str
    base_model: str
    leaves: tuple[str, ...]
    new_leaves: tuple[str, ...]
    contributors: tuple[str, ...]
    gate_passed: bool
    files: tuple[ReleasedFile, ...]
    """What is to be published as assets, with digests; all lie in the run directory."""
