"""The prompts, from the YAML files beside this one. Text of leaves comes in as values only, never as template."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from pydantic import BaseModel, ConfigDict

from pipelines.files import digest
from taxonomy_schema.models import Kind

_FOLDER = resources.files("pipelines.generate") / "prompts"
_ENVIRONMENT = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False)


class Prompts(BaseModel):
    """One flow's words. What varies from request to request stands last in each, for the prefix cache."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str
    write: str
    """What the teacher is told, with a leaf's own values."""
    example: str
    """Skills: how one more sample is asked for after the examples. Knowledge: how an example itself was asked for."""
    judge_system: str
    judge: str
    fields: tuple[str, ...]
    """What a sample consists of, in the order in which it is written."""
    question_pattern: str | None = None
    """An expression that every question keeps to, so that a small teacher asks at all."""
    choices: tuple[str, ...]
    """What the judge may say: the first is a score of 1, the last of 0, those between lie evenly."""

    def fill(self, name: str, values: Mapping[str, Any]) -> str:
        """The prompt of that name with values in it."""
        return _ENVIRONMENT.from_string(getattr(self, name)).render(values).strip()

    def sample_schema(self, *, extractive: bool = False) -> dict[str, Any]:
        """The JSON schema of what the teacher writes; only the question when `extractive`."""
        fields = self.written(extractive=extractive)
        properties: dict[str, dict[str, str]] = {field: {"type": "string"} for field in fields}
        if self.question_pattern is not None:
            properties["question"]["pattern"] = f"^{self.question_pattern}$"
        return {
            "type": "object",
            "properties": properties,
            "required": list(fields),
            "additionalProperties": False,
        }

    def written(self, *, extractive: bool) -> tuple[str, ...]:
        """What of a sample the teacher writes."""
        return ("question",) if extractive else self.fields


@cache
def prompts_for(kind: Kind) -> Prompts:
    return Prompts.model_validate(yaml.safe_load((_FOLDER / f"{kind.value}.yaml").read_text()))


@cache
def topics() -> tuple[str, ...]:
    """Everyday subjects, which keep a small teacher from writing the same exercise again and again."""
    return tuple(yaml.safe_load((_FOLDER / "topics.yaml").read_text()))


@cache
def prompts_digest() -> str:
    """SHA-256 of all prompts: other words, other samples."""
    return digest([*(prompts_for(kind).model_dump(mode="json") for kind in Kind), topics()])
