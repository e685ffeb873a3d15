"""A whole taxonomy on this machine: every leaf the first time, and from then on those that changed.

What changed is asked of Git where the taxonomy is a repository, and otherwise told by hashing the files' content.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from service.cli.lint_text import line_at
from service.cli.linting import beside
from service.cli.linting.cache import LintCache, Row, cache_file, fingerprint, opened
from service.cli.linting.git_state import Asked, GitState, changed_between
from service.cli.linting.pool import CheckedFiles, check_files, check_leaves, content_key
from taxonomy_schema.entries import LEAF_FILES, TreeEntry, entry_findings
from taxonomy_schema.findings import Finding
from taxonomy_schema.folder import leaf_names, list_folder, list_one, read_leaf, read_shown
from taxonomy_schema.policy import Policy
from taxonomy_schema.similarity import alike


class LintedTree(NamedTuple):
    """How many leaves there are, how many of them were looked at anew, and what is said of all."""

    leaves: int
    looked_at: int
    findings: Sequence[Finding]


def lint_tree(root: Path, policy: Policy, asked: Asked | None = None) -> LintedTree:
    """Every leaf of the taxonomy at `root`, and its files that belong to none.

    `asked` is what Git was asked of it; with it, what was found the last time is remembered.

    Raises:
        TreeError: a folder or file cannot be read.

    """
    if asked is None:
        return _afresh(root, policy)
    cache = opened(cache_file(root), fingerprint(policy))
    state = asked.answer()
    if cache is None:
        return _afresh(root, policy)
    try:
        return _remembering(root, cache, policy, state)
    except sqlite3.DatabaseError:
        cache.discard()
        return _afresh(root, policy)
    finally:
        cache.close()


def _remembering(root: Path, cache: LintCache, policy: Policy, state: GitState | None) -> LintedTree:
    scope = _scope(root, cache, state)
    looked_at = _everything(root, cache, policy) if scope is None else _folders(root, cache, policy, scope)
    cache.set_state("head", state.head if state is not None else "")
    cache.set_dirty(state.dirty if state is not None else ())
    cache.commit()
    return LintedTree(cache.count(), looked_at, cache.findings())


def _afresh(root: Path, policy: Policy) -> LintedTree:
    entries = list_folder(root)
    names = dict(sorted(leaf_names(entries).items()))
    checked = list(check_leaves(root, names, policy))
    beside_others = beside.rows(root, names.__getitem__, _alike(checked), policy)
    rows = [*map(_row, checked), *beside_others, *_outside(root, entries)]
    rows.sort(key=lambda row: row.owner)  # as the cache has them
    return LintedTree(len(names), len(names), tuple(finding for row in rows for finding in row.findings))


def _alike(checked: Sequence[CheckedFiles]) -> dict[str, set[str]]:
    """Who is to be compared with whom, when all are at hand."""
    found = alike({leaf.id: leaf.print for leaf in checked})
    return {leaf_id: others for leaf_id, others in sorted(found.items()) if others}


def _scope(root: Path, cache: LintCache, state: GitState | None) -> set[str] | None:
    """The folders in which something may differ from what the cache knows; `None`: anything may."""
    known = cache.state("head")
    if state is None or not state.head or not known:
        return None
    paths = state.dirty | cache.dirty()
    if known != state.head:
        between = changed_between(root, known, state.head)
        if between is None:
            return None
        paths |= between
    if any(path.endswith("/") for path in paths):  # a folder as a whole is ignored: its files are not listed
        return None
    return {path.rpartition("/")[0] for path in paths}


def _everything(root: Path, cache: LintCache, policy: Policy) -> int:
    """Compare the whole folder with the cache by content; returns how many leaves were checked."""
    entries = list_folder(root)
    names = dict(sorted(leaf_names(entries).items()))
    known = cache.keys()
    if known:
        checked = list(_changed(root, names, policy, known))
        _remember(root, cache, policy, checked, known.keys() - names.keys())
    else:
        checked = list(check_leaves(root, names, policy))
        beside_others = beside.rows(root, names.__getitem__, _alike(checked), policy)
        cache.fill([*map(_row, checked), *beside_others])
    cache.forget_outside()
    cache.put(_outside(root, entries))
    return len(checked)


def _changed(
    root: Path, names: Mapping[str, set[str]], policy: Policy, known: Mapping[str, bytes]
) -> Iterator[CheckedFiles]:
    for leaf_id, found in names.items():
        files = read_leaf(root, leaf_id, found)
        if known.get(leaf_id) != content_key(files):
            yield check_files(files, policy)


def _folders(root: Path, cache: LintCache, policy: Policy, folders: set[str]) -> int:
    """Look into these folders alone; returns how many leaves were checked."""
    top = os.path.realpath(root)
    checked: list[CheckedFiles] = []
    gone = set()
    for folder in sorted(folders):
        whole = os.path.join(top, folder)  # noqa: PTH118 - compared as text
        entries = list_one(root, folder) if os.path.realpath(whole) == whole else ()
        names = leaf_names(entries)
        checked += _changed(root, names, policy, {folder: cache.key(folder)})
        if folder not in names:
            gone.add(folder)
        cache.forget(f"{folder}/")
        cache.put(_outside(root, entries))
    _remember(root, cache, policy, checked, gone)
    return len(checked)


def _remember(
    root: Path, cache: LintCache, policy: Policy, checked: Sequence[CheckedFiles], gone: AbstractSet[str]
) -> None:
    """Put what was checked in the place of what was known, and compare anew whoever was or is near to one of these."""
    touched = {leaf.id for leaf in checked} | {leaf_id for leaf_id in gone if cache.key(leaf_id)}
    affected = set(touched)
    for leaf_id in touched:
        affected |= beside.near(cache, leaf_id, cache.print(leaf_id))
    for leaf_id in gone:
        cache.forget(leaf_id)
        cache.forget(beside.owner(leaf_id))
    cache.put(map(_row, checked))
    for leaf in checked:
        affected |= beside.near(cache, leaf.id, leaf.print)
    affected -= gone
    near_to = {leaf_id: beside.near(cache, leaf_id, cache.print(leaf_id)) for leaf_id in sorted(affected)}
    cache.put(beside.rows(root, partial(_names, root), near_to, policy))


def _row(leaf: CheckedFiles) -> Row:
    return Row(leaf.id, leaf.key, leaf.findings, leaf.lines, leaf.print)


def _names(root: Path, leaf_id: str) -> set[str]:
    return leaf_names(list_one(root, leaf_id)).get(leaf_id, set())


def _outside(root: Path, entries: Iterable[TreeEntry]) -> Iterator[Row]:
    """What is said of entries that are no leaf's, a row a folder."""
    listed = list(entries)
    if all(entry.mode == "100644" and entry.path.rpartition("/")[2] in LEAF_FILES for entry in listed):
        return
    found = entry_findings(listed, {entry.path for entry in listed})
    by_folder = sorted(found, key=lambda finding: finding.place.file.rpartition("/")[0])
    for folder, some in groupby(by_folder, key=lambda finding: finding.place.file.rpartition("/")[0]):
        findings = tuple(some)
        lines = tuple(line_at(read_shown(root, one.place.file), one.place.line) for one in findings)
        yield Row(f"{folder}/", findings=findings, lines=lines)
