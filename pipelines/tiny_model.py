"""A Llama of two layers with random weights and a byte tokenizer: for tests of the way, not of the words."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

_WIDTH, _INNER, _LAYERS, _HEADS = 64, 128, 2, 4
_SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_VOCABULARY = 264  # 3 special tokens and 256 bytes, rounded up
_SPREAD = 0.02

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def make_tiny_model(folder: Path, seed: int) -> None:
    """Write config, weights (float32) and tokenizer into `folder`; equal seeds give equal bytes."""
    save_file(_weights(seed), folder / "model.safetensors", metadata={"format": "pt"})
    _write(folder / "config.json", _config())
    _write(folder / "generation_config.json", {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2})
    _write(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": "<|im_start|>",
            "eos_token": "<|im_end|>",
            "pad_token": "<|im_end|>",
            "unk_token": "<|endoftext|>",
            "clean_up_tokenization_spaces": False,
            "model_max_length": 4096,
        },
    )
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE)
    _tokenizer().save(str(folder / "tokenizer.json"))


def _config() -> dict[str, object]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "dtype": "float32",
        "vocab_size": _VOCABULARY,
        "hidden_size": _WIDTH,
        "intermediate_size": _INNER,
        "num_hidden_layers": _LAYERS,
        "num_attention_heads": _HEADS,
        "num_key_value_heads": _HEADS,
        "head_dim": _WIDTH // _HEADS,
        "hidden_act": "silu",
        "max_position_embeddings": 4096,
        "rms_norm_eps": 1e-5,
        "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"},
        "rope_theta": 10000.0,
        "initializer_range": _SPREAD,
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": True,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 2,
    }


def _weights(seed: int) -> dict[str, np.ndarray]:
    random = np.random.Generator(np.random.PCG64(seed))

    def matrix(rows: int, columns: int) -> np.ndarray:
        return (random.standard_normal((rows, columns)) * _SPREAD).astype(np.float32)

    norm = np.ones(_WIDTH, dtype=np.float32)
    weights = {"model.embed_tokens.weight": matrix(_VOCABULARY, _WIDTH), "model.norm.weight": norm.copy()}
    for layer in range(_LAYERS):
        at = f"model.layers.{layer}."
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            weights[f"{at}self_attn.{name}.weight"] = matrix(_WIDTH, _WIDTH)
        weights[f"{at}mlp.gate_proj.weight"] = matrix(_INNER, _WIDTH)
        weights[f"{at}mlp.up_proj.weight"] = matrix(_INNER, _WIDTH)
        weights[f"{at}mlp.down_proj.weight"] = matrix(_WIDTH, _INNER)
        weights[f"{at}input_layernorm.weight"] = norm.copy()
        weights[f"{at}post_attention_layernorm.weight"] = norm.copy()
    return weights


def _tokenizer() -> Tokenizer:
    """Every byte is a token; the special tokens come first."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate([*_SPECIAL, *letters])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in _SPECIAL])
    return tokenizer


def _write(path: Path, value: dict[str, object]) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n")
