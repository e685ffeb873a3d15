"""A LeafSet of three leaves, and generate on it with the scripted engine."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipelines.artifacts import Document, LeafEntry, LeafSet
from pipelines.files import digest
from pipelines.generate.config import GenerateConfig
from pipelines.provenance import code_version
from pipelines.runs import InputRef, Place, RunDir, StageSpec
from taxonomy_schema.models import Kind, Leaf, Seed

BIRDS = "knowledge/birds"
RHYMES = "compositional_skills/rhymes"
SHORTER = "compositional_skills/grounded/shorter"

_DOCUMENT = "\n\n".join(
    f"The {bird} lives in {place} all the year and eats {food} from the ground. "
    f"It builds its nest of {stuff} in {month}."
    for bird, place, food, stuff, month in [
        ("wren", "hedges and gardens", "small insects", "moss", "April"),
        ("heron", "marshes near the sea", "fish and frogs", "long sticks", "March"),
        ("swift", "high towers", "flies", "feathers", "June"),
        ("eagle", "the northern hills", "hares", "heavy branches", "February"),
    ]
)


def knowledge_entry(folder: Path, *, contributed: bool = True, text: str = _DOCUMENT) -> LeafEntry:
    sha256 = digest(text)
    (folder / "documents").mkdir(exist_ok=True)
    (folder / "documents" / f"{sha256}.md").write_text(text)
    seeds = tuple(
        Seed(
            question=f"What does bird {n} sing?",
            answer=f"Bird {n} sings tune {n}.",
            context=f"About {n}.",
            group=n,
        )
        for n in range(3)
    )
    leaf = Leaf(
        id=BIRDS,
        kind=Kind.KNOWLEDGE,
        version=3,
        created_by="ada",
        document_outline="Birds of the north",
        seeds=seeds,
    )
    document = Document(name="birds.md", sha256=sha256, path=f"documents/{sha256}.md")
    return LeafEntry(leaf=leaf, contributed=contributed, documents=(document,))


def skill_entry(leaf_id: str, kind: Kind, *, contributed: bool = False) -> LeafEntry:
    seeds = tuple(
        Seed(
            question=f"Which word goes with stone number {n}?",
            answer=f"Bone number {n}, because both end alike.",
            context=f"Stones come in {n} sizes." if kind is Kind.GROUNDED else None,
            group=n,
        )
        for n in range(3)
    )
    task = f"Teaches {leaf_id.rsplit('/', 1)[-1]} with short exercises"
    leaf = Leaf(id=leaf_id, kind=kind, version=3, created_by="ada", task_description=task, seeds=seeds)
    return LeafEntry(leaf=leaf, contributed=contributed)


@dataclass(slots=True)
class Workshop:
    """A home for runs; the store of leaves is shared, as on a real machine."""

    folder: Path
    entries: list[LeafEntry] = field(default_factory=list)
    made: int = 0

    def leafset(self) -> InputRef:
        folder = self.folder / "leafset"
        paper = LeafSet(entries=tuple(self.entries))
        (folder / LeafSet.file).write_text(paper.model_dump_json())
        return InputRef(path=str(folder), digest=digest(json.loads(paper.model_dump_json())))

    def plan(
        self, *, leaves: str = "leaves", engine: dict[str, Any] | None = None, **settings: Any
    ) -> RunDir:
        config = GenerateConfig.model_validate(
            {
                "teacher": {"kind": "scripted", **(engine or {})},
                "samples_per_leaf": 6,
                "chunk_words": 20,
                **settings,
            }
        )
        spec = StageSpec(
            stage="generate",
            config=config.model_dump(mode="json"),
            inputs={"leafset": self.leafset()},
            code_version=code_version("generate"),
        )
        self.made += 1
        place = Place(models=self.folder / "models", leaves=self.folder / leaves)
        return RunDir.create(self.folder / f"run{self.made}", spec, place)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    folder = tmp_path / "leafset"
    folder.mkdir()
    entries = [
        skill_entry(SHORTER, Kind.GROUNDED),
        skill_entry(RHYMES, Kind.FREEFORM),
        knowledge_entry(folder),
    ]
    return Workshop(tmp_path, entries)
