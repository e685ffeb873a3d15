"""generate: leaves become samples. A leaf whose key is known is taken as it is, and no engine starts for it."""

import asyncio
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

from pipelines.artifacts import LeafCounts, LeafEntry, LeafSet, SampleSet
from pipelines.engines.engine import Engine, open_engine
from pipelines.errors import BadContribution, Interrupted, StageError, WrongUse
from pipelines.generate.asks import Ask, asks_for
from pipelines.generate.config import GenerateConfig
from pipelines.generate.keys import leaf_key
from pipelines.generate.preview import in_preview, preview_of
from pipelines.generate.store import LeafStore, StoredLeaf
from pipelines.generate.writer import Tally, Writer
from pipelines.runs import Manifest, RunDir
from pipelines.trials import Preview

T = TypeVar("T")
_SAY_EVERY = 0.5


@dataclass(frozen=True, slots=True)
class _Made:
    """What this run added to the store, and what the engines said of it."""

    seconds: float = 0.0
    start_seconds: float = 0.0
    completion_tokens: int = 0
    counters: dict[str, int] | None = None


def run(run_dir: RunDir) -> Manifest:
    """Write the samples of every leaf. Raises BadContribution when too few of a contributed leaf are kept."""
    config = GenerateConfig.model_validate(run_dir.spec().config)
    folder = run_dir.input_path("leafset")
    leafset = LeafSet.load(folder)
    store = LeafStore(run_dir.place().leaves)
    entries = leafset.entries if config.preview is None else in_preview(leafset, config.preview)
    keys = [leaf_key(entry, config) for entry in entries]
    stored = {key: found for key in keys if (found := store.find(key)) is not None}
    reused = frozenset(stored)
    missing: dict[str, tuple[LeafEntry, tuple[Ask, ...]]] = {
        key: (entry, asks_for(entry, folder, config))
        # The contribution goes first: it is what people wait for.
        for key, entry in sorted(zip(keys, entries, strict=True), key=lambda pair: not pair[1].contributed)
        if key not in reused
    }
    made = _Made()
    if missing:
        made = _until_told_to_stop(_make(run_dir, config, store, missing, stored))
    leaves = [(entry, stored[key]) for key, entry in zip(keys, entries, strict=True)]
    for entry, leaf in leaves:
        if entry.contributed and leaf.kept < config.min_kept:
            raise _too_few(leaf, config)
    if config.min_kept and not any(leaf.kept for _, leaf in leaves):
        raise _nothing(leaves)
    if config.preview is not None:
        run_dir.write_json(Preview.file, preview_of(store, [leaf for _, leaf in leaves], reused))
    return _finish(run_dir, store, leaves, reused, made)


async def _make(
    run_dir: RunDir,
    config: GenerateConfig,
    store: LeafStore,
    missing: dict[str, tuple[LeafEntry, tuple[Ask, ...]]],
    stored: dict[str, StoredLeaf],
) -> _Made:
    """Ask for all that is missing, all leaves at once."""
    tally = Tally(asked=sum(len(asks) for _, asks in missing.values()))
    run_dir.progress.say(0, tally.asked, "samples", "the engine is starting")
    async with AsyncExitStack() as stack:
        models, log = run_dir.place().models, run_dir.path / "log.txt"
        teacher = await stack.enter_async_context(open_engine(config.teacher, models, log))
        judge = teacher
        if config.judge is not None:
            judge = await stack.enter_async_context(open_engine(config.judge, models, log))
        started = time.monotonic()
        tally.changed = _sayer(run_dir, tally, started)
        places = asyncio.Semaphore(config.teacher.max_in_flight)
        writer = Writer(teacher.completions, judge.completions, config, store, places, tally)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = {
                    key: group.create_task(writer.write(entry, key, asks))
                    for key, (entry, asks) in missing.items()
                }
        except BaseExceptionGroup as failed:
            raise _first_cause(failed) from failed
        stored.update({key: task.result() for key, task in tasks.items()})
        seconds = time.monotonic() - started if config.teacher.kind != "scripted" else 0.0
        counters = await _counters(teacher, judge)
        return _Made(seconds, teacher.start_seconds, tally.completion_tokens, counters)


async def _counters(teacher: Engine, judge: Engine) -> dict[str, int]:
    counters = Counter(await teacher.counters())
    if judge is not teacher:
        counters.update(await judge.counters())
    return dict(counters)


def _sayer(run_dir: RunDir, tally: Tally, started: float) -> Any:
    """Progress at most twice a second."""
    last = 0.0

    def say() -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < _SAY_EVERY and tally.judged < tally.asked:
            return
        last = now
        rate = tally.completion_tokens / max(now - started, 1e-9)
        message = f"{tally.passed} passed the judge, {rate:.0f} tokens/s"
        run_dir.progress.say(tally.judged, tally.asked, "samples", message)

    return say


