"""Images are built from what is here, run as nobody special, and say whether they are well."""

from pathlib import Path

import pytest

from tests.architecture.repository import ROOT
from tests.deploy.images import Instruction, fault_of_command, instructions

DOCKERFILES = sorted((ROOT / "deploy").glob("*.Dockerfile"))


@pytest.fixture(params=DOCKERFILES, ids=lambda path: path.name)
def image(request: pytest.FixtureRequest) -> list[Instruction]:
    path: Path = request.param
    return instructions(path)


def of(image: list[Instruction], word: str) -> list[Instruction]:
    return [instruction for instruction in image if instruction.word == word]


def test_there_is_an_image_for_each_kind_of_process() -> None:
    assert [path.name.split(".")[0] for path in DOCKERFILES] == ["gpu", "local", "web", "worker"]


def test_everything_copied_exists_and_is_not_ignored(image: list[Instruction]) -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    sources = [
        source
        for copy in of(image, "COPY")
        if not copy.rest.startswith("--from")
        for source in copy.arguments()[:-1]
    ]

    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert Path(source).parts[0] in kept, f"{source} is ignored by .dockerignore"


def test_the_base_is_pinned(image: list[Instruction]) -> None:
    for base in of(image, "FROM"):
        name, _, tag = base.rest.split()[0].partition(":")
        assert name
        assert tag.count(".") >= 2, f"{base.rest}: name a full version"


def test_it_does_not_run_as_root(image: list[Instruction]) -> None:
    assert [user.rest for user in of(image, "USER")] == ["10001"]
    assert image.index(of(image, "USER")[0]) > max(image.index(run) for run in of(image, "RUN"))


@pytest.mark.parametrize("word", ["CMD", "HEALTHCHECK"])
def test_it_starts_and_checks_what_exists(image: list[Instruction], word: str) -> None:
    [instruction] = of(image, word)

    assert fault_of_command(instruction.arguments()) is None


def test_packages_come_from_a_lock(image: list[Instruction]) -> None:
    installs = [run.rest for run in of(image, "RUN") if "pip install" in run.rest]

    assert installs
    for install in installs:
        assert "--no-deps" in install or "-c locks/gpu.txt" in install


@pytest.mark.parametrize(
    "command",
    [
        ["celery", "-A", "service.nowhere", "worker", "-Q", "cpu"],
        ["celery", "-A", "service.worker", "worker", "-Q", "tpu"],
        ["uvicorn", "--factory", "service.app:make"],
        ["python", "-c", "from service.settings import nothing"],
        ["python", "-m", "service.ledger"],
        ["graft", "fly"],
        ["bash", "start.sh"],
    ],
)
def test_a_command_that_names_nothing_would_be_found(command: list[str]) -> None:
    assert fault_of_command(command)
