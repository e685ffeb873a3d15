"""A release's inputs, made by hand around a tiny model."""

from pathlib import Path

from pipelines.artifacts import (
    Checkpoint,
    Comparison,
    Delta,
    Document,
    ExamReport,
    Interval,
    LeafCounts,
    LeafEntry,
    LeafSet,
    Paper,
    SampleSet,
    StepRecord,
    Verdict,
)
from pipelines.files import write_atomically
from pipelines.models import model_digest
from pipelines.provenance import code_version
from pipelines.release.config import Contributor, ReleaseConfig
from pipelines.runs import InputRef, Place, RunDir, StageSpec
from pipelines.tiny_model import make_tiny_model
from taxonomy_schema.models import Attribution, Kind, Leaf, Seed

EVIL_LEAF = "knowledge/birds|`<img src=x>`"
EVIL_CREATOR = "Eve | [click](http://evil.example) <script> @everyone *bold*"


def delta(
    metric: str, low: float, high: float, verdict: Verdict = Verdict.NO_CLEAR_CHANGE, n: int = 12
) -> Delta:
    middle = (low + high) / 2
    return Delta(
        metric=metric,
        label=metric,
        reference=-200.0,
        control=None,
        candidate=-200.0 + middle,
        against_reference=Interval(delta=middle, low=low, high=high),
        against_control=None,
        n=n,
        clusters=n,
        verdict=verdict,
    )


def comparison(*rows: Delta, headline: Verdict = Verdict.IMPROVED) -> Comparison:
    deciding = tuple(row for row in rows if ":" not in row.metric)
    by_leaf = tuple(row for row in rows if ":" in row.metric)
    return Comparison(headline=headline, summary="The exam improved.", deltas=deciding, by_leaf=by_leaf)


GOOD = comparison(
    delta("exam", 20, 50, Verdict.IMPROVED),
    delta("retention", -2, 2),
    delta(f"exam:{EVIL_LEAF}", 20, 50, Verdict.IMPROVED),
    delta("retention:compositional_skills/synonyms", -4, 3),
)


def _leaf(leaf_id: str, kind: Kind, creators: str) -> Leaf:
    return Leaf(
        id=leaf_id,
        kind=kind,
        version=3,
        created_by="eve",
        seeds=(Seed(question="Q", answer="A", group=0),),
        attribution=Attribution(title="T", licence="CC-BY-SA-4.0", creators=creators),
    )


def _counts(leaf_id: str) -> LeafCounts:
    return LeafCounts(
        leaf_id=leaf_id,
        leaf_key="ab" * 32,
        file="samples/0001.jsonl",
        asked=10,
        kept=7,
        dropped={"judge:not supported": 3},
        reused=False,
        requests=20,
        prompt_tokens=1,
        completion_tokens=1,
    )


def _steps() -> tuple[StepRecord, ...]:
    return tuple(
        StepRecord(
            phase=phase, step=step, loss=3.0 / step, learning_rate=1e-5, tokens=100, loss_tokens=40, seconds=1
        )
        for phase in ("knowledge", "skills")
        for step in (1, 2)
    )


def make_release_run(folder: Path, *, compared: Comparison = GOOD, name: str = "run") -> RunDir:
    checkpoint = folder / "checkpoint"
    if not checkpoint.exists():
        (checkpoint / "model").mkdir(parents=True)
        make_tiny_model(checkpoint / "model", 1)
    other = "compositional_skills/synonyms"
    document = Document(name="birds/evil.md", sha256="cd" * 32, path="documents/cd.md")
    papers: dict[str, Paper] = {
        "leafset": LeafSet(
            entries=(
                LeafEntry(
                    leaf=_leaf(EVIL_LEAF, Kind.KNOWLEDGE, EVIL_CREATOR),
                    contributed=True,
                    documents=(document,),
                ),
                LeafEntry(leaf=_leaf(other, Kind.FREEFORM, "Ann"), contributed=False),
            )
        ),
        "sampleset": SampleSet(leaves=(_counts(EVIL_LEAF), _counts(other))),
        "checkpoint": Checkpoint(base_model="tiny:1", steps=_steps(), world_size=1),
        "report": ExamReport(model_digest=model_digest(checkpoint / "model"), scores=()),
        "comparison": compared,
    }
    for role, paper in papers.items():
        (folder / role).mkdir(exist_ok=True)
        write_atomically(folder / role / paper.file, paper.model_dump_json().encode())
    teacher = StageSpec(
        stage="generate", config={"teacher": {"kind": "vllm", "model": "tiny:1"}}, code_version="x"
    )
    write_atomically(folder / "sampleset" / "config.json", teacher.model_dump_json().encode())
    config = ReleaseConfig(
        version="2026.47.1",
        previous_version=None,
        repository="acme/taxonomy",
        taxonomy_commit="f" * 40,
        base_model="tiny:1",
        contributions=(
            Contributor(login="eve-dev", leaf_id=EVIL_LEAF, pull_request=7),
            Contributor(login="not a login](x)", leaf_id=EVIL_LEAF),
        ),
    )
    spec = StageSpec(
        stage="release",
        config=config.model_dump(mode="json"),
        inputs={role: InputRef(path=str(folder / role), digest=role) for role in papers},
        code_version=code_version("release"),
    )
    return RunDir.create(folder / name, spec, Place(models=folder / "models", leaves=folder / "leaves"))
