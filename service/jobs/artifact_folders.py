"""What lies in the folder of artifacts: run directories, the samples of leaves, the scores of models.

ARTIFACTS/STAGE/KK/KEY      a run directory
ARTIFACTS/leaves/KEY        the samples of one leaf, for whichever sample set needs them
ARTIFACTS/scores/MODEL      what a model scored on items, for whichever evaluation asks again
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from pipelines.artifacts import ExamReport, SampleSet
from pipelines.errors import StageError
from pipelines.runs import RunDir

_GOING = ".pruned-"
"""How the name of a folder that is being removed begins; nobody looks there."""


def tail(path: str | Path) -> str:
    """`STAGE/KK/KEY`: the same directory, from wherever the folder of artifacts is looked at."""
    return "/".join(Path(path).parts[-3:])


@dataclass(frozen=True)
class Folder:
    """`kind` is a stage's name, `leaves` or `scores`; `touched` is when a file at its top last changed."""

    path: Path
    kind: str
    touched: datetime


def run_dirs(artifacts: Path) -> Iterator[Folder]:
    for path in sorted(artifacts.glob("*/??/*")):
        if (path / "config.json").exists() and not path.name.startswith("."):
            yield Folder(path, path.parent.parent.name, _touched(path))


def caches(artifacts: Path) -> Iterator[Folder]:
    for kind in ("leaves", "scores"):
        for path in sorted((artifacts / kind).glob("[!.]*")):
            if path.is_dir():
                yield Folder(path, kind, _touched(path))


def inputs_of(run_dir: Path) -> set[str]:
    """The tails of the folders that this one was made from; none when it cannot be read (any more)."""
    try:
        return {tail(ref.path) for ref in RunDir(run_dir).spec().inputs.values()}
    except (StageError, OSError):
        return set()


def cache_names_of(run_dir: Folder) -> set[tuple[str, str]]:
    """(kind, name) of the caches that a finished run directory stands on."""
    try:
        if run_dir.kind == "generate":
            return {("leaves", leaf.leaf_key) for leaf in SampleSet.load(run_dir.path).leaves}
        if run_dir.kind == "evaluate":
            return {("scores", ExamReport.load(run_dir.path).model_digest[:32])}
    except (StageError, OSError, ValidationError):
        return set()
    return set()


def size(path: Path) -> int:
    """Bytes of all files below; what vanishes meanwhile counts nothing."""
    total = 0
    for folder, _, files in os.walk(path):
        for name in files:
            try:
                total += (Path(folder) / name).lstat().st_size
            except FileNotFoundError:
                continue
    return total


def set_aside(path: Path) -> Path:
    """Take the folder away from everybody at once; it is removed at leisure."""
    return path.rename(path.with_name(f"{_GOING}{path.name}"))


def remove(aside: Path) -> None:
    shutil.rmtree(aside)


def left_behind(artifacts: Path) -> list[Path]:
    """What an earlier removal set aside and did not get to."""
    return [*artifacts.glob(f"*/??/{_GOING}*"), *artifacts.glob(f"*/{_GOING}*")]


def _touched(path: Path) -> datetime:
    below = [entry.stat().st_mtime for entry in os.scandir(path) if not entry.is_symlink()]
    return datetime.fromtimestamp(max([path.stat().st_mtime, *below]), UTC)
