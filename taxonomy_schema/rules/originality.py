"""Whether a leaf says what another leaf of the taxonomy says already: then it teaches nothing more, and an exam that
asks the one has been seen in the other.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from taxonomy_schema.files import LeafFiles
from taxonomy_schema.findings import Finding, Place, Severity
from taxonomy_schema.parse import LeafSource, ParsedLeaf
from taxonomy_schema.policy import DEFAULT_POLICY, Policy
from taxonomy_schema.rule import Rule, quoted
from taxonomy_schema.rules.checking import check
from taxonomy_schema.rules.walk import pairs, place
from taxonomy_schema.similarity import alike, fingerprint, question_keys, shingles, similarity

_MOST_NAMED: Final = 5


class NearLeaf(Rule):
    code = "GL601"
    title = "The leaf is nearly another leaf"
    severity = Severity.HINT
    docs = (
        "Most of the leaf's passages of three words stand in another leaf of the taxonomy too. Two such leaves teach "
        "the same, and each spoils the other's exam. The share from which this is said is the policy's "
        "`leaf_similarity`, by default 0.6."
    )


class SameQuestion(Rule):
    code = "GL602"
    title = "The question stands in another leaf"
    severity = Severity.HINT
    docs = (
        "Another leaf asks the same, but for capitals, punctuation and light words such as “the”; for grounded skills "
        "under the same context. The model would be taught the answer that the other leaf's exam asks for."
    )


def findings_for(
    source: LeafSource, others: Iterable[LeafSource], policy: Policy = DEFAULT_POLICY
) -> list[Finding]:
    """What is said of a leaf beside others that it may be like. Each is compared exactly before anything is said."""
    ordered = sorted(
        (other for other in others if other.files.id != source.files.id), key=lambda one: one.files.id
    )
    if not (source.sound and ordered):
        return []
    return [*_near_leaves(source, ordered, policy), *_same_questions(source, ordered)]


def _near_leaves(source: LeafSource, others: list[LeafSource], policy: Policy) -> Iterator[Finding]:
    own = shingles(source)
    shares = [(similarity(own, shingles(other)), other) for other in others]
    near = [(share, other) for share, other in shares if share >= policy.leaf_similarity]
    for share, other in sorted(near, key=lambda one: (-one[0], one[1].files.id))[:_MOST_NAMED]:
        yield NearLeaf.finding(
            Place(file=source.qna_file),
            f"This leaf and {quoted(other.files.id)} have {share:.0%} of their passages in common: it teaches "
            "little more.",
            "Add what is new here to that leaf instead, or write examples that it does not have.",
        )


def _same_questions(source: LeafSource, others: list[LeafSource]) -> Iterator[Finding]:
    asked: dict[int, tuple[LeafSource, int]] = {}
    for other in others:
        for index, key in enumerate(question_keys(other)):
            asked.setdefault(key, (other, index))
    for pair, key in zip(pairs(source), question_keys(source), strict=True):
        if key and key in asked:
            other, index = asked[key]
            line = other.yaml.spot((*pairs(other)[index].path, "question")).line
            yield SameQuestion.finding(
                place(source, (*pair.path, "question")),
                f"The question {quoted(pair.question)} stands in {quoted(other.files.id)} too (line {line}): it "
                "cannot test there what is taught here.",
                "Ask something else, or take the question out here.",
            )


def check_tree(
    leaves: Mapping[str, LeafFiles], policy: Policy = DEFAULT_POLICY
) -> dict[str, tuple[Finding, ...]]:
    """Every leaf checked, and beside every other: the findings of each, by id."""
    parsed = {leaf_id: check(files, policy) for leaf_id, files in leaves.items()}
    beside = compare({leaf_id: leaf.source for leaf_id, leaf in parsed.items()}, policy)
    return {leaf_id: with_more(leaf, beside[leaf_id]) for leaf_id, leaf in parsed.items()}


def compare(
    sources: Mapping[str, LeafSource], policy: Policy = DEFAULT_POLICY, of: Iterable[str] | None = None
) -> dict[str, tuple[Finding, ...]]:
    """What is said of each leaf (or each named one) beside the others, weighed by the policy."""
    return said_of(
        alike({leaf_id: fingerprint(source) for leaf_id, source in sources.items()}, of), sources, policy
    )


def said_of(
    near: Mapping[str, Iterable[str]], sources: Mapping[str, LeafSource], policy: Policy = DEFAULT_POLICY
) -> dict[str, tuple[Finding, ...]]:
    """What is said of each leaf beside those that it may be like, weighed by the policy."""
    return {
        leaf_id: tuple(
            policy.weigh(findings_for(sources[leaf_id], [sources[other] for other in others], policy))
        )
        for leaf_id, others in near.items()
    }


def with_more(leaf: ParsedLeaf, more: Iterable[Finding]) -> tuple[Finding, ...]:
    """A leaf's findings with those that other leaves or benchmarks give rise to."""
    return (*leaf.findings, *more)


ORIGINALITY_RULES: Final[tuple[type[Rule], ...]] = (NearLeaf, SameQuestion)
