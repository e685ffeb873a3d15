"""Retention: what nobody needs any more goes, daily or by `graft prune`.

Gone for good are deliveries that were handled long ago, and artifacts that no open run, no kept release and no badge
needs and that nothing has used for long. All of them can be computed again; runs, results and releases' rows stay.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from service.errors import LeaseLost, Refusal
from service.jobs import artifact_folders as folders
from service.jobs.artifact_folders import Folder
from service.jobs.heart import beating
from service.jobs.tools import Tools, tools
from service.ledger import locks, retention
from service.queue import app

log = logging.getLogger(__name__)

_BATCH = 500


@dataclass(frozen=True)
class Gone:
    """One folder that went, or (a dry run) would go."""

    path: str
    kind: str
    bytes: int
    last_used: datetime


@dataclass
class Pruned:
    """What was done, or with `dry_run` would be."""

    dry_run: bool
    deliveries: int = 0
    delivery_bytes: int = 0
    folders: list[Gone] = field(default_factory=list)
    kept: int = 0
    """Folders that stay."""
    faults: list[str] = field(default_factory=list)

    @property
    def folder_bytes(self) -> int:
        return sum(gone.bytes for gone in self.folders)


@app.task(name="prune")
def task(row_id: int) -> None:  # noqa: ARG001 - one round is like another
    try:
        done = prune(tools())
    except (Refusal, LeaseLost) as error:
        log.warning("nothing is pruned: %s", error)
        return
    log.info(
        "pruned %d deliveries and %d folders of %d bytes; %d faults",
        *(done.deliveries, len(done.folders), done.folder_bytes, len(done.faults)),
    )


def prune(tools: Tools, *, dry_run: bool = False) -> Pruned:
    """One round by the settings' policy. Raises Refusal when another is at work, or the ledger knows no artifact."""
    if dry_run:
        return _round(tools, dry_run=True)
    seconds = tools.settings.lease_seconds
    with tools.write() as session:
        held = locks.acquire(session, "prune", owner=tools.owner, now=tools.now(), seconds=seconds)
    if held is None:
        raise Refusal("pruning", "another process prunes just now", mend="Try again when it has ended.")
    try:
        with beating(tools, lambda session: locks.renew(session, held, now=tools.now(), seconds=seconds)):
            return _round(tools, dry_run=False)
    finally:
        with tools.write() as session:
            locks.release(session, held)


def _round(tools: Tools, *, dry_run: bool) -> Pruned:
    done = Pruned(dry_run)
    _deliveries(tools, done)
    _artifacts(tools, done)
    return done


def _deliveries(tools: Tools, done: Pruned) -> None:
    days = tools.settings.keep_deliveries_days
    if not days:
        return
    before = tools.now() - timedelta(days=days)
    with tools.read() as session:
        old = retention.old_deliveries(session, before=before)
    done.deliveries, done.delivery_bytes = old.count, old.bytes
    while not done.dry_run:
        with tools.write() as session:
            if retention.forget_deliveries(session, before=before, limit=_BATCH) < _BATCH:
                return


def _artifacts(tools: Tools, done: Pruned) -> None:
    artifacts, days = tools.settings.artifacts_folder, tools.settings.keep_artifacts_days
    if not days:
        return
    before = tools.now() - timedelta(days=days)
    if not done.dry_run:
        _remove(folders.left_behind(artifacts), done)
    with tools.read() as session:
        needed = retention.needed(session, releases=tools.settings.keep_releases)
        used = {folders.tail(path): at for path, at in retention.last_uses(session).items()}
    there = list(folders.run_dirs(artifacts))
    if there and not used:
        raise Refusal(
            "unknown_artifacts",
            f"the ledger knows none of the {len(there)} artifacts in {artifacts}",
            mend="Check GRAFT_DATABASE_URL and GRAFT_ARTIFACTS: do they belong together, and is the ledger whole?",
        )
    wanted = _with_inputs(artifacts, {folders.tail(path) for path in needed})
    stays: list[Folder] = []
    for folder in there:
        name = folders.tail(folder.path)
        last = max(folder.touched, used.get(name, folder.touched))
        # A release that the ledger does not know was made by somebody's hand, and goes by somebody's hand.
        foreign = folder.kind == "release" and name not in used
        if foreign or name in wanted or last >= before or not _go(tools, folder, last, done):
            stays.append(folder)
    stood_on = {name for folder in stays for name in folders.cache_names_of(folder)}
    for cache in folders.caches(artifacts):
        is_wanted = (cache.kind, cache.path.name) in stood_on or cache.touched >= before
        if is_wanted or not _go(tools, cache, cache.touched, done):
            stays.append(cache)
    done.kept = len(stays)


def _with_inputs(artifacts: Path, needed: set[str]) -> set[str]:
    """And what those were made from, and so on."""
    found: set[str] = set()
    waiting = set(needed)
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= folders.inputs_of(artifacts / name) - found
    return found


def _go(tools: Tools, folder: Folder, last_used: datetime, done: Pruned) -> bool:
    """Remove it, unless a run began to use it just now. False: it stays."""
    gone = Gone(str(folder.path), folder.kind, folders.size(folder.path), last_used)
    if not done.dry_run:
        try:
            # In one writing transaction: whoever names this directory afterwards makes it anew.
            with tools.write() as session:
                if retention.is_open(session, folders.tail(gone.path)):
                    return False
                aside = folders.set_aside(folder.path)
        except OSError as error:
            done.faults.append(f"{folder.path}: {error.strerror or error}")
            return False
        _remove([aside], done)
    done.folders.append(gone)
    return True


def _remove(aside: Iterable[Path], done: Pruned) -> None:
    for path in aside:
        try:
            folders.remove(path)
        except OSError as error:
            done.faults.append(f"{path}: {error.strerror or error}")


def by_kind(gone: Iterable[Gone]) -> dict[str, tuple[int, int]]:
    """Kind -> (folders, bytes)."""
    sums: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for one in gone:
        count, size = sums[one.kind]
        sums[one.kind] = count + 1, size + one.bytes
    return dict(sorted(sums.items()))
