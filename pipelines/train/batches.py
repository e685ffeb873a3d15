"""Packed rows as what a causal language model takes, and the loss on what comes back."""

import importlib.util
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional

from pipelines.train.packing import IGNORED, Packed

Attention = Literal["sdpa", "flash_attention_2"]


def attention_for(device: torch.device, precision: str) -> Attention:
    """Variable-length flash attention where it is installed (half precision, CUDA); SDPA with a mask elsewhere."""
    able = device.type == "cuda" and precision == "bfloat16"
    return "flash_attention_2" if able and importlib.util.find_spec("flash_attn") else "sdpa"


def model_inputs(packed: Packed, attention: Attention, device: torch.device) -> tuple[dict[str, Any], Tensor]:
    """The model's keyword arguments for one sequence of packed rows, and the labels (kept,) of the logits it
    gives back: only those that count are computed, which spares the output layer the rest.
    """
    labels = torch.from_numpy(packed.labels)
    kept = (labels != IGNORED).nonzero()[:, 0]
    if not len(kept):
        kept = torch.zeros(1, dtype=torch.int64)  # a batch without rows still goes the whole way
    inputs: dict[str, Any] = {
        "input_ids": torch.from_numpy(packed.ids)[None].to(device),
        "position_ids": torch.from_numpy(packed.positions)[None].to(device),
        "attention_mask": None,
        "use_cache": False,
        "logits_to_keep": kept.to(device),
    }
    if attention == "sdpa":
        rows = torch.from_numpy(packed.rows).to(device)
        # Flash attention sees from the positions where rows begin; SDPA is told by a mask: own row, not ahead.
        inputs["attention_mask"] = (rows[:, None] == rows[None, :]).tril()[None, None]
    return inputs, labels[kept].to(device)


def summed_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy in nats, summed over the labels that are not IGNORED; `logits` is (1, kept, vocabulary)."""
    return functional.cross_entropy(logits[0].float(), labels, ignore_index=IGNORED, reduction="sum")
