"""The seeds of a leaf with the places of their texts: what the families of rules walk over."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from taxonomy_schema.findings import Place
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.places import Path


class Pair(NamedTuple):
    """A question with its answer; `path` leads to their mapping, `entry` to the entry of `seed_examples`."""

    path: Path
    entry: Path
    question: str
    answer: str
    context: str | None


def pairs(source: LeafSource) -> Sequence[Pair]:
    """Every question and answer of a leaf that has the format; nothing of one that has not."""
    known: list[Pair] | None = source.kept.get("pairs")
    if known is None:
        known = source.kept["pairs"] = []
        for index, entry in enumerate(source.data.get("seed_examples", ())):
            at: Path = ("seed_examples", index)
            inner = entry.get("questions_and_answers")
            if inner is None:
                known.append(Pair(at, at, entry["question"], entry["answer"], entry.get("context")))
                continue
            context = entry["context"]
            for number, pair in enumerate(inner):
                path = ("seed_examples", index, "questions_and_answers", number)
                known.append(Pair(path, at, pair["question"], pair["answer"], context))
    return known


def asked(source: LeafSource) -> list[str]:
    """The question of each of `pairs`, folded: all at once, because nearly every leaf asks nothing twice."""
    known: list[str] | None = source.kept.get("asked")
    if known is None:
        stripped = [pair.question.strip() for pair in pairs(source)]
        whole = "".join(stripped)
        if whole.isprintable() and "  " not in whole:  # no white space in it but single spaces, and no NUL
            known = "\0".join(stripped).casefold().split("\0") if stripped else []
        else:
            known = [folded(question) for question in stripped]
        source.kept["asked"] = known
    return known


def again(source: LeafSource) -> Sequence[Pair]:
    """The pairs whose question stands more than once in the leaf, in order: mostly none."""
    questions = asked(source)
    if len(set(questions)) == len(questions):
        return ()
    count = Counter(questions)
    return [pair for pair, question in zip(pairs(source), questions, strict=True) if count[question] > 1]


def place(source: LeafSource, path: Path) -> Place:
    """Where the value at `path` stands in `qna.yaml`."""
    return source.lines.value(source.yaml.spot(path))


def key_place(source: LeafSource, path: Path) -> Place:
    """Where the key of the value at `path` stands."""
    return source.lines.key(source.yaml.spot(path))


def words(text: str | None) -> int:
    """Runs of characters without white space."""
    return len(text.split()) if text else 0


def may_exceed(characters: int, most_words: int) -> bool:
    """Whether a text this long can have more words than that: a word and its space take two characters."""
    return characters > 2 * most_words


def may_hold(source: LeafSource, most_words: int) -> bool:
    """Whether a leaf can hold more words than that: an alias may say one text many times."""
    text = source.qna_text or ""
    return may_exceed(len(text), most_words) or "&" in text


def folded(text: str) -> str:
    """A text as it compares: without case, with single spaces."""
    return " ".join(text.casefold().split())
