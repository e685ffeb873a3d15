"""Our light rendering gives what transformers gives, token for token; and nothing heavy is loaded for it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.artifacts import Message
from pipelines.chat import ChatTokenizer
from pipelines.errors import WrongUse
from pipelines.models import resolve_model

CHAT = (
    Message(role="user", content="Où est le nid?\nLine two"),
    Message(role="assistant", content="In a hedge {{ not a template }}."),
)


def test_tokens_are_those_of_transformers(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    folder = resolve_model("tiny:1", tmp_path)
    theirs = AutoTokenizer.from_pretrained(folder)
    ours = ChatTokenizer.load(folder)
    messages = [message.model_dump() for message in CHAT]
    assert ours.render(CHAT) == theirs.apply_chat_template(messages, tokenize=False)
    tokens: Any = theirs.apply_chat_template(messages, tokenize=True)
    assert ours.encode(ours.render(CHAT)) == tokens["input_ids"]
    prompt = theirs.apply_chat_template(messages[:1], tokenize=False, add_generation_prompt=True)
    assert ours.render(CHAT[:1], add_generation_prompt=True) == prompt


def test_a_folder_without_a_template_is_named(tmp_path: Path) -> None:
    folder = resolve_model("tiny:1", tmp_path)
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(WrongUse, match="chat template"):
        ChatTokenizer.load(folder)


@pytest.mark.parametrize("stage", ["collect", "generate", "mix"])
def test_the_data_stages_start_without_torch(stage: str) -> None:
    heavy = "any(name in sys.modules for name in ('torch', 'vllm', 'transformers'))"
    code = f"import sys, pipelines.{stage}.stage; sys.exit({heavy})"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
