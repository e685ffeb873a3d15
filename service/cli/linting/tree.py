"""A whole taxonomy on this machine: every leaf the first time, and from then on those that changed.

What changed is asked of Git where the taxonomy is a repository, and otherwise told by hashing the files' content.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from service.cli.linting.cache import LintCache, Row, cache_file, fingerprint, opened
from service.cli.linting.git_state import Asked, GitState, changed_between
from service.cli.linting.pool import check_leaves, content_key
from taxonomy_schema.entries import LEAF_FILES, TreeEntry, entry_findings
from taxonomy_schema.findings import Finding
from taxonomy_schema.folder import leaf_names, list_folder, list_one, read_leaf
from taxonomy_schema.policy import Policy
from taxonomy_schema.rules.checking import check


class LintedTree(NamedTuple):
    """How many leaves there are, how many of them were looked at anew, and what is said of all."""

    leaves: int
    looked_at: int
    findings: tuple[Finding, ...]


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
    return LintedTree(cache.count(), looked_at, tuple(cache.findings()))


def _afresh(root: Path, policy: Policy) -> LintedTree:
    entries = list_folder(root)
    names = dict(sorted(leaf_names(entries).items()))
    found = [finding for leaf in check_leaves(root, names, policy) for finding in leaf.findings]
    found += [finding for row in _outside(entries) for finding in row.findings]
    return LintedTree(len(names), len(names), tuple(found))


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
    if not known:
        checked = [Row(*leaf) for leaf in check_leaves(root, names, policy)]
    else:
        checked = list(_changed(root, names, policy, known))
    for gone in known.keys() - names.keys():
        cache.forget(gone)
    cache.put(checked)
    cache.forget_outside()
    cache.put(_outside(entries))
    return len(checked)


def _changed(
    root: Path, names: dict[str, set[str]], policy: Policy, known: dict[str, bytes]
) -> Iterator[Row]:
    for leaf_id, found in names.items():
        files = read_leaf(root, leaf_id, found)
        key = content_key(files)
        if known.get(leaf_id) != key:
            yield Row(leaf_id, key, check(files, policy).findings)


def _folders(root: Path, cache: LintCache, policy: Policy, folders: set[str]) -> int:
    """Look into these folders alone; returns how many leaves were checked."""
    top = os.path.realpath(root)
    checked = 0
    for folder in sorted(folders):
        whole = os.path.join(top, folder)  # noqa: PTH118 - compared as text
        entries = list_one(root, folder) if os.path.realpath(whole) == whole else ()
        names = leaf_names(entries)
        rows = [*_changed(root, names, policy, {folder: cache.key(folder)})]
        checked += len(rows)
        if folder not in names:
            cache.forget(folder)
        cache.put(rows)
        cache.forget(f"{folder}/")
        cache.put(_outside(entries))
    return checked


def _outside(entries: Iterable[TreeEntry]) -> Iterator[Row]:
    """What is said of entries that are no leaf's, a row a folder."""
    listed = list(entries)
    if all(entry.mode == "100644" and entry.path.rpartition("/")[2] in LEAF_FILES for entry in listed):
        return
    found = entry_findings(listed, {entry.path for entry in listed})
    by_folder = sorted(found, key=lambda finding: finding.place.file.rpartition("/")[0])
    for folder, some in groupby(by_folder, key=lambda finding: finding.place.file.rpartition("/")[0]):
        yield Row(f"{folder}/", b"", tuple(some))
