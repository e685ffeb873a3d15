"""The seeds of a leaf with the places of their texts: what the families of rules walk over."""

from collections.abc import Iterator
from typing import NamedTuple

from taxonomy_schema.models import Place
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.places import Path


class Pair(NamedTuple):
    """A question with its answer; `path` leads to their mapping, `entry` to the entry of `seed_examples`."""

    path: Path
    entry: Path
    question: str
    answer: str
    context: str | None


def pairs(source: LeafSource) -> Iterator[Pair]:
    """Every question and answer of a leaf that has the format; nothing of one that has not."""
    for index, entry in enumerate(source.data.get("seed_examples", ())):
        at: Path = ("seed_examples", index)
        inner = entry.get("questions_and_answers")
        if inner is None:
            yield Pair(at, at, entry["question"], entry["answer"], entry.get("context"))
            continue
        for number, pair in enumerate(inner):
            path = (*at, "questions_and_answers", number)
            yield Pair(path, at, pair["question"], pair["answer"], entry["context"])


def place(source: LeafSource, path: Path) -> Place:
    """Where the value at `path` stands in `qna.yaml`."""
    return source.lines.value(source.yaml.spot(path))


def key_place(source: LeafSource, path: Path) -> Place:
    """Where the key of the value at `path` stands."""
    return source.lines.key(source.yaml.spot(path))


def words(text: str | None) -> int:
    """Runs of characters without white space."""
    return len(text.split()) if text else 0


def folded(text: str) -> str:
    """A text as it compares: without case, with single spaces."""
    return " ".join(text.casefold().split())
