"""What a model scored on an item, kept: an unchanged item under an unchanged model is never scored twice."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.files import write_atomically


class KeptScore(BaseModel):
    model_config = ConfigDict(frozen=True)

    log_likelihood: float
    """Mean over the answer's tokens, in nats."""
    tokens: int


class KeptAnswer(BaseModel):
    model_config = ConfigDict(frozen=True)

    answer: str


T = TypeVar("T", KeptScore, KeptAnswer)


class ScoreStore:
    """One small file an item, in a folder for model, code and kind of processor; many stages may share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def find(self, name: str, kind: type[T]) -> T | None:
        """None also when a crash of the machine has left the file without its content: it is made again."""
        try:
            return kind.model_validate_json((self._folder / f"{name}.json").read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def keep(self, name: str, value: T) -> None:
        write_atomically(self._folder / f"{name}.json", value.model_dump_json().encode(), durable=False)
