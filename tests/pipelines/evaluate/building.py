"""Runs of `evaluate` on tiny models, made by hand."""

from pathlib import Path
from typing import Any

from pipelines.artifacts import ExamItem, Exams
from pipelines.evaluate.config import EvaluateConfig
from pipelines.provenance import code_version
from pipelines.runs import InputRef, Place, RunDir, StageSpec
from taxonomy_schema.models import Kind


def make_item(number: int, **changes: Any) -> ExamItem:
    values: dict[str, Any] = {
        "id": f"{number:016x}",
        "leaf_id": f"knowledge/leaf{number % 3}",
        "contributed": number % 3 == 0,
        "kind": Kind.KNOWLEDGE,
        "group": number % 2,
        "question": "What sings" + " again" * (number % 5) + "?",
        "answer": "A small bird" + " in the snow" * (number % 4),
        "context": "Birds sing.",
    }
    return ExamItem(**(values | changes))


def make_evaluate_run(
    folder: Path, home: Path, items: list[ExamItem], *, model: str | None = "tiny:1", **settings: Any
) -> RunDir:
    """`home` holds what stages of one machine share: prepared models, kept scores."""
    exams = folder / "exams"
    exams.mkdir(parents=True)
    (exams / Exams.file).write_text(Exams(items=tuple(items)).model_dump_json())
    config = EvaluateConfig.model_validate({"model": model, "answer_tokens": 8, **settings})
    spec = StageSpec(
        stage="evaluate",
        config=config.model_dump(mode="json"),
        inputs={"exams": InputRef(path=str(exams), digest="0" * 64)},
        code_version=code_version("evaluate"),
    )
    return RunDir.create(folder / "run", spec, Place(models=home / "models", leaves=home / "leaves"))
