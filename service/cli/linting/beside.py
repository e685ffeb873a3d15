"""A leaf beside the others of its tree: who may be like whom, and what is said where they are."""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from service.cli.linting.cache import LintCache, Row
from taxonomy_schema.findings import Finding
from taxonomy_schema.folder import read_leaf
from taxonomy_schema.parse import LeafSource, read_source
from taxonomy_schema.policy import Policy
from taxonomy_schema.rules.originality import findings_for
from taxonomy_schema.similarity import Fingerprint, band_keys

_MOST_ALIKE = 50
"""Where more leaves share a key, each is compared with the first of them alone, as `similarity.alike` does."""
_SOURCES_KEPT = 256


def owner(leaf_id: str) -> str:
    """Under what name the cache keeps what is said of a leaf beside others."""
    return f"{leaf_id}\0beside"


def keys_of(of: Fingerprint) -> tuple[int, ...]:
    """What a leaf is looked up by: two that share a key may be alike."""
    return tuple(dict.fromkeys((*band_keys(of.signature), *(key for key in of.questions if key))))


def near(cache: LintCache, leaf_id: str, keys: Iterable[int]) -> set[str]:
    """The leaves that this one, with these keys, is to be compared with."""
    found: set[str] = set()
    for key in keys:
        holders = cache.holders(key)
        found.update(holders if len(holders) <= _MOST_ALIKE or leaf_id <= holders[0] else holders[:1])
    found.discard(leaf_id)
    return found


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

    def said(leaf_id: str, others: set[str]) -> tuple[Finding, ...]:
        if not others:
            return ()
        return tuple(
            policy.weigh(findings_for(source(leaf_id), [source(one) for one in sorted(others)], policy))
        )

    return [Row(owner(leaf_id), b"", said(leaf_id, others)) for leaf_id, others in near_to.items()]
