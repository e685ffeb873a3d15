"""One leaf's samples: every ask is written, filtered and judged by itself; nothing waits for its neighbours."""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from pipelines.artifacts import LeafEntry, Sample
from pipelines.engines.completion import Completion, CompletionRequest, Completions
from pipelines.files import digest
from pipelines.generate.asks import Ask
from pipelines.generate.config import GenerateConfig
from pipelines.generate.filters import Draft, Dropped, check_draft, near, parse_draft
from pipelines.generate.journal import Journal
from pipelines.generate.judge import judge_request, judgement_of
from pipelines.generate.prompts import prompts_for
from pipelines.generate.store import LeafStore, Spent, StoredLeaf
from pipelines.trials import DroppedSample


@dataclass(slots=True)
class Tally:
    """How far all leaves together are; the stage's progress reads it."""

    asked: int = 0
    judged: int = 0
    passed: int = 0
    completion_tokens: int = 0
    """Written in this try, not read back from the journal."""
    changed: Callable[[], None] = field(default=lambda: None)


@dataclass(frozen=True, slots=True)
class Writer:
    """What all leaves share: the engines, the settings, the store, and places for samples under way."""

    teacher: Completions
    judge: Completions
    config: GenerateConfig
    store: LeafStore
    places: asyncio.Semaphore
    tally: Tally

    async def write(self, entry: LeafEntry, key: str, asks: tuple[Ask, ...]) -> StoredLeaf:
        """Make a leaf's samples, going on from what an earlier try left; adopts what another stage has finished."""
        async with self.store.working(key) as work:
            finished = self.store.find(key)
            if finished is not None:
                shutil.rmtree(work)
                return finished
            with Journal(work / "answers.jsonl") as journal:
                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(self._sample(entry, ask, journal)) for ask in asks]
                outcomes = [task.result() for task in tasks]
                samples, dropped = _without_neighbours(asks, outcomes, entry)
                answers = journal.answers()
            spent = Spent(
                requests=len(answers),
                prompt_tokens=sum(answer.prompt_tokens for answer in answers),
                completion_tokens=sum(answer.completion_tokens for answer in answers),
            )
            return self.store.save(entry.leaf.id, key, samples, dropped, spent)

    async def _sample(self, entry: LeafEntry, ask: Ask, journal: Journal) -> Sample | DroppedSample:
        async with self.places:
            written = await self._answer(self.teacher, ask.request, f"write:{ask.index}", journal)
            draft = None
            try:
                draft = parse_draft(written, ask.fields, ask.answer)
                outcome: Sample | DroppedSample = await self._judged(entry, ask, draft, journal)
                self.tally.passed += 1
            except Dropped as dropped:
                outcome = _dropped(dropped.reason, draft or Draft("", written.text))
            self.tally.judged += 1
            self.tally.changed()
            return outcome

    async def _judged(self, entry: LeafEntry, ask: Ask, draft: Draft, journal: Journal) -> Sample:
        leaf, prompts = entry.leaf, prompts_for(entry.leaf.kind)
        check_draft(draft, leaf.kind, leaf.seeds, ask.passage)
        request = judge_request(entry, draft, ask.passage, prompts, self.config)
        judgement = judgement_of(
            (await self._answer(self.judge, request, f"judge:{ask.index}", journal)).text, prompts
        )
        if judgement.score < self.config.min_score:
            raise Dropped("judge", judgement.reason)
        passage = ask.passage
        context = draft.context if passage is None else passage.text
        return Sample(
            id=digest([leaf.id, context, draft.question, draft.answer])[:16],
            leaf_id=leaf.id,
            kind=leaf.kind,
            question=draft.question,
            answer=draft.answer,
            context=context,
            document=passage.document if passage else None,
            judgement=judgement,
        )

    async def _answer(
        self, engine: Completions, request: CompletionRequest, step: str, journal: Journal
    ) -> Completion:
        """Ask, or take what the journal holds for exactly this request."""
        key = digest([step, request_digest(request)])
        known = journal.get(key)
        if known is not None:
            return known
        answer = await engine.complete(request)
        journal.put(key, answer)
        self.tally.completion_tokens += answer.completion_tokens
        return answer


def request_digest(request: CompletionRequest) -> str:
    structured = request.structured
    return digest(
        {
            "messages": [message.model_dump() for message in request.messages],
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "frequency_penalty": request.frequency_penalty,
            "seed": request.seed,
            "stop": list(request.stop),
            "structured": None if structured is None else [type(structured).__name__, asdict(structured)],
        }
    )


def _without_neighbours(
    asks: tuple[Ask, ...], outcomes: list[Sample | DroppedSample], entry: LeafEntry
) -> tuple[list[Sample], list[DroppedSample]]:
    """Drop what is near an earlier sample; in the order of asking, whichever came back first."""
    kept: list[Sample] = []
    dropped: list[DroppedSample] = []
    for _, outcome in sorted(zip(asks, outcomes, strict=True), key=lambda pair: pair[0].index):
        if isinstance(outcome, DroppedSample):
            dropped.append(outcome)
        elif any(near(_draft(outcome), _draft(sample), entry.leaf.kind) for sample in kept):
            dropped.append(_dropped("dedupe:near another sample", _draft(outcome)))
        else:
            kept.append(outcome)
    return kept, dropped


def _dropped(reason: str, draft: Draft) -> DroppedSample:
    return DroppedSample(reason=reason, question=draft.question, answer=draft.answer, context=draft.context)


def _draft(sample: Sample) -> Draft:
    return Draft(sample.question, sample.answer, sample.context)
