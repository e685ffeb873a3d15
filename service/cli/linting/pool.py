"""Many leaves of one folder, checked on all cores."""

import gc
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from service.cli.lint_text import line_at
from taxonomy_schema.files import LeafFiles
from taxonomy_schema.findings import Finding
from taxonomy_schema.folder import read_leaf
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.policy import Policy
from taxonomy_schema.rules.checking import check
from taxonomy_schema.similarity import Fingerprint, fingerprint

_WORTH_A_PROCESS: Final = 200
"""Leaves a process must have to do; below that, starting it takes longer than it saves."""
_CHUNK: Final = 100
_SELDOM: Final = 50_000
"""Objects made between two searches for cycles: a check leaves none behind."""


class CheckedFiles(NamedTuple):
    """What is said of one leaf, of which lines, and of which content: `key` is the hash of its files. `print` tells
    what it is like.
    """

    id: str
    key: bytes
    findings: tuple[Finding, ...]
    lines: tuple[str, ...]
    print: Fingerprint


def content_key(files: LeafFiles) -> bytes:
    """SHA-256 over both files, a missing one told from an empty one."""
    digest = hashlib.sha256()
    for content in (files.qna, files.attribution):
        digest.update(b"-" if content is None else b"+%d:" % len(content))
        digest.update(content or b"")
    return digest.digest()


def check_leaves(
    root: Path, names: Mapping[str, set[str]], policy: Policy, *, processes: int | None = None
) -> Iterator[CheckedFiles]:
    """Each leaf in `names` (id -> which of its files are there), in that order.

    Raises:
        TreeError: a file cannot be read.

    """
    some = list(names.items())
    workers = min(processes or os.cpu_count() or 1, len(some) // _WORTH_A_PROCESS)
    if workers < 2:  # noqa: PLR2004 - one process is this one
        yield from check_some(root, some, policy)
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    chunks = [some[at : at + _CHUNK] for at in range(0, len(some), _CHUNK)]
    # Forked: the rules are loaded already, and nothing here runs a thread.
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(workers, context, gc.set_threshold, (_SELDOM,)) as pool:
        for done in pool.map(_check_chunk, chunks, [root] * len(chunks), [policy] * len(chunks)):
            yield from done


def check_some(root: Path, some: Sequence[tuple[str, set[str]]], policy: Policy) -> Iterator[CheckedFiles]:
    """The same in this process."""
    for leaf_id, names in some:
        yield check_files(read_leaf(root, leaf_id, names), policy)


def check_files(files: LeafFiles, policy: Policy) -> CheckedFiles:
    checked = check(files, policy)
    lines = lines_of(checked.source, checked.findings)
    return CheckedFiles(files.id, content_key(files), checked.findings, lines, fingerprint(checked.source))


def lines_of(source: LeafSource, findings: Iterable[Finding]) -> tuple[str, ...]:
    """The line that each finding points at; empty for one that is not there."""
    return tuple(
        line_at(source.qna_text if place.file == source.qna_file else source.attribution_text, place.line)
        for place in (finding.place for finding in findings)
    )


def _check_chunk(some: Sequence[tuple[str, set[str]]], root: Path, policy: Policy) -> list[CheckedFiles]:
    return list(check_some(root, some, policy))
