"""What the teacher is asked for a leaf: one request for each wanted sample, the shared part first."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from pipelines.artifacts import LeafEntry, Message
from pipelines.engines.completion import CompletionRequest, JsonSchema
from pipelines.errors import BadContribution
from pipelines.files import digest
from pipelines.generate.config import GenerateConfig
from pipelines.generate.passages import Passage, cut_passages
from pipelines.generate.prompts import Prompts, prompts_for, topics
from taxonomy_schema.models import Leaf, Seed

_LONG_SEED_WORDS = 150
_OUTLINE_WORDS = 40
_LEANS = re.compile(
    r"(it|its|they|their|he|his|she|her|this|that|these|those|such|however|but|and|also|thus|another|both|one)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Ask:
    """One wanted sample: the request, the fields that the teacher writes, the passage that the answer must rest on."""

    index: int
    request: CompletionRequest
    fields: tuple[str, ...]
    passage: Passage | None = None
    answer: str | None = None
    """A sentence of the passage that is the answer, where the teacher only asks."""


def asks_for(entry: LeafEntry, folder: Path, config: GenerateConfig) -> tuple[Ask, ...]:
    """The requests for one leaf; `folder` is the LeafSet's, where documents lie.

    Raises BadContribution when its documents hold no prose to ask about.
    """
    prompts = prompts_for(entry.leaf.kind)
    if entry.leaf.kind.is_knowledge:
        return _knowledge_asks(entry, prompts, _passages(entry, folder, config), config)
    return _skill_asks(entry.leaf, prompts, config)


def task_of(leaf: Leaf) -> str:
    """What the leaf teaches, in its author's words or, where there are none, its folder's."""
    return leaf.task_description.strip() or leaf.id.rsplit("/", 1)[-1].replace("_", " ")


def outline_of(leaf: Leaf) -> str:
    outline = leaf.document_outline.strip() or task_of(leaf)
    return " ".join(outline.split()[:_OUTLINE_WORDS]).rstrip(".")


def _skill_asks(leaf: Leaf, prompts: Prompts, config: GenerateConfig) -> tuple[Ask, ...]:
    """Examples as a conversation. They rotate from sample to sample, so that no single one sets the tone."""
    shown = _short(leaf.seeds)
    subjects = _shuffled(topics(), config.seed, leaf.id)
    asks = []
    for index in range(config.samples_per_leaf):
        first = index % len(shown)
        shots = (shown[first:] + shown[:first])[: config.shots]
        subject = subjects[index % len(subjects)]
        messages = _conversation(leaf, prompts, shots, subject)
        request = _request(messages, prompts.sample_schema(), config, index)
        asks.append(Ask(index, request, prompts.fields))
    # Neighbours share their examples, so that they are asked while those are still in the prefix cache.
    return tuple(sorted(asks, key=lambda ask: (ask.index % len(shown), ask.index)))


def _conversation(leaf: Leaf, prompts: Prompts, shots: Sequence[Seed], subject: str) -> tuple[Message, ...]:
    values = {"task": task_of(leaf), "topic": subject}
    messages = [Message(role="system", content=prompts.fill("system", values))]
    asked = prompts.fill("write", values)
    for seed in shots:
        messages += [Message(role="user", content=asked), _shown(seed, prompts.fields)]
        asked = "Write another exercise of exactly the same kind."
    return (*messages, Message(role="user", content=prompts.fill("example", values)))


def _shown(seed: Seed, fields: tuple[str, ...]) -> Message:
    """A seed as the teacher would have written it."""
    written = {field: " ".join((getattr(seed, field) or "").split()) for field in fields}
    return Message(role="assistant", content=json.dumps(written, ensure_ascii=False, separators=(",", ":")))


def _knowledge_asks(
    entry: LeafEntry, prompts: Prompts, passages: Sequence[Passage], config: GenerateConfig
) -> tuple[Ask, ...]:
    """Spread evenly over the documents; each sample has a sentence of its own to ask about."""
    wanted = config.samples_per_leaf
    fields = prompts.written(extractive=config.extractive)
    schema = prompts.sample_schema(extractive=config.extractive)
    opening = _opening(entry.leaf, prompts, fields, config.shots)
    taken: dict[int, int] = {}
    asks = []
    for index in range(wanted):
        # Fewer samples than passages: every n-th passage. More: each passage several times.
        at = index * len(passages) // wanted
        passage = passages[at]
        order = _shuffled(_standing_alone(passage), config.seed, passage.text)
        focus = order[taken.get(at, 0) % len(order)]
        taken[at] = taken.get(at, 0) + 1
        values = {"topic": outline_of(entry.leaf), "passage": passage.text, "focus": focus}
        messages = (*opening, Message(role="user", content=prompts.fill("write", values)))
        answer = focus if config.extractive else None
        asks.append(Ask(index, _request(messages, schema, config, index), fields, passage, answer))
    return tuple(asks)


def _standing_alone(passage: Passage) -> tuple[str, ...]:
    """Sentences that need no other before them, as far as their first word tells; all when there are none."""
    return tuple(one for one in passage.sentences if not _LEANS.match(one)) or passage.sentences


def _opening(leaf: Leaf, prompts: Prompts, fields: tuple[str, ...], shots: int) -> tuple[Message, ...]:
    """The leaf's own questions, as if each had been asked for by its answer: the same for all samples of the leaf."""
    topic = outline_of(leaf)
    messages = [Message(role="system", content=prompts.fill("system", {"topic": topic}))]
    for seed in _short(tuple(seed.model_copy(update={"context": None}) for seed in leaf.seeds))[:shots]:
        asked = prompts.fill("example", {"focus": " ".join(seed.answer.split())})
        messages += [Message(role="user", content=asked), _shown(seed, fields)]
    return tuple(messages)


def _passages(entry: LeafEntry, folder: Path, config: GenerateConfig) -> tuple[Passage, ...]:
    passages = tuple(
        passage
        for document in entry.documents
        for passage in cut_passages(document.name, (folder / document.path).read_text(), config.chunk_words)
    )
    if not passages:
        raise BadContribution(
            "document_without_prose",
            f"the documents of {entry.leaf.id} hold no sentence to ask about",
            mend="Name documents with running text under `document: patterns:`, not only tables or lists.",
        )
    return passages


def _request(
    messages: tuple[Message, ...], schema: dict[str, Any], config: GenerateConfig, index: int
) -> CompletionRequest:
    return CompletionRequest(
        messages=messages,
        temperature=config.temperature,
        frequency_penalty=config.frequency_penalty,
        max_tokens=config.max_tokens,
        seed=config.seed * 1_000_003 + index,
        structured=JsonSchema(schema),
    )


def _short(seeds: tuple[Seed, ...]) -> tuple[Seed, ...]:
    """Seeds fit to be shown: very long ones only when there are no others."""
    short = tuple(seed for seed in seeds if _words(seed) <= _LONG_SEED_WORDS)
    return short or (min(seeds, key=_words),)


def _words(seed: Seed) -> int:
    return sum(len(text.split()) for text in (seed.question, seed.answer, seed.context or ""))


def _shuffled(values: Sequence[str], *salt: Any) -> list[str]:
    mixed = list(values)
    Random(digest(list(salt))).shuffle(mixed)  # noqa: S311 - repeatable on purpose, nothing secret
    return mixed
