"""An engine without a model: answers follow from the request alone. For tests and dry runs."""

import asyncio
import json
import random
import re
from typing import Any

from pipelines.engines.completion import Choice, Completion, CompletionRequest, JsonSchema, Regex
from pipelines.engines.regex_sample import sample_regex
from pipelines.files import digest

_FIRST_CHOICE = 0.85
"""How often the first option of a choice is taken; judges name the good word first."""
_STRING_WORDS = (5, 12)
_LIST_ITEMS = (1, 3)
_PASSAGE_WORDS = 20


class ScriptedCompletions:
    """Equal requests get equal answers, whatever came before.

    Words come from the longest paragraph that the user wrote, so that an answer about a passage is drawn from it.
    """

    def __init__(self, delay: float = 0.0) -> None:
        self._delay = delay

    async def complete(self, request: CompletionRequest) -> Completion:
        await asyncio.sleep(self._delay)
        text = _answer(request)
        for stop in request.stop:
            text = text.split(stop, 1)[0]
        words = text.split(" ")
        cut = len(words) > request.max_tokens
        return Completion(
            text=" ".join(words[: request.max_tokens]),
            finish_reason="length" if cut else "stop",
            prompt_tokens=sum(len(message.content.split()) for message in request.messages),
            completion_tokens=min(len(words), request.max_tokens),
        )


def _answer(request: CompletionRequest) -> str:
    rng = random.Random(_key(request))  # noqa: S311 - repeatable on purpose, nothing secret
    words = _words(request, rng)
    match request.structured:
        case Choice(options):
            return options[0] if rng.random() < _FIRST_CHOICE else rng.choice(options)
        case Regex(pattern):
            return sample_regex(pattern, rng)
        case JsonSchema(schema):
            return json.dumps(_instance(schema, schema, words, rng), ensure_ascii=False)
        case None:
            return _span(words, rng)


def _words(request: CompletionRequest, rng: random.Random) -> list[str]:
    """The passage a request is about, or else everything in it, mixed."""
    asked = [message.content for message in request.messages if message.role == "user"]
    longest = max((part for text in asked for part in text.split("\n\n")), key=len, default="").split()
    if len(longest) >= _PASSAGE_WORDS:
        return longest
    words = [word for message in request.messages for word in re.findall(r"\w+", message.content)]
    rng.shuffle(words)
    return words


def _key(request: CompletionRequest) -> str:
    structured = request.structured
    return digest(
        {
            "messages": [message.model_dump() for message in request.messages],
            "temperature": request.temperature,
            "seed": request.seed,
            "structured": None if structured is None else [type(structured).__name__, repr(structured)],
        }
    )


def _span(words: list[str], rng: random.Random) -> str:
    """A few words that stand together in the prompt."""
    length = rng.randint(*_STRING_WORDS)
    start = rng.randrange(max(1, len(words) - length + 1))
    return " ".join(words[start : start + length]) or "nothing"


def _asked(schema: dict[str, Any], words: list[str], rng: random.Random) -> str:
    """A span of words as a question."""
    plain = re.sub(r"[^\w ,-]", "", _span(words, rng))
    text = f"What of {plain}?"
    pattern = schema.get("pattern")
    return text if pattern is None or re.search(pattern, text) else sample_regex(pattern, rng)


def _instance(schema: dict[str, Any], root: dict[str, Any], words: list[str], rng: random.Random) -> Any:
    """A value of the schema: the keywords that our own schemas use, and no more."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    if "enum" in schema:
        return rng.choice(schema["enum"])
    match schema.get("type"):
        case "object":
            return {
                name: _asked(part, words, rng) if name == "question" else _instance(part, root, words, rng)
                for name, part in schema["properties"].items()
            }
        case "array":
            count = rng.randint(
                schema.get("minItems", _LIST_ITEMS[0]), schema.get("maxItems", _LIST_ITEMS[1])
            )
            return [_instance(schema["items"], root, words, rng) for _ in range(count)]
        case "string" if "pattern" in schema:
            return re.sub(r"\s+", " ", sample_regex(schema["pattern"], rng))
        case "string":
            return f"{_span(words, rng).rstrip(',;:.')}."[: schema.get("maxLength")]
        case "integer":
            return rng.randint(schema.get("minimum", 0), schema.get("maximum", 100))
        case "number":
            return rng.uniform(schema.get("minimum", 0.0), schema.get("maximum", 1.0))
        case "boolean":
            return rng.random() < _FIRST_CHOICE
    raise ValueError(f"the scripted engine does not know the schema {schema}")
