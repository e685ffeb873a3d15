"""What a run page shows of the run's artifacts. A file that is not there (yet, or any more) shows as nothing."""

import itertools
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from pipelines.artifacts import Checkpoint, LeafCounts, Paper, Sample, SampleSet, StepRecord
from pipelines.runs import Manifest
from service.ledger.queries import StageView

P = TypeVar("P", bound=Paper)

LOG_LINES = 200
_LOG_BYTES = 128 * 1024
_MOST_EXAMPLES = 3
_MOST_LEAVES = 50
_TERMINAL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class LeafSamples:
    """What generation kept and dropped of one leaf, with a few that were kept."""

    counts: LeafCounts
    examples: tuple[Sample, ...]

    @property
    def dropped(self) -> list[tuple[str, int]]:
        """The most frequent reason first."""
        return sorted(self.counts.dropped.items(), key=lambda item: (-item[1], item[0]))


def log_tail(stage: StageView) -> str:
    """The last LOG_LINES lines of a stage's log, as plain text; empty when there is none."""
    if stage.run_dir is None:
        return ""
    try:
        with (Path(stage.run_dir) / "log.txt").open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _LOG_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    # A progress bar rewrites its line; only its last state is of interest.
    lines = [line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n")]
    return _TERMINAL.sub("", "\n".join(lines[-LOG_LINES - 1 :])).strip("\n")


def steps_of(stages: Sequence[StageView]) -> tuple[StepRecord, ...]:
    """The optimiser steps of the candidate (of the release, in a release run)."""
    for stage in stages:
        if stage.name == "train" and stage.subject in {"candidate", "release"}:
            checkpoint = _paper(Checkpoint, stage)
            return () if checkpoint is None else checkpoint.steps
    return ()


def samples_of(stages: Sequence[StageView], leaves: frozenset[str]) -> tuple[LeafSamples, ...]:
    """Of the given leaves; of all that were not reused when none is given."""
    stage = next((stage for stage in stages if stage.name == "generate"), None)
    paper = None if stage is None else _paper(SampleSet, stage)
    if stage is None or stage.run_dir is None or paper is None:
        return ()
    folder = Path(stage.run_dir)
    wanted = [c for c in paper.leaves if (c.leaf_id in leaves if leaves else not c.reused)]
    return tuple(LeafSamples(c, tuple(_examples(folder, c.file))) for c in wanted[:_MOST_LEAVES])


def versions_of(stages: Sequence[StageView]) -> dict[str, str]:
    """Distribution -> version, over all finished stages."""
    found: dict[str, str] = {}
    for stage in stages:
        if stage.run_dir is not None:
            try:
                text = (Path(stage.run_dir) / "manifest.json").read_bytes()
                found |= Manifest.model_validate_json(text).provenance.versions
            except (OSError, ValidationError):
                continue
    return dict(sorted(found.items()))


def _paper(kind: type[P], stage: StageView) -> P | None:
    if stage.run_dir is None:
        return None
    try:
        return kind.load(Path(stage.run_dir))
    except (OSError, ValidationError):
        return None


def _examples(folder: Path, name: str) -> Iterator[Sample]:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        return
    try:
        with path.open(encoding="utf-8") as file:
            for line in itertools.islice(file, _MOST_EXAMPLES):
                yield Sample.model_validate_json(line)
    except (OSError, ValidationError):
        return
