import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from pipelines.errors import OutsideFailed
from service.cli import bench
from service.cli.benches import fuzz, lint, peers
from service.cli.benches.corpus import good_leaves
from service.cli.benches.peers import Peers
from service.cli.benches.result import BenchOptions, BenchResult
from service.cli.main import main
from taxonomy_schema.rules import check


@pytest.fixture
def silent() -> Iterator[Console]:
    with Path("/dev/null").open("w") as nowhere:
        yield Console(file=nowhere)


def test_spoilt_leaves_crash_nothing() -> None:
    told = fuzz.look(seed=7, chunk=0, count=400)

    assert told.crashed == []
    assert told.slow == 0


def test_a_crash_is_told_with_the_name_that_brings_the_input_back(monkeypatch: pytest.MonkeyPatch) -> None:
    base = fuzz.base_of(3)
    third = fuzz.spoilt("3/0/2", base)

    def stumble(files: object) -> None:
        if files == third:
            raise RecursionError("too deep")

    monkeypatch.setattr(fuzz, "check", stumble)

    assert fuzz.look(seed=3, chunk=0, count=5).crashed == ["3/0/2: RecursionError: too deep"]


def test_a_missing_peer_is_something_outside_and_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lint, "PEERS", Peers("lint", {"yamllint": "1.38.0"}, tmp_path))
    monkeypatch.setattr("sys.argv", ["graft", "bench", "lint"])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 3
    assert "graft bench lint --setup" in capsys.readouterr().err


def test_a_peer_in_another_version_is_no_peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Peers("lint", {"pytest": "0.0.1"}, tmp_path)
    monkeypatch.setattr(peers.Peers, "python", property(lambda _: sys.executable))

    with pytest.raises(OutsideFailed, match="other versions"):
        held.need()


def test_the_corpus_is_the_same_for_the_same_seed_and_sound() -> None:
    leaves = good_leaves(30, 5)

    assert leaves == good_leaves(30, 5) != good_leaves(30, 6)
    assert [check(leaf).errors for leaf in leaves] == [()] * 30


def test_a_result_is_one_json_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = BenchResult(name="lint", figures={}, peers={"a": "1"}, environment={})
    monkeypatch.setattr(lint, "run", lambda _, options: made if options == BenchOptions(seed=9) else None)

    bench.bench("lint", as_json=True, seed=9)

    assert json.loads(capsys.readouterr().out) == made.model_dump()
