"""The import contracts hold, and each of them refuses the breach it is there for."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.repository import PACKAGES, ROOT

# contract id -> (the file that gets a line, the line)
BREACHES = {
    "packages": ("taxonomy_schema/models.py", "import pipelines.artifacts"),
    "rooms": ("service/github/__init__.py", "import service.ledger.tables"),
    "pure": ("service/decisions/__init__.py", "import httpx"),
    "light": ("service/reports/__init__.py", "import torch"),
    "papers": ("service/jobs/__init__.py", "import pipelines.train.config"),
    "stages": ("pipelines/generate/__init__.py", "import pipelines.train.config"),
    "engines": ("pipelines/collect/__init__.py", "import torch"),
    "one-door": ("service/jobs/__init__.py", "import github"),
    "stages-alone": ("pipelines/mix/__init__.py", "import sqlalchemy"),
}
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def lint_imports(root: Path) -> tuple[int, str]:
    finished = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "400", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    return finished.returncode, finished.stdout + finished.stderr


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the three packages with their contracts, to break."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_is_kept_by_the_code_as_it_is() -> None:
    code, output = lint_imports(ROOT)

    assert code == 0, output
    assert f"{len(CONTRACTS)} kept, 0 broken" in output


def test_every_contract_has_a_planted_breach() -> None:
    assert set(BREACHES) == {contract["id"] for contract in CONTRACTS}


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract["id"])
def test_a_planted_breach_is_refused_by_the_contract_meant_for_it(
    contract: dict[str, str], house: Path
) -> None:
    file, line = BREACHES[contract["id"]]
    with (house / file).open("a") as module:
        module.write(f"\n{line}\n")

    code, output = lint_imports(house)

    assert code == 1, output
    assert re.search(rf"^{re.escape(contract['name'])} BROKEN", output, re.MULTILINE), output


def test_a_room_without_a_place_in_the_layers_is_refused(house: Path) -> None:
    (house / "service" / "attic.py").write_text("")

    code, output = lint_imports(house)

    assert code == 1
    assert "attic" in output
