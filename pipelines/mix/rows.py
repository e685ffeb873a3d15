"""Samples as training rows in InstructLab's format, each with its length in tokens."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipelines.artifacts import Message, Row, Sample
from pipelines.chat import ChatTokenizer


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that a phase may take; `tokens` counts the whole conversation."""

    leaf_id: str
    contributed: bool
    row: Row
    tokens: int


@dataclass(frozen=True, slots=True)
class Pool:
    """All rows of one kind, and how many were too long to be among them, by leaf."""

    rows: tuple[Candidate, ...]
    too_long: Mapping[str, int]


def make_pool(
    samples: Iterable[Sample], contributed: frozenset[str], tokenizer: ChatTokenizer, max_tokens: int
) -> Pool:
    """Every row that the samples give, in their order."""
    rows: list[Candidate] = []
    too_long: dict[str, int] = {}
    for sample in samples:
        for row in _rows_of(sample):
            tokens = tokenizer.count(row.messages)
            if tokens > max_tokens:
                too_long[sample.leaf_id] = too_long.get(sample.leaf_id, 0) + 1
            else:
                rows.append(Candidate(sample.leaf_id, sample.leaf_id in contributed, row, tokens))
    return Pool(tuple(rows), too_long)


def _rows_of(sample: Sample) -> Iterable[Row]:
    """Knowledge is asked with its passage and without, so that the model both reads and remembers."""
    if sample.context is None:
        yield _row(sample, "question", sample.question)
    elif sample.kind.is_knowledge:
        yield _row(sample, "question", sample.question)
        yield _row(sample, "passage", f"{sample.context}\n\n{sample.question}")
    else:
        yield _row(sample, "context", f"{sample.context}\n\n{sample.question}")


def _row(sample: Sample, form: str, asked: str) -> Row:
    metadata = {"leaf": sample.leaf_id, "kind": sample.kind.value, "sample": sample.id, "form": form}
    if sample.document is not None:
        metadata["document"] = sample.document
    return Row(
        id=f"{sample.id}-{form}",
        messages=(Message(role="user", content=asked), Message(role="assistant", content=sample.answer)),
        metadata=json.dumps(metadata, sort_keys=True, ensure_ascii=False),
    )
