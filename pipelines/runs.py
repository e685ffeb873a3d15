"""A run directory: where one stage with one inputs key works, resumes and leaves its artifact.

RUN_DIR/
  config.json     the StageSpec: written first
  place.json      where things lie on this machine (no part of the inputs key)
  progress.json   how far it is
  failure.json    why the last try ended badly
  log.txt         what the process and its engines said
  at-work         locked by the process that works here, and its name
  work/           what a resumed stage goes on from; removed when it has finished
  ...             the artifact's files
  manifest.json   written last and whole: its presence means "finished"
"""

import fcntl
import os
import shutil
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.errors import Failure, Interrupted, OutsideFailed, WrongUse
from pipelines.files import digest, file_digest, sync_folder, write_atomically
from pipelines.progress import ProgressFile
from pipelines.provenance import Provenance, code_version, provenance

T = TypeVar("T", bound=BaseModel)

_NOT_OUTPUT = {
    "at-work",
    "config.json",
    "failure.json",
    "log.txt",
    "manifest.json",
    "place.json",
    "progress.json",
}
_LOOK_SECONDS = 0.1


class InputRef(BaseModel):
    """An artifact or model that a stage reads: where it lies, and the digest that decides."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    digest: str


class Place(BaseModel):
    """Where things lie on this machine; it decides nothing about a stage's output."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: Path
    """Folder of prepared models."""
    leaves: Path
    """Folder of per-leaf samples, shared by all `generate` stages."""
    taxonomy: Path | None = None
    """A (bare) clone that holds the commits `collect` is asked for."""
    mirrors: dict[str, str] = Field(default_factory=dict)
    """URL prefix -> prefix that is read in its place."""


