"""The short form of `graft bench chaos`: real processes, both databases, nothing lost and nothing twice."""

from pathlib import Path

import pytest

from service.cli.chaos.databases import KINDS, Kind, database
from service.cli.chaos.storm import StormOptions, storm

SEED = 13285  # one that brings nearly every kind of fault among its first twelve


@pytest.mark.timeout(280)
@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=pytest.mark.postgresql) if kind == "postgresql" else kind for kind in KINDS],
)
def test_a_storm_loses_nothing_and_says_nothing_twice(kind: Kind, tmp_path: Path) -> None:
    said: list[str] = []
    with database(kind, tmp_path / "postgresql") as url:
        report = storm(
            StormOptions(home=tmp_path, database_url=url, seed=SEED, deliveries=50, kills=12, patience=200),
            said.append,
        )

    assert report.findings == [], f"seed {SEED}, logs in {tmp_path}/world/logs, {said}"
    assert report.kills >= 12
    assert report.deliveries >= 40
