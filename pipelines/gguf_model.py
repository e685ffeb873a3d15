"""A GGUF file of the Llama family becomes a plain Hugging Face folder in float32.

transformers reads such files too, but parses them three times over, loses the digit splitter of the `smollm`
tokenizer and cannot save what it read. This reads once, with the `gguf` package, and needs no torch.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from pipelines.errors import WrongUse

_TENSORS = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_norm": "input_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "ffn_norm": "post_attention_layernorm",
}
_OUTSIDE_BLOCKS = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
_CONTROL_TOKEN = 3
"""llama.cpp's token type of tokens that text never holds by itself."""
_PRE_TOKENIZERS = ("smollm",)


def convert_gguf(source: Path, folder: Path) -> None:
    """Write config.json, model.safetensors (float32) and the tokenizer of `source` into `folder`.

    Raises WrongUse for another architecture or tokenizer than those known here.
    """
    # Imported late: only a machine that takes its model from such a file needs the package.
    from gguf import GGUFReader

    reader = GGUFReader(source)
    fields = {name: field.contents() for name, field in reader.fields.items()}
    known = (
        fields.get("general.architecture") == "llama"
        and fields.get("tokenizer.ggml.model") == "gpt2"
        and fields.get("tokenizer.ggml.pre") in _PRE_TOKENIZERS
    )
    if not known:
        raise WrongUse(
            "gguf_unknown",
            f"{source.name} is not of the Llama family with a tokenizer of {', '.join(_PRE_TOKENIZERS)}",
            mend="Convert the model to a Hugging Face folder and name it with path:.",
        )
    weights = _weights(reader, fields)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    _write(folder / "config.json", _config(fields, tied="lm_head.weight" not in weights))
    _write(folder / "generation_config.json", _ids(fields))
    _write(folder / "tokenizer_config.json", _tokenizer_config(fields))
    (folder / "chat_template.jinja").write_text(fields["tokenizer.chat_template"])
    _tokenizer(fields).save(str(folder / "tokenizer.json"))


def _ids(fields: dict[str, Any]) -> dict[str, Any]:
    """Ids of the tokens that begin, end and pad a text."""
    return {
        "bos_token_id": fields["tokenizer.ggml.bos_token_id"],
        "eos_token_id": fields["tokenizer.ggml.eos_token_id"],
        "pad_token_id": fields.get("tokenizer.ggml.padding_token_id", fields["tokenizer.ggml.eos_token_id"]),
    }


def _config(fields: dict[str, Any], *, tied: bool) -> dict[str, Any]:
    heads = fields["llama.attention.head_count"]
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "dtype": "float32",
        "vocab_size": len(fields["tokenizer.ggml.tokens"]),
        "hidden_size": fields["llama.embedding_length"],
        "intermediate_size": fields["llama.feed_forward_length"],
        "num_hidden_layers": fields["llama.block_count"],
        "num_attention_heads": heads,
        "num_key_value_heads": fields["llama.attention.head_count_kv"],
        "head_dim": fields["llama.embedding_length"] // heads,
        "hidden_act": "silu",
        "max_position_embeddings": fields["llama.context_length"],
        "rms_norm_eps": round(fields["llama.attention.layer_norm_rms_epsilon"], 12),
        "rope_parameters": {"rope_theta": fields["llama.rope.freq_base"], "rope_type": "default"},
        "rope_theta": fields["llama.rope.freq_base"],
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": tied,
        **_ids(fields),
    }


def _weights(reader: Any, fields: dict[str, Any]) -> dict[str, np.ndarray]:
    from gguf.quants import dequantize

    heads = {
        "attn_q": fields["llama.attention.head_count"],
        "attn_k": fields["llama.attention.head_count_kv"],
    }
    weights = {}
    for tensor in reader.tensors:
        values = dequantize(tensor.data, tensor.tensor_type).astype(np.float32, copy=False)
        if tensor.name in _OUTSIDE_BLOCKS:
            weights[_OUTSIDE_BLOCKS[tensor.name]] = np.ascontiguousarray(values)
            continue
        _, block, part, _ = tensor.name.split(".")
        if part in heads:
            values = _unrotate(values, heads[part])
        weights[f"model.layers.{block}.{_TENSORS[part]}.weight"] = np.ascontiguousarray(values)
    return weights


def _unrotate(values: np.ndarray, heads: int) -> np.ndarray:
    """Undo llama.cpp's order of rotary pairs (its convert_hf_to_gguf.py, `permute`): same shape, rows moved."""
    half = values.shape[0] // heads // 2
    return values.reshape(heads, half, 2, values.shape[1]).swapaxes(1, 2).reshape(values.shape)


def _tokenizer(fields: dict[str, Any]) -> Tokenizer:
    tokens: list[str] = fields["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ", 1)) for merge in fields["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(
        models.BPE(vocab={token: index for index, token in enumerate(tokens)}, merges=merges)
    )
    # What llama.cpp calls `smollm`: every digit stands alone, the rest as GPT-2 splits it.
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    types = fields["tokenizer.ggml.token_type"]
    control = [token for token, kind in zip(tokens, types, strict=True) if kind == _CONTROL_TOKEN]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in control])
    return tokenizer


def _tokenizer_config(fields: dict[str, Any]) -> dict[str, Any]:
    tokens: list[str] = fields["tokenizer.ggml.tokens"]
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "clean_up_tokenization_spaces": False,
        "model_max_length": fields["llama.context_length"],
        "unk_token": tokens[fields.get("tokenizer.ggml.unknown_token_id", 0)],
        **{key.removesuffix("_id"): tokens[index] for key, index in _ids(fields).items()},
    }


def _write(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n")
