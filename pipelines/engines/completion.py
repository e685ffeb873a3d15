"""What every engine answers: one request, one completion. Stages know engines by this alone."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pipelines.artifacts import Message


@dataclass(frozen=True, slots=True)
class JsonSchema:
    """The text is one JSON value of this schema."""

    schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """The text is one of these."""

    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Regex:
    """The text matches this expression from end to end."""

    pattern: str


Structure = JsonSchema | Choice | Regex
"""What an answer must look like; the engine keeps to it while it writes."""


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One conversation to be gone on with. `seed` is sent only to engines that are said to bear it."""

    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float = 0.0
    seed: int | None = None
    structured: Structure | None = None
    stop: tuple[str, ...] = ()
    frequency_penalty: float = 0.0


@dataclass(frozen=True, slots=True)
class Completion:
    """What came back; `finish_reason` is `length` when `max_tokens` cut it."""

    text: str
    finish_reason: Literal["stop", "length", "other"]
    prompt_tokens: int
    completion_tokens: int


class Completions(Protocol):
    """A teacher or a judge behind one door."""

    async def complete(self, request: CompletionRequest) -> Completion:
        """Answer one request; many may be under way at once.

        Raises OutsideFailed when the engine cannot be reached or refuses.
        """
        ...
