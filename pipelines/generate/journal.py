"""Every answer of an engine, kept as it comes in: a killed stage asks for none of them again."""

import json
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from pipelines.engines.completion import Completion


class Journal:
    """One JSON line an answer, by the request's key. A line that a kill cut short is forgotten."""

    def __init__(self, path: Path) -> None:
        self._answers: dict[str, Completion] = {}
        if path.exists():
            self._load(path)
        self._file = path.open("ab")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def get(self, key: str) -> Completion | None:
        return self._answers.get(key)

    def put(self, key: str, answer: Completion) -> None:
        """Write an answer; it survives the end of the process from here on."""
        self._answers[key] = answer
        self._file.write(json.dumps({"key": key, **asdict(answer)}, ensure_ascii=False).encode() + b"\n")
        self._file.flush()

    def answers(self) -> tuple[Completion, ...]:
        return tuple(self._answers.values())

    def _load(self, path: Path) -> None:
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        for line in whole.splitlines():
            fields = json.loads(line)
            key = fields.pop("key")
            self._answers[key] = Completion(**fields)
        if len(whole) < len(content):
            with path.open("r+b") as file:
                file.truncate(len(whole))
