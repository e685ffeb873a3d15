"""From a folder into a model and back: safetensors, with the tokenizer beside them."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from pipelines.train.batches import Attention
from pipelines.train.config import TrainConfig
from pipelines.train.world import World

_TOKENIZER_FILES = (
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "*.jinja",
    "vocab.*",
    "merges.txt",
    "generation_config.json",
)


def load_model(folder: Path, config: TrainConfig, attention: Attention) -> Any:
    """The causal language model of a prepared folder, ready to be trained in the recipe's precision."""
    model: Any = AutoModelForCausalLM.from_pretrained(
        folder, dtype=getattr(torch, config.precision), attn_implementation=attention
    )
    model.config.use_cache = False
    if config.gradient_checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    model.train()
    return model


def save_model(engine: Any, base: Path, folder: Path, world: World) -> None:
    """Gather the weights from all ranks and write a folder that any Hugging Face loader takes.

    Tokenizer and chat template are those of `base`.
    """
    zero3 = engine.zero_optimization_partition_weights()
    state = engine._zero3_consolidated_16bit_state_dict() if zero3 else engine.module.state_dict()  # noqa: SLF001
    if not world.leads:
        return
    # ZeRO keeps parameters as views of one flat buffer, which safetensors would take for shared weights.
    own = {name: tensor.detach().cpu().clone() for name, tensor in _without_tied(state).items()}
    engine.module.config.use_cache = True
    engine.module.save_pretrained(folder, state_dict=own, max_shard_size="4GB")
    for pattern in _TOKENIZER_FILES:
        for file in base.glob(pattern):
            shutil.copyfile(file, folder / file.name)
    for file in folder.iterdir():
        file.chmod(0o644)


def _without_tied(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Each weight once, under its first name: loaders tie the others to it again."""
    first: dict[tuple[int, torch.Size], str] = {}
    for name, tensor in state.items():
        first.setdefault((tensor.data_ptr(), tensor.shape), name)
    return {name: state[name] for name in first.values()}
