"""A leaf's two files -> a `Leaf`, or findings that say where and how to mend them. Never raises for what they hold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from taxonomy_schema.attribution import Work, read_works, to_attribution
from taxonomy_schema.models import Finding, Frozen, Kind, KnowledgeDocument, Leaf, Place, Seed, Severity
from taxonomy_schema.parse_rules import BadCharacters, NoQna, NotAMapping, TooLarge
from taxonomy_schema.places import Lines
from taxonomy_schema.schema import schema_findings
from taxonomy_schema.versions import lift
from taxonomy_schema.yaml_source import YamlSource, read_yaml

QNA: Final = "qna.yaml"
ATTRIBUTION: Final = "attribution.txt"
MAX_BYTES: Final = 1 << 20

# What YAML 1.1 calls not printable.
_CONTROL: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class LeafFiles(Frozen):
    """A leaf's folder as it was read; `None` for a file that is not there. `id` is its path in the tree."""

    id: str
    qna: bytes | None
    attribution: bytes | None


class ParsedLeaf(Frozen):
    """`leaf` is there if the files have the format, whatever else the findings say of it."""

    leaf: Leaf | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    @property
    def hints(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity is Severity.HINT)

    @property
    def ok(self) -> bool:
        return not self.errors


@dataclass(slots=True)
class LeafSource:
    """What reading left, for rules. A text is `None` where its file is missing or holds no text."""

    files: LeafFiles
    qna_text: str | None = None
    attribution_text: str | None = None
    yaml: YamlSource = field(default_factory=YamlSource)
    lines: Lines = field(default_factory=lambda: Lines(QNA, ""))
    works: tuple[Work, ...] = ()
    leaf: Leaf | None = None
    findings: list[Finding] = field(default_factory=list)

    @property
    def data(self) -> Mapping[str, Any]:
        """The top of `qna.yaml`; empty unless it has the format."""
        return self.yaml.data if self.leaf is not None else {}

    @property
    def qna_file(self) -> str:
        return f"{self.files.id}/{QNA}"

    @property
    def attribution_file(self) -> str:
        return f"{self.files.id}/{ATTRIBUTION}"


def parse_leaf(files: LeafFiles) -> ParsedLeaf:
    """Read a leaf; findings are those of its form, without the rules' further ones."""
    source = read_source(files)
    return ParsedLeaf(leaf=source.leaf, findings=tuple(source.findings))


def read_source(files: LeafFiles) -> LeafSource:
    """Read a leaf and keep what rules look at."""
    source = LeafSource(files)
    source.lines = Lines(source.qna_file, "")
    if files.attribution is not None:
        source.attribution_text = _text(files.attribution, source.attribution_file, source.findings)
        source.works = read_works(source.attribution_text or "")
    if files.qna is None:
        source.findings.append(
            NoQna.finding(
                Place(file=source.attribution_file),
                "The folder has no qna.yaml.",
                "Add qna.yaml with the seeds.",
            )
        )
        return source
    source.qna_text = _text(files.qna, source.qna_file, source.findings)
    if source.qna_text is None:
        return source
    source.lines = Lines(source.qna_file, source.qna_text)
    source.yaml = read_yaml(source.qna_text, source.lines)
    faults = list(source.yaml.findings) or _format_faults(source)
    source.findings.extend(faults)
    if not faults:
        source.leaf = _build(source)
    return source


def _format_faults(source: LeafSource) -> list[Finding]:
    data = source.yaml.data
    if not data or not isinstance(data, dict):
        what = "is empty" if not data else "has no keys at its top"
        return [
            NotAMapping.finding(
                Place(file=source.qna_file),
                f"The file {what}.",
                "Start it with “version: 3” and the other keys.",
            )
        ]
    root = source.files.id.split("/", 1)[0]
    return list(schema_findings(source.yaml, source.lines, knowledge=root == "knowledge"))


def _text(data: bytes, file: str, findings: list[Finding]) -> str | None:
    """The bytes as text, or `None` with a finding."""
    if len(data) > MAX_BYTES:
        findings.append(
            TooLarge.finding(
                Place(file=file), f"The file is larger than {MAX_BYTES >> 20} MiB.", "Split the leaf."
            )
        )
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = _place_in(file, data[: error.start].decode("utf-8"))
        findings.append(
            BadCharacters.finding(
                place, "The file is not UTF-8 from here on.", "Save it as UTF-8 text, without a marker."
            )
        )
        return None
    control = _CONTROL.search(text)
    if control is not None:
        findings.append(
            BadCharacters.finding(
                _place_in(file, text[: control.start()]),
                f"A character that is no text stands here (U+{ord(control[0]):04X}).",
                "Remove it; it came perhaps with a copied text.",
            )
        )
        return None
    return text


def _place_in(file: str, before: str) -> Place:
    return Place(file=file, line=before.count("\n") + 1, column=len(before) - before.rfind("\n"))


def _build(source: LeafSource) -> Leaf:
    data = lift(source.yaml.data)
    files = source.files
    document = data.get("document")
    seeds = tuple(_seeds(data["seed_examples"]))
    return Leaf(
        id=files.id,
        kind=_kind(files.id, seeds),
        version=data["version"],
        created_by=data["created_by"],
        task_description=data.get("task_description", "").strip(),
        domain=data.get("domain", "").strip(),
        document_outline=data.get("document_outline", "").strip(),
        document=document
        and KnowledgeDocument(
            repository=document["repo"], commit=document["commit"], patterns=tuple(document["patterns"])
        ),
        seeds=seeds,
        attribution=to_attribution(source.works) if source.works else None,
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


def _kind(leaf_id: str, seeds: tuple[Seed, ...]) -> Kind:
    parts = leaf_id.split("/")
    if parts[0] == Kind.KNOWLEDGE:
        return Kind.KNOWLEDGE
    if "grounded" in parts or any(seed.context is not None for seed in seeds):
        return Kind.GROUNDED
    return Kind.FREEFORM
