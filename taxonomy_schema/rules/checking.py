"""One leaf: what parsing found and what the rules find, in the order of the files' lines."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

from taxonomy_schema.files import QNA, LeafFiles
from taxonomy_schema.findings import Finding, Place
from taxonomy_schema.parse import ParsedLeaf, read_source
from taxonomy_schema.parse_rules import TooManyFindings
from taxonomy_schema.policy import DEFAULT_POLICY, Policy
from taxonomy_schema.rules import (
    addressing,
    attributions,
    counts,
    credentials,
    folders,
    form,
    languages,
    meaning,
    personal,
    safety,
    sources,
    style,
    tokens,
    topics,
    widths,
)
from taxonomy_schema.rules.leaf_rule import LeafRule

LEAF_RULES: Final[tuple[LeafRule, ...]] = (
    *form.RULES,
    *style.RULES,
    *widths.RULES,
    *folders.RULES,
    *counts.RULES,
    *tokens.RULES,
    *meaning.RULES,
    *languages.RULES,
    *sources.RULES,
    *attributions.RULES,
    *safety.RULES,
    *credentials.RULES,
    *personal.RULES,
    *topics.RULES,
    *addressing.RULES,
)

_CHECKS: Final = tuple(rule.check for rule in LEAF_RULES)

# More would hide the first ones; somebody who mends these sees the rest.
MAX_FINDINGS: Final = 100


def check(files: LeafFiles, policy: Policy = DEFAULT_POLICY) -> ParsedLeaf:
    """Parse a leaf and ask every rule. Never raises for what the files hold."""
    source = read_source(files)
    said = chain.from_iterable([ask(source, policy) for ask in _CHECKS])
    found = dict.fromkeys(chain(source.findings, said))  # what two rules say alike is said once
    ordered = sorted(policy.weigh(found), key=_order)
    return ParsedLeaf(source, tuple(ordered if len(ordered) <= MAX_FINDINGS else _cut(ordered)))


def _cut(ordered: list[Finding]) -> Iterator[Finding]:
    """The first of them, errors before hints, and how many there are: what is left out is said."""
    kept = sorted(sorted(ordered, key=lambda finding: finding.severity)[: MAX_FINDINGS - 1], key=_order)
    left = len(ordered) - len(kept)
    yield TooManyFindings.finding(
        Place(file=kept[0].place.file),
        f"There is more: {left:,} of {len(ordered):,} findings are not shown, so that the first can be read.",
        "Mend the ones below, and look again.",
    )
    yield from kept


def _order(finding: Finding) -> tuple[bool, str, int, int, str, str]:
    place = finding.place
    return (not place.file.endswith(QNA), place.file, place.line, place.column, finding.code, finding.message)
