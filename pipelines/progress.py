"""How far a stage is: one small JSON file, replaced whole, that anybody may read at any time."""

from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from pipelines.files import write_atomically


class Progress(BaseModel):
    """`done` of `total` in `unit` (samples, steps, items); `total` 0 means not yet known."""

    model_config = ConfigDict(frozen=True)

    done: int
    total: int
    unit: str
    message: str = ""
    at: datetime

    @property
    def share(self) -> float:
        """Between 0 and 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0


class ProgressFile:
    """Writes `progress.json` of one run directory."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def say(self, done: int, total: int, unit: str, message: str = "") -> None:
        progress = Progress(done=done, total=total, unit=unit, message=message, at=datetime.now(UTC))
        write_atomically(self._path, progress.model_dump_json().encode(), durable=False)

    def read(self) -> Progress | None:
        try:
            return Progress.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return None
