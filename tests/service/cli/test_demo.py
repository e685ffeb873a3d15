from pathlib import Path

import pytest
from rich.console import Console

from pipelines.errors import ExitCode, WrongUse
from service.cli.demo import DemoOptions, walk


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"leaf": "knowledge/x"}, "needs a taxonomy"),
        ({"leaf": "knowledge/x", "taxonomy": Path("/nowhere")}, "holds no leaf"),
        ({"recipe": "none"}, "no recipe 'none'"),
        ({"kill_in": ("train", "collect")}, "no stage 'collect'"),
    ],
)
def test_what_cannot_work_is_said_before_anything_starts(
    tmp_path: Path, wrong: dict[str, object], said: str
) -> None:
    with pytest.raises(WrongUse, match=said) as refused:
        walk(DemoOptions(home=tmp_path, **wrong), Console(quiet=True))  # type: ignore[arg-type]
    assert refused.value.exit_code is ExitCode.WRONG_USE
    assert not list(tmp_path.iterdir())
