"""An exam item as tokens: asked as training rows are, with the span of the reference answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.artifacts import ExamItem, Message
from pipelines.chat import ChatTokenizer
from pipelines.errors import BadContribution, WrongUse

TOO_LONG = "exam_item_too_long"


@dataclass(frozen=True, slots=True)
class AskedItem:
    """`ids[begin:end]` are the tokens of the reference answer."""

    item: ExamItem
    ids: tuple[int, ...]
    begin: int
    end: int

    @property
    def answer_tokens(self) -> int:
        return self.end - self.begin


def user_text(item: ExamItem) -> str:
    """What the model is asked. Knowledge is asked without its passage: the model is to know it by heart."""
    if item.context is None or item.kind.is_knowledge:
        return item.question
    return f"{item.context}\n\n{item.question}"


def asked_alone(item: ExamItem) -> tuple[Message, ...]:
    """The exam's conversation: the question, and nothing before it."""
    return (Message(role="user", content=user_text(item)),)


def prompt_text(item: ExamItem, tokenizer: ChatTokenizer) -> str:
    return tokenizer.render(asked_alone(item), add_generation_prompt=True)


def ask(
    item: ExamItem, tokenizer: ChatTokenizer, max_tokens: int, conversation: Sequence[Message] = ()
) -> AskedItem:
    """Tokens of question and reference answer; the answer's span leaves out the sign that ends the turn.

    `conversation` ends with the question; when it is empty, the question stands alone, as in the exam.

    Raises BadContribution when the item is longer than the model can read (`max_tokens`).
    """
    answer = item.answer.strip()
    before = tuple(conversation) or asked_alone(item)
    text = tokenizer.render([*before, Message(role="assistant", content=answer)])
    prompt = tokenizer.render(before, add_generation_prompt=True)
    if not text.startswith(prompt + answer):
        raise WrongUse(
            "chat_template_not_incremental",
            "the model's chat template does not put an answer as it is after the prompt",
            mend="Use a model whose template only adds turns, or give its folder such a template.",
        )
    encoding = tokenizer.tokenizer.encode(text, add_special_tokens=False)
    inside = [
        index
        for index, (start, _) in enumerate(encoding.offsets)
        if len(prompt) <= start < len(prompt) + len(answer)
    ]
    if not inside:
        raise BadContribution(
            "exam_answer_empty",
            f"an exam item of {item.leaf_id} has an empty answer",
            mend="Give every question in qna.yaml an answer.",
        )
    if inside[-1] >= max_tokens:
        raise BadContribution(
            TOO_LONG,
            f"an exam item of {item.leaf_id} takes {inside[-1] + 1} tokens, the model reads {max_tokens}",
            mend="Shorten the question's context in qna.yaml.",
        )
    return AskedItem(item, tuple(encoding.ids[: inside[-1] + 1]), inside[0], inside[-1] + 1)


def batches(items: Sequence[AskedItem], batch_tokens: int) -> list[list[AskedItem]]:
    """Items of like length together, padded to at most `batch_tokens`; a longer item goes alone."""
    grouped: list[list[AskedItem]] = []
    for item in sorted(items, key=lambda asked: (len(asked.ids), asked.item.id)):
        if grouped and len(item.ids) * (len(grouped[-1]) + 1) <= batch_tokens:
            grouped[-1].append(item)
        else:
            grouped.append([item])
    return grouped


def portions(prompts: Mapping[str, Sequence[int]], answer_tokens: int, batch_tokens: int) -> list[list[str]]:
    """Keys of prompts of like length, to be answered together: at most `batch_tokens`, answers and padding included."""
    grouped: list[list[str]] = []
    for key, prompt in sorted(prompts.items(), key=lambda pair: (len(pair[1]), pair[0])):
        if grouped and (len(prompt) + answer_tokens) * (len(grouped[-1]) + 1) <= batch_tokens:
            grouped[-1].append(key)
        else:
            grouped.append([key])
    return grouped


def to_be_answered(items: Sequence[ExamItem], most: int) -> list[ExamItem]:
    """Contributed items that the model also answers: one of each cluster first, in the exam's order."""
    contributed = [item for item in items if item.contributed]
    first = {(item.leaf_id, item.group): item for item in reversed(contributed)}
    chosen = {item.id for item in first.values()}
    ordered = [item for item in contributed if item.id in chosen]
    return (ordered + [item for item in contributed if item.id not in chosen])[:most]
