"""Where a leaf lives and what stands beside `qna.yaml`."""

import re
from collections.abc import Iterator
from typing import Final

from taxonomy_schema.findings import Finding, Place, Severity
from taxonomy_schema.kinds import ROOTS
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.parse_rules import ATTRIBUTION, GOOD, GOOD_SKILL
from taxonomy_schema.patterns import late
from taxonomy_schema.policy import Policy
from taxonomy_schema.rule import Example, quoted
from taxonomy_schema.rules.leaf_rule import LeafRule

_NAME: Final = late(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_LEAST_DEPTH: Final = 3
_MOST_DEPTH: Final = 12
_FREE_OF_ATTRIBUTION: Final = "foundational_skills"


def _here(source: LeafSource) -> Place:
    return Place(file=source.qna_file if source.files.qna is not None else source.attribution_file)


class FolderName(LeafRule):
    code = "GL127"
    title = "A folder's name has characters that names do not have"
    docs = (
        "Folders are named with letters, digits, `_`, `-` and `.`, beginning with a letter or digit, "
        "up to 100 characters."
    )
    bad = Example(GOOD_SKILL, ATTRIBUTION, "compositional_skills/writing/short answers")
    good = GOOD

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        for part in source.files.id.split("/"):
            if not _NAME.fullmatch(part):
                better = re.sub(r"[^A-Za-z0-9.-]+", "_", part).strip("_.-")[:100].lower() or "a_name"
                yield self.finding(
                    _here(source),
                    f"{quoted(part)} is no name for a folder: links and programs trip over it.",
                    f"Use letters, digits, “_”, “-” and “.”; for example rename it to {better}.",
                )


class FolderDepth(LeafRule):
    code = "GL128"
    title = "The leaf is not at a place where leaves live"
    lenient = True
    docs = (
        f"A leaf lives under {', '.join(f'`{root}/`' for root in ROOTS)}, in a folder of its own below a subject: "
        f"from {_LEAST_DEPTH} to {_MOST_DEPTH} folders deep, as `knowledge/science/birds`. Two deep is a hint."
    )
    bad = Example(GOOD_SKILL, ATTRIBUTION, "compositional_skills")
    good = GOOD

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        parts = source.files.id.split("/")
        if parts[0] not in ROOTS:
            yield self.finding(
                _here(source),
                "The leaf is outside the folders of the taxonomy, where nobody looks for it.",
                f"Move it below {', '.join(ROOTS[:-1])} or {ROOTS[-1]}.",
            )
        elif len(parts) == 1:
            yield self.finding(
                _here(source),
                f"The leaf stands right in {parts[0]}/, where every other leaf would be a part of it.",
                f"Move it to a folder of its own, as {parts[0]}/subject/topic.",
            )
        elif len(parts) > _MOST_DEPTH:
            yield self.finding(
                _here(source),
                f"The leaf is {len(parts)} folders deep; {_MOST_DEPTH} is the most that people find their way in.",
                f"Move it up, to a path of at most {_MOST_DEPTH} folders.",
            )
        elif len(parts) < _LEAST_DEPTH:
            yield self.finding(
                _here(source), "The leaf stands in no folder of a subject, so it is hard to find.",
                f"Put it below a subject, as in {parts[0]}/subject/{parts[-1]}.", Severity.HINT,
            )  # fmt: skip


class OtherRoot(LeafRule):
    code = "GL130"
    title = "A folder is named as a root of the taxonomy"
    docs = (
        f"{', '.join(f'`{root}`' for root in ROOTS)} are the roots of the tree. InstructLab's tools take the last such "
        "name in a leaf's path for its root: below `compositional_skills/knowledge/` a skill is read as knowledge."
    )
    bad = Example(GOOD_SKILL, ATTRIBUTION, "compositional_skills/knowledge/short")
    good = GOOD

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        for part in source.files.id.split("/")[1:]:
            if part in ROOTS:
                yield self.finding(
                    _here(source),
                    f"The folder {quoted(part)} is named as a root of the taxonomy, and InstructLab's tools take it "
                    "for this leaf's root.",
                    f"Rename the folder, for example to {part}_topics.",
                )


class NoAttribution(LeafRule):
    code = "GL129"
    title = "attribution.txt is missing or empty"
    docs = (
        "Each leaf says in `attribution.txt` whose work it draws on and under which licence. "
        f"Only leaves under `{_FREE_OF_ATTRIBUTION}/` may go without."
    )
    bad = Example(GOOD_SKILL, None)
    good = GOOD

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        if source.files.qna is None or source.files.id.split("/")[0] == _FREE_OF_ATTRIBUTION:
            return
        mend = "Add the lines “Title of work: …”, “Link to work: …”, “License of the work: …” and “Creator names: …”."
        if source.files.attribution is None:
            yield self.finding(
                Place(file=source.qna_file),
                "The leaf has no attribution.txt, so nobody knows whose work it is and whether it may be used.",
                mend,
            )
        elif not source.files.attribution.strip():
            yield self.finding(
                Place(file=source.attribution_file),
                "attribution.txt is empty, so nobody knows whose work the leaf is and whether it may be used.",
                mend,
            )


RULES: Final[tuple[LeafRule, ...]] = (FolderName(), FolderDepth(), OtherRoot(), NoAttribution())
