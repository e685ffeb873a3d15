"""Messages as tokens, by a model's own chat template and tokenizer, without importing torch or transformers.

`mix` counts with this; whoever trains on the rows or scores them renders them the same way.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from jinja2 import Template, TemplateError
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

from pipelines.artifacts import Message
from pipelines.errors import WrongUse


@dataclass(frozen=True, slots=True)
class ChatTokenizer:
    """A prepared model folder's tokenizer and chat template."""

    tokenizer: Tokenizer
    template: Template
    special: dict[str, str]
    """`bos_token` and the like, as templates name them."""

    @classmethod
    def load(cls, folder: Path) -> "ChatTokenizer":
        """Read `tokenizer.json` and the chat template of a Hugging Face folder (WrongUse when one is missing)."""
        path = folder / "tokenizer.json"
        if not path.is_file():
            raise WrongUse(
                "tokenizer_missing",
                f"{folder} has no tokenizer.json",
                mend="Save the model with its fast tokenizer, or name another base model in the recipe.",
            )
        settings = _settings(folder)
        special = {
            name: value["content"] if isinstance(value, dict) else str(value)
            for name, value in settings.items()
            if name.endswith("_token") and value
        }
        return cls(Tokenizer.from_file(str(path)), _template(folder, settings), special)

    def render(self, messages: Sequence[Message], *, add_generation_prompt: bool = False) -> str:
        """The conversation as one text, special tokens included."""
        try:
            return self.template.render(
                messages=[message.model_dump() for message in messages],
                add_generation_prompt=add_generation_prompt,
                **self.special,
            )
        except TemplateError as error:
            raise WrongUse(
                "chat_template",
                f"the model's chat template refuses the conversation: {error}",
                mend="Use a model whose template takes user and assistant turns.",
            ) from error

    def encode(self, text: str) -> list[int]:
        """Token ids of a text that holds its special tokens already."""
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def count(self, messages: Sequence[Message]) -> int:
        """How many tokens the whole conversation takes."""
        return len(self.encode(self.render(messages)))


def _settings(folder: Path) -> dict[str, Any]:
    path = folder / "tokenizer_config.json"
    settings: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
    return settings


def _template(folder: Path, settings: dict[str, Any]) -> Template:
    """Compiled as transformers does it (same switches, same helpers), so that both give the same text."""
    path = folder / "chat_template.jinja"
    source = path.read_text() if path.is_file() else settings.get("chat_template")
    if isinstance(source, list):
        source = next((entry["template"] for entry in source if entry["name"] == "default"), None)
    if not source:
        raise WrongUse(
            "chat_template_missing",
            f"{folder} has no chat template",
            mend="Use an instruction-tuned base model, or add chat_template.jinja to its folder.",
        )
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols], autoescape=False
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = lambda form: datetime.now(UTC).strftime(form)
    return environment.from_string(source)


def _to_json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _refuse(message: str) -> NoReturn:
    raise TemplateError(message)
