"""Which tokens the model must learn to say."""

from pathlib import Path

import pytest

from pipelines.artifacts import Message, Row
from pipelines.chat import ChatTokenizer
from pipelines.errors import WrongUse
from pipelines.models import resolve_model
from pipelines.train.rows import TokenRow, read_rows, tokenize

TURNS = (
    Message(role="system", content="Be brief."),
    Message(role="user", content="Who sings? <|im_end|>"),
    Message(role="assistant", content="A bird."),
    Message(role="user", content="Where?"),
    Message(role="assistant", content="In the snow – 雪."),
)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> ChatTokenizer:
    return ChatTokenizer.load(resolve_model("tiny:1", tmp_path_factory.mktemp("models")))


def learnt(row: TokenRow, tokenizer: ChatTokenizer) -> str:
    text: str = tokenizer.tokenizer.decode(row.ids[row.counts].tolist(), skip_special_tokens=False)
    return text


def test_only_assistant_turns_and_their_ends_are_learnt(tokenizer: ChatTokenizer) -> None:
    row = tokenize(Row(id="1", messages=TURNS, metadata="{}"), tokenizer)
    assert learnt(row, tokenizer) == "A bird.<|im_end|>\nIn the snow – 雪.<|im_end|>\n"


def test_unmasked_rows_teach_all_but_the_system_turn(tokenizer: ChatTokenizer) -> None:
    row = tokenize(Row(id="1", messages=TURNS, metadata="{}", unmask=True), tokenizer)
    text = learnt(row, tokenizer)
    assert "Who sings?" in text
    assert "In the snow" in text
    assert "Be brief" not in text


def test_rows_are_cut_and_those_with_nothing_left_to_learn_are_left_out(
    tmp_path: Path, tokenizer: ChatTokenizer
) -> None:
    short = Row(id="1", messages=(TURNS[1], TURNS[2]), metadata="{}")
    late = Row(id="2", messages=(Message(role="user", content="why " * 50), TURNS[2]), metadata="{}")
    (tmp_path / "rows.jsonl").write_text(f"{short.model_dump_json()}\n\n{late.model_dump_json()}\n")
    rows = read_rows(tmp_path / "rows.jsonl", tokenizer, 60)
    assert len(rows) == 1
    assert len(rows[0]) <= 60


def test_a_template_that_rewrites_earlier_turns_is_refused(tokenizer: ChatTokenizer) -> None:
    template = tokenizer.template.environment.from_string(
        "{{ messages | length }}{% for m in messages %}{{ m['content'] }}{% endfor %}"
    )
    strange = ChatTokenizer(tokenizer.tokenizer, template, tokenizer.special)
    with pytest.raises(WrongUse) as caught:
        tokenize(Row(id="1", messages=TURNS, metadata="{}"), strange)
    assert caught.value.code == "chat_template_not_incremental"
