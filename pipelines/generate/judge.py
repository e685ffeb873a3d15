"""The judge reads a sample and says one of a few words."""

from pipelines.artifacts import Judgement, LeafEntry, Message
from pipelines.engines.completion import Choice, CompletionRequest
from pipelines.generate.asks import outline_of, task_of
from pipelines.generate.config import GenerateConfig
from pipelines.generate.filters import Draft
from pipelines.generate.passages import Passage
from pipelines.generate.prompts import Prompts


def judge_request(
    entry: LeafEntry, draft: Draft, passage: Passage | None, prompts: Prompts, config: GenerateConfig
) -> CompletionRequest:
    values = {
        "task": task_of(entry.leaf),
        "outline": outline_of(entry.leaf),
        "passage": passage.text if passage else "",
        "question": draft.question,
        "answer": draft.answer,
        "context": draft.context or "",
    }
    return CompletionRequest(
        messages=(
            Message(role="system", content=prompts.fill("judge_system", values)),
            Message(role="user", content=prompts.fill("judge", values)),
        ),
        temperature=0.0,
        max_tokens=config.judge_max_tokens,
        structured=Choice(prompts.choices),
    )


def judgement_of(word: str, prompts: Prompts) -> Judgement:
    """The word as a score between 0 and 1; a word that was not offered scores 0."""
    said = word.strip()
    if said not in prompts.choices:
        return Judgement(score=0.0, reason=f"said {said[:20]!r}")
    steps = len(prompts.choices) - 1
    return Judgement(score=1 - prompts.choices.index(said) / steps, reason=said)
