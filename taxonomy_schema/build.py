"""From the data of `qna.yaml`, once it has the format, to a `Leaf`. Kept apart: a check needs no model."""

from collections.abc import Mapping
from typing import Any

from taxonomy_schema.attribution import Work
from taxonomy_schema.kinds import Kind
from taxonomy_schema.models import Attribution, KnowledgeDocument, Leaf, Seed
from taxonomy_schema.versions import lift


def build_leaf(leaf_id: str, kind: Kind, written: Mapping[str, Any], works: tuple[Work, ...]) -> Leaf:
    """The leaf; `written` is valid under the schema of its version."""
    data = lift(written)
    document = data.get("document")
    return Leaf(
        id=leaf_id,
        kind=kind,
        version=data["version"],
        created_by=data["created_by"],
        task_description=data.get("task_description", "").strip(),
        domain=data.get("domain", "").strip(),
        document_outline=data.get("document_outline", "").strip(),
        document=document
        and KnowledgeDocument(
            repository=document["repo"], commit=document["commit"], patterns=tuple(document["patterns"])
        ),
        seeds=tuple(_seeds(data["seed_examples"])),
        attribution=_attribution(works) if works else None,
    )


def _seeds(entries: list[dict[str, Any]]) -> list[Seed]:
    """Every question with its answer. White space around a text belongs to YAML's styles, not to the text."""
    return [
        Seed(
            question=pair["question"].strip(),
            answer=pair["answer"].strip(),
            context=None if entry.get("context") is None else entry["context"].strip(),
            group=group,
        )
        for group, entry in enumerate(entries)
        for pair in entry.get("questions_and_answers", (entry,))
    ]


def _attribution(works: tuple[Work, ...]) -> Attribution:
    """One attribution for a leaf: the distinct values of each field, in order, joined by semicolons."""
    joined = {
        name: "; ".join(dict.fromkeys(work.values[name] for work in works if work.values.get(name)))
        for name in Attribution.model_fields
    }
    return Attribution(**joined)