class StageSpec(BaseModel):
    """One stage, fully said. Equal specs (paths aside) give equal inputs keys and equal artifacts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stage: str
    subject: str = ""
    """Which of several of a kind in a run: candidate, control, reference."""
    config: dict[str, Any]
    inputs: dict[str, InputRef] = Field(default_factory=dict)
    code_version: str

    @property
    def inputs_key(self) -> str:
        """SHA-256 (hex) of all that decides the output; `subject` does not."""
        return digest(
            {
                "stage": self.stage,
                "code_version": self.code_version,
                "config": self.config,
                "inputs": {role: ref.digest for role, ref in self.inputs.items()},
            }
        )


class OutputFile(BaseModel):
    model_config = ConfigDict(frozen=True)

    sha256: str
    size: int


class Manifest(BaseModel):
    """What a finished stage left. `digest` covers the output files only: equal outputs, equal digests."""

    model_config = ConfigDict(frozen=True)

    schema_version: int = 1
    stage: str
    subject: str
    inputs_key: str
    digest: str
    files: dict[str, OutputFile]
    summary: dict[str, Any]
    seconds: float
    """Working time over all tries, in seconds."""
    finished_at: datetime
    provenance: Provenance


class RunDir:
    """One run directory; see the module's picture."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.progress = ProgressFile(path / "progress.json")
        self._opened = time.monotonic()
        self._name: str | None = None

    @classmethod
    def create(cls, path: Path, spec: StageSpec, place: Place) -> "RunDir":
        """Make the directory, or adopt one with the same inputs key.

        Raises WrongUse when another inputs key lives there.
        """
        path.mkdir(parents=True, exist_ok=True)
        run_dir = cls(path)
        config = path / "config.json"
        if config.exists() and run_dir.spec().inputs_key != spec.inputs_key:
            raise WrongUse(
                "inputs_key_differs",
                f"{path} was made for inputs key {run_dir.spec().inputs_key[:12]}, not {spec.inputs_key[:12]}",
                mend="Give this run a directory of its own, or remove the old one.",
            )
        if not config.exists():
            write_atomically(config, spec.model_dump_json(indent=1).encode())
        write_atomically(path / "place.json", place.model_dump_json(indent=1).encode())
        return run_dir

    @contextmanager
    def alone(self, *, patience: float = 60.0) -> Iterator[None]:
        """Work here while no other process does; one that is about to be stopped gets `patience` seconds for it.

        A worker whose lease was taken from it may take a while to stop its process: until then the next one waits.
        Where the folder's file system knows no locks over several machines, the name in the file tells: who finds
        another's name there when it is done writes no manifest. Raises OutsideFailed when the other does not end.
        """
        with (self.path / "at-work").open("a+") as file:
            self._lock(file.fileno(), patience)
            self._name = f"{socket.gethostname()} {os.getpid()} {uuid.uuid4().hex}"
            file.truncate(0)
            file.write(self._name)
            file.flush()
            yield

    def _lock(self, descriptor: int, patience: float) -> None:
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise OutsideFailed(
                        "run_dir_busy",
                        f"another process works in {self.path}",
                        mend="It is tried again; `at-work` in the folder names the process.",
                    ) from None
                time.sleep(_LOOK_SECONDS)
            else:
                return

    def spec(self) -> StageSpec:
        return self._read("config.json", StageSpec)

    def place(self) -> Place:
        return self._read("place.json", Place)

    def check_resumable(self) -> None:
        """Refuse to go on with other code or changed inputs than the directory was made for (WrongUse)."""
        spec = self.spec()
        now = code_version(spec.stage)
        if now != spec.code_version:
            raise WrongUse(
                "code_version_differs",
                f"{self.path} was made by code {spec.code_version}, this is {now}",
                mend="Plan the stage again: the new code has a run directory of its own.",
            )

    @property
    def work(self) -> Path:
        folder = self.path / "work"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def finished(self) -> bool:
        return (self.path / "manifest.json").exists()

    def manifest(self) -> Manifest:
        return self._read("manifest.json", Manifest)

    def failure(self) -> Failure | None:
        return self._read("failure.json", Failure) if (self.path / "failure.json").exists() else None

    def fail(self, failure: Failure) -> None:
        write_atomically(self.path / "failure.json", failure.model_dump_json(indent=1).encode())

    def input_path(self, role: str) -> Path:
        """Where the input of that role lies; raises OutsideFailed when it is gone."""
        path = Path(self.spec().inputs[role].path)
        if not path.exists():
            raise OutsideFailed(
                "input_missing",
                f"the {role} input {path} is not there",
                mend="Check that the artifacts folder is mounted; retry makes it again.",
            )
        return path

    def write_json(self, name: str, paper: BaseModel) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, paper.model_dump_json(indent=1).encode())
        return path

    def finish(self, summary: dict[str, Any]) -> Manifest:
        """Digest every output file and write the manifest, last."""
        shutil.rmtree(self.path / "work", ignore_errors=True)
        files = {
            path.relative_to(self.path).as_posix(): OutputFile(
                sha256=file_digest(path), size=path.stat().st_size
            )
            for path in sorted(self.path.rglob("*"))
            if path.is_file() and path.relative_to(self.path).as_posix() not in _NOT_OUTPUT
        }
        spec = self.spec()
        manifest = Manifest(
            stage=spec.stage,
            subject=spec.subject,
            inputs_key=spec.inputs_key,
            digest=digest({name: file.sha256 for name, file in files.items()}),
            files=files,
            summary=summary,
            seconds=round(time.monotonic() - self._opened, 3),
            finished_at=datetime.now(UTC),
            provenance=provenance(spec.stage),
        )
        if self._name is not None and (self.path / "at-work").read_text() != self._name:
            raise Interrupted(
                "run_dir_taken",
                f"another process works in {self.path} now",
                mend="Nothing: what that one makes is the same.",
            )
        (self.path / "failure.json").unlink(missing_ok=True)
        sync_folder(self.path)
        write_atomically(self.path / "manifest.json", manifest.model_dump_json(indent=1).encode())
        return manifest

    def _read(self, name: str, paper: type[T]) -> T:
        path = self.path / name
        try:
            return paper.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            raise WrongUse(
                "not_a_run_directory", f"{path} is not there", mend="Make the run directory with `graft run`."
            ) from None
        except ValidationError as error:
            raise WrongUse(
                "unreadable_paper",
                f"{path} cannot be read: {error}",
                mend="Remove the run directory and run again.",
            ) from error
