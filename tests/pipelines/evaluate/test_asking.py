"""What the model is asked, and which tokens are the answer."""

from pathlib import Path

import pytest

from pipelines.chat import ChatTokenizer
from pipelines.errors import BadContribution
from pipelines.evaluate.asking import ask, batches, to_be_answered, user_text
from pipelines.models import resolve_model
from taxonomy_schema.models import Kind
from tests.pipelines.evaluate.building import make_item


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> ChatTokenizer:
    folder: Path = resolve_model("tiny:1", tmp_path_factory.mktemp("models"))
    return ChatTokenizer.load(folder)


def test_knowledge_is_asked_by_heart_and_grounded_skills_with_their_context() -> None:
    assert user_text(make_item(0)) == "What sings?"
    assert user_text(make_item(0, kind=Kind.GROUNDED)) == "Birds sing.\n\nWhat sings?"
    assert user_text(make_item(0, kind=Kind.FREEFORM, context=None)) == "What sings?"


@pytest.mark.parametrize(
    "answer", ["A small bird", "  spaces at the ends \n", "雪 – naïve", "<|im_end|> literally"]
)
def test_the_answer_is_scored_whole_and_nothing_else(tokenizer: ChatTokenizer, answer: str) -> None:
    asked = ask(make_item(0, answer=answer), tokenizer, 1000)
    text = tokenizer.tokenizer.decode(list(asked.ids[asked.begin : asked.end]), skip_special_tokens=False)
    assert text == answer.strip()
    assert asked.end == len(asked.ids)
    before = tokenizer.tokenizer.decode(list(asked.ids[: asked.begin]), skip_special_tokens=False)
    assert before.endswith("What sings?<|im_end|>\n<|im_start|>assistant\n")


def test_an_item_the_model_cannot_read_whole_is_the_contributions_fault(tokenizer: ChatTokenizer) -> None:
    with pytest.raises(BadContribution) as caught:
        ask(make_item(0, answer="long " * 100), tokenizer, 200)
    assert caught.value.code == "exam_item_too_long"
    with pytest.raises(BadContribution):
        ask(make_item(0, answer=" \n"), tokenizer, 200)


def test_batches_hold_every_item_once_within_the_budget(tokenizer: ChatTokenizer) -> None:
    items = [ask(make_item(number), tokenizer, 1000) for number in range(20)]
    grouped = batches(items, 400)
    assert sorted(asked.item.id for batch in grouped for asked in batch) == [asked.item.id for asked in items]
    for batch in grouped:
        assert len(batch) * max(len(asked.ids) for asked in batch) <= 400
    assert len(batches(items, 1)) == 20


def test_answers_are_asked_of_contributed_items_one_of_each_context_first() -> None:
    items = [make_item(n, contributed=n != 0, group=n // 3, leaf_id="knowledge/leaf") for n in range(6)]
    assert [item.id for item in to_be_answered(items, 3)] == [items[n].id for n in (1, 3, 2)]
    assert to_be_answered(items, 0) == []
