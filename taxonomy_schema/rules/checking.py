"""One leaf: what parsing found and what the rules find, in the order of the files' lines."""

from typing import Final

from taxonomy_schema.files import QNA, LeafFiles
from taxonomy_schema.findings import Finding
from taxonomy_schema.parse import ParsedLeaf, read_source
from taxonomy_schema.policy import DEFAULT_POLICY, Policy
from taxonomy_schema.rules import (
    addressing,
    attributions,
    counts,
    credentials,
    folders,
    form,
    meaning,
    personal,
    safety,
    sources,
    style,
    topics,
)
from taxonomy_schema.rules.leaf_rule import LeafRule

LEAF_RULES: Final[tuple[LeafRule, ...]] = (
    *form.RULES,
    *style.RULES,
    *folders.RULES,
    *counts.RULES,
    *meaning.RULES,
    *sources.RULES,
    *attributions.RULES,
    *safety.RULES,
    *credentials.RULES,
    *personal.RULES,
    *topics.RULES,
    *addressing.RULES,
)

# More would hide the first ones; somebody who mends these sees the rest.
MAX_FINDINGS: Final = 100


def check(files: LeafFiles, policy: Policy = DEFAULT_POLICY) -> ParsedLeaf:
    """Parse a leaf and ask every rule. Never raises for what the files hold."""
    source = read_source(files)
    found = dict.fromkeys(source.findings)
    for rule in LEAF_RULES:
        found.update(dict.fromkeys(rule.check(source, policy)))
    ordered = sorted(policy.weigh(found), key=_order)
    errors_first = (
        sorted(ordered, key=lambda finding: finding.severity) if len(ordered) > MAX_FINDINGS else ordered
    )
    return ParsedLeaf(source, tuple(sorted(errors_first[:MAX_FINDINGS], key=_order)))


def _order(finding: Finding) -> tuple[bool, str, int, int, str, str]:
    place = finding.place
    return (not place.file.endswith(QNA), place.file, place.line, place.column, finding.code, finding.message)