def _until_told_to_stop(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; on SIGTERM cancel what is under way, let the engines stop, and raise Interrupted."""
    told = False

    async def watched() -> T:
        nonlocal told
        task = asyncio.ensure_future(work)

        def stop() -> None:
            nonlocal told
            told = True
            task.cancel()

        if threading.current_thread() is threading.main_thread():
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
        return await task

    before = signal.getsignal(signal.SIGTERM)
    try:
        return asyncio.run(watched())
    except asyncio.CancelledError:
        if not told:
            raise
        raise Interrupted(
            "interrupted",
            "told to stop; every answer so far is kept",
            mend="Run it again: it goes on from there.",
        ) from None
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def _first_cause(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one failure to tell of: a stage's own error if there is one."""
    causes: list[BaseException] = []
    open_groups: list[BaseExceptionGroup[BaseException]] = [group]
    while open_groups:
        for error in open_groups.pop().exceptions:
            if isinstance(error, BaseExceptionGroup):
                open_groups.append(error)
            else:
                causes.append(error)
    return next((error for error in causes if isinstance(error, StageError)), causes[0])


def _finish(
    run_dir: RunDir,
    store: LeafStore,
    leaves: list[tuple[LeafEntry, StoredLeaf]],
    reused: frozenset[str],
    made: _Made,
) -> Manifest:
    (run_dir.path / "samples").mkdir(exist_ok=True)
    counts = []
    for number, (_, leaf) in enumerate(leaves):
        file = f"samples/{number:04d}.jsonl"
        shutil.copyfile(store.samples_path(leaf.key), run_dir.path / file)
        counts.append(_counts(leaf, file, reused=leaf.key in reused))
    paper = SampleSet(
        leaves=tuple(counts),
        engine_seconds=round(made.seconds, 2),
        engine_start_seconds=round(made.start_seconds, 2),
    )
    run_dir.write_json(SampleSet.file, paper)
    asked = sum(leaf.asked for leaf in counts)
    run_dir.progress.say(asked, asked, "samples", "done")
    return run_dir.finish(_summary(paper, made))


def _counts(leaf: StoredLeaf, file: str, *, reused: bool) -> LeafCounts:
    if leaf.asked != leaf.kept + sum(leaf.dropped.values()):
        raise AssertionError(f"{leaf.leaf_id}: asked is not kept and dropped")
    return LeafCounts(
        leaf_id=leaf.leaf_id,
        leaf_key=leaf.key,
        file=file,
        asked=leaf.asked,
        kept=leaf.kept,
        dropped=leaf.dropped,
        reused=reused,
        requests=0 if reused else leaf.requests,
        prompt_tokens=0 if reused else leaf.prompt_tokens,
        completion_tokens=0 if reused else leaf.completion_tokens,
    )


def _summary(paper: SampleSet, made: _Made) -> dict[str, Any]:
    dropped: Counter[str] = Counter()
    for leaf in paper.leaves:
        dropped.update(leaf.dropped)
    return {
        "leaves": len(paper.leaves),
        "leaves_reused": sum(leaf.reused for leaf in paper.leaves),
        "asked": sum(leaf.asked for leaf in paper.leaves),
        "kept": sum(leaf.kept for leaf in paper.leaves),
        "dropped": dict(dropped.most_common()),
        "requests": sum(leaf.requests for leaf in paper.leaves),
        "prompt_tokens": sum(leaf.prompt_tokens for leaf in paper.leaves),
        "completion_tokens": sum(leaf.completion_tokens for leaf in paper.leaves),
        "completion_tokens_per_second": round(made.completion_tokens / made.seconds, 1)
        if made.seconds
        else 0.0,
        "engine_seconds": paper.engine_seconds,
        "engine_start_seconds": paper.engine_start_seconds,
        "engine_counters": made.counters or {},
    }


def _too_few(leaf: StoredLeaf, config: GenerateConfig) -> BadContribution:
    reason, count = max(leaf.dropped.items(), key=lambda item: item[1], default=("nothing", 0))
    return BadContribution(
        "too_few_samples",
        f"{leaf.leaf_id}: {leaf.kept} of {leaf.asked} samples were kept, {config.min_kept} are needed; "
        f"most were dropped at {reason} ({count})",
        mend="Write seeds that are clear by themselves, with full answers; for knowledge, check that the document "
        "says what the seeds ask.",
    )


def _nothing(leaves: list[tuple[LeafEntry, StoredLeaf]]) -> WrongUse:
    dropped: Counter[str] = Counter()
    for _, leaf in leaves:
        dropped.update(leaf.dropped)
    reasons = (
        ", ".join(f"{reason} ({count})" for reason, count in dropped.most_common(3)) or "there are no leaves"
    )
    return WrongUse(
        "nothing_kept",
        f"generate kept no sample at all: {reasons}",
        mend="Check that the recipe's teacher is an instruction-tuned model and `max_tokens` leaves it room.",
    )
