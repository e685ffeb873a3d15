"""`release`: through the gate, then a folder that can be published as it is."""

from pathlib import Path

from pipelines.artifacts import Checkpoint, Comparison, ExamReport, LeafSet, Release, SampleSet
from pipelines.errors import OutsideFailed, WrongUse
from pipelines.files import write_atomically
from pipelines.models import model_digest
from pipelines.release.assets import ARCHIVE, pack_small_files, released, take_model
from pipelines.release.card import model_card
from pipelines.release.changelog import changelog
from pipelines.release.config import ReleaseConfig
from pipelines.release.gate import check_gate
from pipelines.release.papers import make_data_manifest, make_report
from pipelines.runs import Manifest, RunDir


def run(run_dir: RunDir) -> Manifest:
    config = ReleaseConfig.model_validate(run_dir.spec().config)
    leafset = LeafSet.load(run_dir.input_path("leafset"))
    samples_folder = run_dir.input_path("sampleset")
    checkpoint_folder = run_dir.input_path("checkpoint")
    examined = ExamReport.load(run_dir.input_path("report")).model_digest
    comparison = Comparison.load(run_dir.input_path("comparison"))
    check_gate(comparison)

    checkpoint = Checkpoint.load(checkpoint_folder)
    model = run_dir.path / "model"
    take_model(checkpoint_folder / checkpoint.model, model)
    digest = _check_examined(model, examined)
    report = make_report(config, checkpoint, comparison, digest)
    data = make_data_manifest(config, leafset, SampleSet.load(samples_folder), _teacher(samples_folder))
    run_dir.write_json("report.json", report)
    run_dir.write_json("data.json", data)
    _write(run_dir.path / "README.md", model_card(config, report, data))
    _write(run_dir.path / "CHANGELOG.md", changelog(config, report, data))
    pack_small_files(model, run_dir.path / ARCHIVE)

    weights = [f"model/{path.name}" for path in sorted(model.glob("*.safetensors"))]
    names = [*weights, ARCHIVE, "README.md", "CHANGELOG.md", "report.json", "data.json"]
    paper = Release(
        version=config.version,
        taxonomy_commit=config.taxonomy_commit,
        base_model=config.base_model,
        leaves=tuple(leaf.leaf_id for leaf in data.leaves),
        new_leaves=tuple(leaf.leaf_id for leaf in data.leaves if leaf.new),
        contributors=tuple(sorted({each.login for each in config.contributions}, key=str.lower)),
        gate_passed=True,
        files=released(run_dir.path, names),
    )
    run_dir.write_json(Release.file, paper)
    run_dir.progress.say(1, 1, "release")
    return run_dir.finish(
        {
            "version": paper.version,
            "headline": comparison.headline.value,
            "leaves": len(paper.leaves),
            "new_leaves": list(paper.new_leaves),
            "files": len(paper.files),
            "bytes": sum(file.size for file in paper.files),
        }
    )


def _check_examined(model: Path, examined: str) -> str:
    """What is published must be what sat the exams."""
    digest = model_digest(model)
    if digest != examined:
        raise OutsideFailed(
            "other_model_examined",
            f"the exams were sat by model {examined[:12]}, the training left {digest[:12]}",
            mend="Something changed the model's files in between; run the release again.",
        )
    return digest


def _teacher(samples: Path) -> str | None:
    """Who wrote the samples, from the config of the stage that made them."""
    try:
        teacher = RunDir(samples).spec().config.get("teacher", {})
    except WrongUse:
        return None  # samples that were brought along rather than generated
    return teacher.get("model") or f"{teacher.get('kind')}:{teacher.get('served_name')}"


def _write(path: Path, text: str) -> None:
    write_atomically(path, text.encode())
