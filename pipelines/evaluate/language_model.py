"""The model under examination, in torch: log-likelihoods of given answers, and answers of its own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from pipelines.evaluate.asking import AskedItem


class LanguageModel:
    """Weights of a prepared folder: in their own precision on an accelerator, in float32 on the CPU."""

    def __init__(self, folder: Path, device: str) -> None:
        self._device = torch.device(device)
        model: Any = AutoModelForCausalLM.from_pretrained(
            folder, dtype="auto" if device == "cuda" else torch.float32, attn_implementation="sdpa"
        )
        self._model = model.to(self._device).eval()

    @torch.inference_mode()
    def log_likelihoods(self, batch: Sequence[AskedItem]) -> list[float]:
        """Of each item's reference answer given its prompt: the mean over the answer's tokens, in nats.

        Items are padded at their end, where causal attention never looks.
        """
        longest = max(len(asked.ids) for asked in batch)
        ids = torch.zeros((len(batch), longest), dtype=torch.int64)
        for row, asked in enumerate(batch):
            ids[row, : len(asked.ids)] = torch.tensor(asked.ids)
        # The token at i is foretold at i - 1; other positions need no logits.
        first = min(asked.begin for asked in batch) - 1
        keep = torch.arange(first, longest - 1)
        logits = self._model(
            input_ids=ids.to(self._device), use_cache=False, logits_to_keep=keep.to(self._device)
        ).logits
        means = []
        for row, asked in enumerate(batch):
            said = logits[row, asked.begin - 1 - first : asked.end - 1 - first].float()
            meant = ids[row, asked.begin : asked.end].to(self._device)
            spoken = torch.log_softmax(said, dim=-1).gather(1, meant[:, None])
            means.append(spoken.double().mean().item())
        return means

    @torch.inference_mode()
    def answers(self, prompts: Sequence[Sequence[int]], max_tokens: int) -> list[list[int]]:
        """Greedy continuations of token prompts, at most `max_tokens` each, ended by the model's own sign."""
        longest = max(len(prompt) for prompt in prompts)
        ids = torch.zeros((len(prompts), longest), dtype=torch.int64)
        mask = torch.zeros_like(ids)
        for row, prompt in enumerate(prompts):
            ids[row, longest - len(prompt) :] = torch.tensor(prompt)
            mask[row, longest - len(prompt) :] = 1
        said: torch.Tensor = self._model.generate(
            ids.to(self._device),
            attention_mask=mask.to(self._device),
            do_sample=False,
            temperature=None,
            top_p=None,
            top_k=None,
            max_new_tokens=max_tokens,
        )
        continued: list[list[int]] = said[:, longest:].tolist()
        return continued
