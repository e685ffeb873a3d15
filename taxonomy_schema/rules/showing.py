"""What a rule's two examples show, for its page and for the shell: the mend as a diff, and what the check says."""

import difflib
import inspect
import re
from dataclasses import dataclass
from typing import Final

from taxonomy_schema.files import LeafFiles
from taxonomy_schema.findings import Finding
from taxonomy_schema.patterns import late
from taxonomy_schema.policy import DEFAULT_POLICY, Policy
from taxonomy_schema.rule import Example, Rule
from taxonomy_schema.rules.checking import check

_AROUND: Final = 2
_LONGEST_LINE: Final = 100
_MOST_LINES: Final = 40
_READS: Final = late(r"\bpolicy\.(\w+)")


@dataclass(frozen=True)
class Shown:
    """`place` is where the bad example stands; `said` are this rule's findings on it; `diff` mends it."""

    place: str
    moved_to: str
    said: tuple[Finding, ...]
    diff: str
    mended_by_program: bool


def shown(rule: type[Rule]) -> Shown | None:
    """`None` for a rule that one leaf cannot show."""
    if rule.bad is None or rule.good is None:
        return None
    findings = check(leaf_of(rule.bad)).findings
    said = tuple(finding for finding in findings if finding.code == rule.code)
    return Shown(
        place=rule.bad.id,
        moved_to="" if rule.good.id == rule.bad.id else rule.good.id,
        said=said,
        diff="\n".join([*_diff("qna.yaml", rule.bad.qna, rule.good.qna), *_attribution(rule.bad, rule.good)]),
        mended_by_program=any(finding.fix for finding in said),
    )


def leaf_of(example: Example) -> LeafFiles:
    """An example as the files that hold it."""
    qna = example.qna.encode() if isinstance(example.qna, str) else example.qna
    attribution = None if example.attribution is None else example.attribution.encode()
    return LeafFiles(id=example.id, qna=qna, attribution=attribution)


def knobs(rule: type[Rule]) -> dict[str, str]:
    """What of the policy a rule looks at: name -> default."""
    read = [name for name in _READS.findall(inspect.getsource(rule)) if name in Policy._fields]
    return {name: _written(getattr(DEFAULT_POLICY, name)) for name in dict.fromkeys(read)}


def _written(value: object) -> str:
    if isinstance(value, tuple | list | frozenset | set):
        return ", ".join(map(str, value)) or "none"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _attribution(bad: Example, good: Example) -> list[str]:
    if bad.id.split("/")[0] != good.id.split("/")[0]:
        return []  # examples of two kinds differ all over
    return _diff("attribution.txt", bad.attribution, good.attribution)


def _diff(name: str, old: str | bytes | None, new: str | bytes | None) -> list[str]:
    before, after = _lines(old), _lines(new)
    if before == after:
        return []
    lines = [*difflib.unified_diff(before, after, lineterm="", n=_AROUND)][2:]
    kept = [f"@@ {name} @@" if line.startswith("@@") else line for line in lines]
    return kept if len(kept) <= _MOST_LINES else [*kept[:_MOST_LINES], "…"]


def _lines(text: str | bytes | None) -> list[str]:
    if text is None:
        return []
    whole = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return [_visible(line) for line in whole.removesuffix("\n").split("\n")]


def _visible(line: str) -> str:
    """A line short enough to show, with what cannot be seen written out."""
    end = re.search(r"[ \t]+$", line)
    spaces = "·" * len(end[0]) if end else ""
    body = line[: end.start()] if end else line
    plain = "".join(
        one if one.isprintable() else "→" if one == "\t" else f"‹U+{ord(one):04X}›" for one in body
    )
    if len(plain) > _LONGEST_LINE:
        return f"{plain[: _LONGEST_LINE - 1]}…"
    return plain + spaces
