"""The whole way on the real engines: vLLM and DeepSpeed on the CPU, with SmolLM2-135M."""

from pathlib import Path

import pytest

from tests.journeys.conftest import Walk, recipe

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1500)]


def test_a_leaf_becomes_a_comment_a_release_and_a_badge(walked: Walk, tmp_path: Path) -> None:
    smaller = recipe(
        tmp_path,
        "laptop",
        generate={"samples_per_leaf": 8},
        mix={"tokens_per_phase": 1536},
        evaluate={"max_answers": 1},
    )
    report = walked(tmp_path, recipe=str(smaller))
    exam = next(delta for delta in report.deltas if delta.metric == "exam")
    assert exam.n >= 5
    assert exam.delta > 0, "training on a leaf's own samples must make its answers likelier"
    assert report.comments_by_bot == 1
    assert report.versions["vllm"]
    assert report.versions["deepspeed"]
    assert any(asset.name.endswith(".safetensors") and asset.size > 100e6 for asset in report.release.assets)
    generate = next(stage for stage in report.stages if stage.name == "generate")
    assert not generate.reused
