"""Samples of leaves, by leaf key, shared by all `generate` stages of a machine.

LEAVES/
  KEY/samples.jsonl   one Sample a line, in the order of asking
  KEY/dropped.jsonl   one DroppedSample a line, likewise
  KEY/leaf.json       written last: its presence means "finished"
  KEY.work/           the journal of a leaf that is being written, and the lock of who writes it
"""

import asyncio
import fcntl
import os
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from pipelines.artifacts import Sample
from pipelines.files import file_digest, write_atomically
from pipelines.trials import DroppedSample

_POLL = 0.2


class StoredLeaf(BaseModel):
    """A finished leaf: asked = kept + dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = 1
    leaf_id: str
    key: str
    asked: int
    kept: int
    dropped: dict[str, int]
    requests: int
    prompt_tokens: int
    completion_tokens: int
    sha256: str
    """Of samples.jsonl."""


class LeafStore:
    """The folder of finished leaves."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def find(self, key: str) -> StoredLeaf | None:
        """The finished leaf of that key, if it is whole."""
        try:
            stored = StoredLeaf.model_validate_json((self._folder / key / "leaf.json").read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        samples = self.samples_path(key)
        return stored if samples.exists() and file_digest(samples) == stored.sha256 else None

    def samples_path(self, key: str) -> Path:
        return self._folder / key / "samples.jsonl"

    @asynccontextmanager
    async def working(self, key: str) -> AsyncIterator[Path]:
        """The work folder of a leaf, for one stage at a time; others wait here."""
        work = self._folder / f"{key}.work"
        while True:
            work.mkdir(exist_ok=True)
            with (work / "lock").open("w") as file:
                if _locked(file.fileno()) and _same(file.fileno(), work / "lock"):
                    yield work
                    return
            await asyncio.sleep(_POLL)

    def dropped(self, key: str) -> tuple[DroppedSample, ...]:
        """What a finished leaf did not keep; nothing when that was lost, for no stage depends on it."""
        try:
            lines = (self._folder / key / "dropped.jsonl").read_bytes().splitlines()
            return tuple(DroppedSample.model_validate_json(line) for line in lines)
        except (FileNotFoundError, ValueError):
            return ()

    def save(
        self, leaf_id: str, key: str, samples: list[Sample], dropped: list[DroppedSample], spent: "Spent"
    ) -> StoredLeaf:
        """Write a finished leaf, its manifest last, and drop its work folder."""
        folder = self._folder / key
        folder.mkdir(exist_ok=True)
        write_atomically(folder / "dropped.jsonl", _lines(dropped), durable=False)
        write_atomically(folder / "samples.jsonl", _lines(samples))
        stored = StoredLeaf(
            leaf_id=leaf_id,
            key=key,
            asked=len(samples) + len(dropped),
            kept=len(samples),
            dropped=dict(sorted(Counter(sample.reason for sample in dropped).items())),
            requests=spent.requests,
            prompt_tokens=spent.prompt_tokens,
            completion_tokens=spent.completion_tokens,
            sha256=file_digest(folder / "samples.jsonl"),
        )
        write_atomically(folder / "leaf.json", stored.model_dump_json(indent=1).encode())
        shutil.rmtree(self._folder / f"{key}.work")
        return stored


class Spent(BaseModel):
    """What a leaf's samples cost, over all tries."""

    model_config = ConfigDict(frozen=True)

    requests: int
    prompt_tokens: int
    completion_tokens: int


def _lines(papers: Sequence[BaseModel]) -> bytes:
    return "".join(paper.model_dump_json() + "\n" for paper in papers).encode()


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _same(descriptor: int, path: Path) -> bool:
    """Whether the locked file is still the one at `path`: its last owner may have removed the folder."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
