"""Training rows as token ids, with the tokens that count for the loss."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.artifacts import Row
from pipelines.chat import ChatTokenizer
from pipelines.errors import WrongUse


@dataclass(frozen=True, slots=True)
class TokenRow:
    """`ids` and `counts`, both (tokens,): `counts` says which tokens the model must learn to say."""

    ids: NDArray[np.int64]
    counts: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def loss_tokens(self) -> int:
        """Tokens that have one before them to be predicted from."""
        return int(self.counts[1:].sum())


def read_rows(path: Path, tokenizer: ChatTokenizer, max_tokens: int) -> list[TokenRow]:
    """The rows of a JSON Lines file, cut to `max_tokens`; rows that keep nothing to learn are left out."""
    rows = (Row.model_validate_json(line) for line in path.read_bytes().splitlines() if line.strip())
    cut = (tokenize(row, tokenizer) for row in rows)
    short = (TokenRow(row.ids[:max_tokens], row.counts[:max_tokens]) for row in cut)
    return [row for row in short if row.loss_tokens]


def tokenize(row: Row, tokenizer: ChatTokenizer) -> TokenRow:
    """Assistant turns count, with the sign that ends them; with `unmask` all turns but the system's do.

    Raises WrongUse when the chat template does not render a conversation as the beginning of a longer one.
    """
    text = tokenizer.render(row.messages)
    encoding = tokenizer.tokenizer.encode(text, add_special_tokens=False)
    counts = np.zeros(len(encoding.ids), dtype=np.bool_)
    starts = np.array([start for start, _ in encoding.offsets], dtype=np.int64)
    for begin, end in _learnt_spans(row, text, tokenizer):
        counts |= (starts >= begin) & (starts < end)
    return TokenRow(np.array(encoding.ids, dtype=np.int64), counts)


def _learnt_spans(row: Row, text: str, tokenizer: ChatTokenizer) -> Iterator[tuple[int, int]]:
    """Begin and end, in characters of `text`, of what the model must learn to say."""
    for index, message in enumerate(row.messages):
        if message.role != "assistant" and not (row.unmask and message.role != "system"):
            continue
        before = row.messages[:index]
        said = message.role == "assistant"
        # A template may put a system turn of its own first: what comes before an unmasked first turn is not known.
        prefix = tokenizer.render(before, add_generation_prompt=said) if before else ""
        whole = tokenizer.render(row.messages[: index + 1])
        if not (text.startswith(whole) and whole.startswith(prefix)):
            raise WrongUse(
                "chat_template_not_incremental",
                "the base model's chat template changes earlier turns when later ones follow",
                mend="Use a base model whose template only adds turns, or give its folder such a template.",
            )
        yield len(prefix), len(whole)
