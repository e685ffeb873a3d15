"""Killing the GPU worker in the middle of its stages loses nothing and says nothing twice."""

from pathlib import Path

import pytest

from tests.journeys.conftest import Walk, recipe

pytestmark = [pytest.mark.timeout(900)]


def test_a_worker_killed_in_generate_and_in_train_still_ends_in_one_comment_and_one_release(
    walked: Walk, tmp_path: Path
) -> None:
    slow = recipe(
        tmp_path,
        generate={"teacher": {"kind": "scripted", "script_delay": 0.2, "max_in_flight": 4}},
        mix={"tokens_per_phase": 8192},
    )
    report = walked(tmp_path, recipe=str(slow), kill_in=("generate", "train"), lease_seconds=5.0)
    assert report.restarts["worker-gpu"] == 2
    assert report.comments_by_bot == 1
    assert report.release.assets
    generate = next(stage for stage in report.stages if stage.name == "generate" and stage.run == "evaluate")
    assert not generate.reused
