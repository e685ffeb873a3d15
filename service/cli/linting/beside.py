"""A leaf beside the others of its tree: who may be like whom, and what is said where they are."""

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from pathlib import Path

from service.cli.linting.cache import LintCache, Row
from service.cli.linting.pool import lines_of
from taxonomy_schema import similarity
from taxonomy_schema.folder import read_leaf
from taxonomy_schema.parse import LeafSource, read_source
from taxonomy_schema.policy import Policy
from taxonomy_schema.rules.originality import findings_for
from taxonomy_schema.similarity import Fingerprint, agree, band_keys

_SOURCES_KEPT = 256


def owner(leaf_id: str) -> str:
    """Under what name the cache keeps what is said of a leaf beside others."""
    return f"{leaf_id}\0beside"


def near(cache: LintCache, leaf_id: str, own: Fingerprint | None) -> set[str]:
    """The leaves that this one is to be compared with."""
    if own is None:
        return set()
    found: set[str] = set()
    for key in band_keys(own.signature):
        found.update(_holders(cache, leaf_id, key))
    found.discard(leaf_id)
    prints = {other: cache.print(other) for other in found}
    found = {other for other, of in prints.items() if of is not None and agree(own.signature, of.signature)}
    for key in filter(None, own.questions):
        found.update(_holders(cache, leaf_id, key))
    found.discard(leaf_id)
    return found


def _holders(cache: LintCache, leaf_id: str, key: int) -> list[str]:
    holders = cache.holders(key)
    return holders if len(holders) <= similarity.MOST_ALIKE or leaf_id <= holders[0] else holders[:1]


def rows(
    root: Path, names: Callable[[str], Collection[str]], near_to: Mapping[str, set[str]], policy: Policy
) -> list[Row]:
    """What is said of each leaf beside those near to it. `names` tells which of a leaf's files are there.

    Raises:
        TreeError: a file cannot be read.

    """

    @lru_cache(_SOURCES_KEPT)
    def source(leaf_id: str) -> LeafSource:
        return read_source(read_leaf(root, leaf_id, names(leaf_id)))

    def row(leaf_id: str, others: set[str]) -> Row:
        if not others:
            return Row(owner(leaf_id))
        own = source(leaf_id)
        found = findings_for(own, [source(one) for one in sorted(others)], policy)
        said = tuple(policy.weigh(found))
        return Row(owner(leaf_id), findings=said, lines=lines_of(own, said))

    return [row(leaf_id, others) for leaf_id, others in near_to.items()]
