"""report.json and data.json: what a release says of itself to machines."""

from pydantic import BaseModel, ConfigDict

from pipelines.artifacts import Checkpoint, Comparison, Delta, LeafSet, SampleSet, Verdict
from pipelines.release.config import ReleaseConfig
from taxonomy_schema.models import Attribution, Kind, KnowledgeDocument


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TrainedPhase(Value):
    phase: str
    steps: int
    tokens: int
    first_loss: float
    last_loss: float


class ReleaseReport(Value):
    """Deltas are candidate minus the release before (the base model before the first), in points."""

    schema_version: int = 1
    version: str
    previous_version: str | None
    base_model: str
    taxonomy_commit: str
    model_digest: str
    headline: Verdict
    summary: str
    deltas: tuple[Delta, ...]
    by_leaf: tuple[Delta, ...]
    training: tuple[TrainedPhase, ...]


class DataDocument(Value):
    name: str
    sha256: str


class DataLeaf(Value):
    """What one leaf gave to this release, and whose work it is."""

    leaf_id: str
    leaf_digest: str
    kind: Kind
    new: bool
    created_by: str
    attribution: Attribution | None
    source: KnowledgeDocument | None
    documents: tuple[DataDocument, ...]
    seeds: int
    samples_key: str | None = None
    samples_asked: int = 0
    samples_kept: int = 0
    samples_dropped: dict[str, int] = {}


class DataManifest(Value):
    schema_version: int = 1
    version: str
    teacher: str | None
    """The model that wrote and graded the samples; None when the samples do not say."""
    leaves: tuple[DataLeaf, ...]


def make_report(
    config: ReleaseConfig, checkpoint: Checkpoint, comparison: Comparison, model_digest: str
) -> ReleaseReport:
    return ReleaseReport(
        version=config.version,
        previous_version=config.previous_version,
        base_model=config.base_model,
        taxonomy_commit=config.taxonomy_commit,
        model_digest=model_digest,
        headline=comparison.headline,
        summary=comparison.summary,
        deltas=comparison.deltas,
        by_leaf=comparison.by_leaf,
        training=_training(checkpoint),
    )


def _training(checkpoint: Checkpoint) -> tuple[TrainedPhase, ...]:
    phases = []
    for phase in dict.fromkeys(step.phase for step in checkpoint.steps):
        steps = [step for step in checkpoint.steps if step.phase == phase]
        phases.append(
            TrainedPhase(
                phase=phase,
                steps=len(steps),
                tokens=sum(step.tokens for step in steps),
                first_loss=steps[0].loss,
                last_loss=steps[-1].loss,
            )
        )
    return tuple(phases)


def make_data_manifest(
    config: ReleaseConfig, leafset: LeafSet, samples: SampleSet, teacher: str | None
) -> DataManifest:
    counts = {leaf.leaf_id: leaf for leaf in samples.leaves}
    leaves = []
    for entry in sorted(leafset.entries, key=lambda entry: entry.leaf.id):
        leaf, count = entry.leaf, counts.get(entry.leaf.id)
        made = (
            {
                "samples_key": count.leaf_key,
                "samples_asked": count.asked,
                "samples_kept": count.kept,
                "samples_dropped": dict(sorted(count.dropped.items())),
            }
            if count
            else {}
        )
        leaves.append(
            DataLeaf(
                leaf_id=leaf.id,
                leaf_digest=leaf.digest,
                kind=leaf.kind,
                new=entry.contributed,
                created_by=leaf.created_by,
                attribution=leaf.attribution,
                source=leaf.document,
                documents=tuple(DataDocument(name=doc.name, sha256=doc.sha256) for doc in entry.documents),
                seeds=len(leaf.seeds),
                **made,
            )
        )
    return DataManifest(version=config.version, teacher=teacher, leaves=tuple(leaves))
