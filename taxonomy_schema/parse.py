"""A leaf's two files -> what rules look at, and findings that say where and how to mend them.

Never raises for what they hold. One pass over the bytes of `qna.yaml` serves style, schema and meaning alike.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from taxonomy_schema.attribution import Work, read_works
from taxonomy_schema.files import ATTRIBUTION, QNA, LeafFiles
from taxonomy_schema.findings import Finding, Judged, Place
from taxonomy_schema.kinds import Kind
from taxonomy_schema.parse_rules import NoQna, NotAMapping
from taxonomy_schema.places import Lines
from taxonomy_schema.schema import schema_findings
from taxonomy_schema.spots import YamlSource
from taxonomy_schema.text import read_text
from taxonomy_schema.yaml_source import read_yaml

if TYPE_CHECKING:
    from taxonomy_schema.models import Leaf


class LeafSource:
    """What reading left, for rules. A text is `None` where its file is missing or holds no text."""

    def __init__(self, files: LeafFiles) -> None:
        self.files = files
        self.qna_file = f"{files.id}/{QNA}"
        self.attribution_file = f"{files.id}/{ATTRIBUTION}"
        self.qna_text: str | None = None
        self.attribution_text: str | None = None
        self.yaml = YamlSource()
        self.sound = False
        """`qna.yaml` has the format, whatever else the findings say of it."""
        self.data: Mapping[str, Any] = {}
        """The top of `qna.yaml`; empty unless it has the format."""
        self.findings: list[Finding] = []
        self.beyond_ascii = ""
        """Every character of both files that is not ASCII, in order: most files have few or none."""
        self.kept: dict[str, Any] = {}
        """What one rule worked out and others look at too."""

    @cached_property
    def kind(self) -> Kind | None:
        """What the leaf teaches; `None` unless it has the format."""
        if not self.sound:
            return None
        parts = self.files.id.split("/")
        if parts[0] == Kind.KNOWLEDGE:
            return Kind.KNOWLEDGE
        if "grounded" in parts or any(
            entry.get("context") is not None for entry in self.data["seed_examples"]
        ):
            return Kind.GROUNDED
        return Kind.FREEFORM

    @property
    def is_knowledge(self) -> bool:
        return self.kind is Kind.KNOWLEDGE

    @cached_property
    def leaf(self) -> "Leaf | None":
        """The model of it, for whoever needs one; rules do without."""
        if self.kind is None:
            return None
        from taxonomy_schema.build import build_leaf

        return build_leaf(self.files.id, self.kind, self.data, self.works)

    @cached_property
    def works(self) -> tuple[Work, ...]:
        return read_works(self.attribution_text or "")

    @cached_property
    def lines(self) -> Lines:
        return Lines(self.qna_file, self.qna_text or "")

    @cached_property
    def qna_lines(self) -> list[str]:
        """The lines of `qna.yaml` as editors count them, without their ends."""
        return [line.removesuffix("\r") for line in (self.qna_text or "").split("\n")]


class ParsedLeaf(Judged):
    """What was read and found. `leaf` is there if the files have the format, whatever else the findings say of it."""

    def __init__(self, source: LeafSource, findings: tuple[Finding, ...]) -> None:
        self.source = source
        self.findings = findings

    @property
    def leaf(self) -> "Leaf | None":
        return self.source.leaf


def parse_leaf(files: LeafFiles) -> ParsedLeaf:
    """Read a leaf; findings are those of its form, without the rules' further ones."""
    source = read_source(files)
    return ParsedLeaf(source, tuple(source.findings))


def read_source(files: LeafFiles) -> LeafSource:
    """Read a leaf and keep what rules look at."""
    source = LeafSource(files)
    if files.attribution is not None:
        source.attribution_text, beyond = read_text(
            files.attribution, source.attribution_file, source.findings
        )
        source.beyond_ascii = beyond
    if files.qna is None:
        source.findings.append(
            NoQna.finding(
                Place(file=source.attribution_file),
                "The folder has no qna.yaml, so there is nothing to learn from.",
                "Add qna.yaml with your questions and answers; “graft new” writes one to fill in.",
            )
        )
        return source
    source.qna_text, beyond = read_text(files.qna, source.qna_file, source.findings)
    source.beyond_ascii += beyond
    if source.qna_text is None:
        return source
    source.yaml = read_yaml(source.qna_text, source.qna_file)
    faults = source.yaml.findings or _format_faults(source)
    source.findings.extend(faults)
    if not faults:
        source.sound, source.data = True, source.yaml.data
    return source


def _format_faults(source: LeafSource) -> list[Finding]:
    data = source.yaml.data
    if not data or not isinstance(data, dict):
        what = "is empty" if not data else "has no keys at its top"
        return [
            NotAMapping.finding(
                Place(file=source.qna_file),
                f"The file {what}, so there is no leaf to read.",
                "Start it with “version: 3” and “created_by: …”; “graft new” writes a whole file to fill in.",
            )
        ]
    return schema_findings(source.yaml, knowledge=source.files.id.startswith("knowledge/"))
