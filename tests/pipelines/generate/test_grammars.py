"""Every schema that a teacher is held to compiles in the engine's grammar compiler."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.generate.prompts import prompts_for
from pipelines.models import resolve_model
from taxonomy_schema.models import Kind


@pytest.mark.engine
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_schema_compiles(tmp_path: Path) -> None:
    """xgrammar refuses some expressions only when a request is under way, and vLLM then answers 500."""
    import xgrammar
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(resolve_model("tiny:1", tmp_path))
    information: Any = xgrammar.TokenizerInfo.from_huggingface(tokenizer, vocab_size=264)
    compiler = xgrammar.GrammarCompiler(information)
    for kind in Kind:
        for extractive in (False, True):
            schema = prompts_for(kind).sample_schema(extractive=extractive)
            compiler.compile_json_schema(json.dumps(schema), any_whitespace=False)
