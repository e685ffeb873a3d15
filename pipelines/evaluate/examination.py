"""One model under examination; what it has scored before under the same weights is not asked again."""

import json
import math
import os
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.artifacts import Answer, ExamItem, ItemScore, Message
from pipelines.chat import ChatTokenizer
from pipelines.errors import BadContribution, WrongUse
from pipelines.evaluate.asking import (
    TOO_LONG,
    AskedItem,
    ask,
    asked_alone,
    batches,
    portions,
    prompt_text,
)
from pipelines.evaluate.config import EvaluateConfig
from pipelines.evaluate.store import KeptAnswer, KeptScore, ScoreStore
from pipelines.files import digest
from pipelines.models import model_digest, resolve_model
from pipelines.provenance import code_version
from pipelines.runs import RunDir

if TYPE_CHECKING:
    from pipelines.evaluate.language_model import LanguageModel

Conversation = tuple[Message, ...]
DECIMALS = 6
"""Of nats per token; finer differences are the processor's, not the model's."""
_DEFAULT_CONTEXT = 2048


def _model_folder(run_dir: RunDir, config: EvaluateConfig) -> Path:
    if config.model is not None:
        return resolve_model(config.model, run_dir.place().models)
    return run_dir.input_path("model") / "model"


class Examination:
    """One model, its tokenizer and what it has scored before. The weights are loaded when first asked."""

    def __init__(self, run_dir: RunDir, config: EvaluateConfig) -> None:
        folder = _model_folder(run_dir, config)
        self._run_dir, self._config, self._folder = run_dir, config, folder
        self.tokenizer = ChatTokenizer.load(folder)
        self.digest = model_digest(folder)
        settings = json.loads((folder / "config.json").read_text())
        self.context = int(settings.get("max_position_embeddings", _DEFAULT_CONTEXT))
        shared = run_dir.place().leaves.parent / "scores"
        self._store = ScoreStore(shared / self.digest[:32] / f"{code_version('evaluate')}-{_device()}")
        self._model: LanguageModel | None = None

    def score(self, items: Sequence[ExamItem]) -> tuple[tuple[ItemScore, ...], int]:
        """Every item's score in the exam's order, and how many were not known before."""
        wanted = {item.id: (item, asked_alone(item)) for item in items}
        kept, fresh = self._scores(wanted)
        return tuple(_item_score(item, kept[item.id]) for item in items), fresh

    def score_told(self, conversations: Mapping[str, tuple[ExamItem, Conversation]]) -> tuple[ItemScore, ...]:
        """Items, by id, with a conversation that ends in their question; those that are too long are left out."""
        wanted = {
            f"{key}-told-{digest([message.model_dump() for message in said])[:16]}": (item, said)
            for key, (item, said) in conversations.items()
            if self._fits(item, said)
        }
        kept, _ = self._scores(wanted)
        return tuple(_item_score(item, kept[key]) for key, (item, _) in wanted.items())

    def _fits(self, item: ExamItem, conversation: Conversation) -> bool:
        try:
            ask(item, self.tokenizer, self.context, conversation)
        except BadContribution as error:
            if error.code != TOO_LONG:
                raise
            return False
        return True

    def _scores(
        self, wanted: Mapping[str, tuple[ExamItem, Conversation]]
    ) -> tuple[dict[str, KeptScore], int]:
        """Store key -> score, and how many were not there before."""
        found = {key: self._store.find(key, KeptScore) for key in wanted}
        kept = {key: score for key, score in found.items() if score is not None}
        new = {
            ask(item, self.tokenizer, self.context, said): key
            for key, (item, said) in wanted.items()
            if key not in kept
        }
        done = len(kept)
        for batch in batches(list(new), self._config.batch_tokens):
            for asked, value in zip(batch, self.model().log_likelihoods(batch), strict=True):
                kept[new[asked]] = self._keep(new[asked], asked, value)
            done += len(batch)
            self._run_dir.progress.say(done, len(wanted), "items", f"{len(wanted) - len(new)} known before")
        return kept, len(new)

    def answer(self, items: list[ExamItem]) -> tuple[Answer, ...]:
        tokens = self._config.answer_tokens
        found = {item.id: self._store.find(f"{item.id}-answer-{tokens}", KeptAnswer) for item in items}
        kept = {key: answer for key, answer in found.items() if answer is not None}
        new = [item for item in items if item.id not in kept]
        if new:
            prompts = {item.id: self.tokenizer.encode(prompt_text(item, self.tokenizer)) for item in new}
            for portion in portions(prompts, tokens, self._config.batch_tokens):
                self._run_dir.progress.say(len(kept), len(items), "answers")
                said = self.model().answers([prompts[key] for key in portion], tokens)
                for key, ids in zip(portion, said, strict=True):
                    text = self.tokenizer.tokenizer.decode(ids, skip_special_tokens=True).strip()
                    kept[key] = KeptAnswer(answer=text)
                    self._store.keep(f"{key}-answer-{tokens}", kept[key])
        return tuple(
            Answer(
                item_id=item.id,
                leaf_id=item.leaf_id,
                question=item.question,
                reference_answer=item.answer,
                answer=kept[item.id].answer,
            )
            for item in items
        )

    def _keep(self, key: str, asked: AskedItem, value: float) -> KeptScore:
        if not math.isfinite(value):
            raise WrongUse(
                "score_not_finite",
                f"the model gives an answer of {asked.item.leaf_id} no finite likelihood ({value})",
                mend="The weights are damaged or were trained at too high a rate: train again with a lower one.",
            )
        score = KeptScore(log_likelihood=round(value, DECIMALS), tokens=asked.answer_tokens)
        self._store.keep(key, score)
        return score

    def model(self) -> "LanguageModel":
        if self._model is None:
            # Imported late: when every score is known already, no engine is loaded at all.
            os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # neighbours on the same cores get theirs
            from pipelines.evaluate.language_model import LanguageModel

            self._model = LanguageModel(self._folder, _device())
        return self._model


def _item_score(item: ExamItem, score: KeptScore) -> ItemScore:
    return ItemScore(
        item_id=item.id,
        leaf_id=item.leaf_id,
        contributed=item.contributed,
        group=item.group,
        log_likelihood=score.log_likelihood,
        tokens=score.tokens,
    )


def _device() -> str:
    """`cuda` or `cpu`; torch is only asked where there may be an accelerator, for importing it takes seconds."""
    if metadata.version("torch").endswith("+cpu") or not Path("/dev/nvidiactl").exists():
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
