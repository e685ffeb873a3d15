"""`graft preview` on a taxonomy of one leaf, with rules for a teacher."""

import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.errors import BadContribution, WrongUse
from service.cli.main import build
from service.github import standin

LEAF = "compositional_skills/writing/kind_refusals"
SOURCE = Path(standin.__file__).parent / "sample" / "contributions" / LEAF


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def taxonomy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A leaf that its second commit adds."""
    folder = tmp_path_factory.mktemp("taxonomy")
    git(folder, "init", "--quiet")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "Begin")
    leaf = folder / LEAF
    leaf.mkdir(parents=True)
    for file in SOURCE.iterdir():
        (leaf / file.name).write_bytes(file.read_bytes())
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", "Add a leaf")
    return folder


def preview(taxonomy: Path, home: Path, *words: str) -> str:
    arguments = ["preview", *words, "--taxonomy", str(taxonomy), "--recipe", "scripted", "--home", str(home)]
    result = CliRunner().invoke(
        build(("preview", "run")), arguments, catch_exceptions=False, standalone_mode=False
    )
    return result.output


def test_a_leafs_samples_are_shown_and_not_written_twice(taxonomy: Path, tmp_path: Path) -> None:
    first = preview(taxonomy, tmp_path, "--samples", "3")
    assert f"{LEAF}: " in first
    assert first.count("✓") + first.count("✗") == 3
    again = preview(taxonomy, tmp_path, str(taxonomy / LEAF), "--samples", "3")
    assert "of 3 kept, from an earlier preview" in again
    with pytest.raises(WrongUse):
        preview(taxonomy, tmp_path, "knowledge/nowhere")
    with pytest.raises(BadContribution):
        preview(taxonomy, tmp_path, "--base", "HEAD", "--samples", "3")
