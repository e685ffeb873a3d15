"""The settings of a node with accelerators: bfloat16, ZeRO-3, one rank a GPU."""

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.pipelines.train.building import finish_stage, losses, make_train_run

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize("zero_stage", [0, 2, 3])
def test_bfloat16_learns_at_every_zero_stage(tmp_path: Path, zero_stage: int) -> None:
    run_dir = make_train_run(
        tmp_path / "a", precision="bfloat16", zero_stage=zero_stage, gradient_checkpointing=True
    )
    found = losses(finish_stage(run_dir))
    assert found[-1] < found[0] - 0.1


def test_all_gpus_together_follow_the_trajectory_of_one(tmp_path: Path) -> None:
    gpus = torch.cuda.device_count()
    if gpus < 2:
        pytest.skip("this machine has one GPU")
    settings: dict[str, Any] = {"precision": "float32", "zero_stage": 3}
    one = losses(finish_stage(make_train_run(tmp_path / "one", **settings)))
    all_of_them = losses(finish_stage(make_train_run(tmp_path / "all", processes=gpus, **settings)))
    assert all_of_them == pytest.approx(one, abs=1e-3)
