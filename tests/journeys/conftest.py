"""Journeys take the whole stack: every process, every room."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from service.cli.demo import DemoOptions, walk
from service.cli.journey.report import JourneyReport
from tests.databases import own_schema

Walk = Callable[..., JourneyReport]


def recipe(folder: Path, shipped_as: str = "scripted", **changes: dict[str, object]) -> Path:
    """A shipped recipe with some settings changed, section by section."""
    source = Path(__file__).parents[2] / f"pipelines/recipes/{shipped_as}.yaml"
    shipped = yaml.safe_load(source.read_text())
    for section, settings in changes.items():
        shipped.setdefault(section, {}).update(settings)
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(shipped))
    return path


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """What the journey says goes to a file that is shown when a test fails."""
    path = tmp_path_factory.mktemp("journey") / "said.txt"
    with path.open("w") as file:
        yield Console(file=file, width=140)
    print(path.read_text())  # noqa: T201 - pytest shows it beside a failure


@contextmanager
def fresh_database() -> Iterator[str]:
    """On the PostgreSQL that the tests were given, a schema of its own; else SQLite in the journey's home ("")."""
    given = os.environ.get("GRAFT_DATABASE_URL", "")
    if not given.startswith("postgres"):
        yield ""
        return
    with own_schema(given) as url:
        yield url


@pytest.fixture(scope="module")
def walked(log: Console) -> Walk:
    """Walks the journey on a database of its own."""

    def walk_with(home: Path, **options: object) -> JourneyReport:
        with fresh_database() as url:
            settings = {"recipe": "scripted", "database_url": url} | options
            return walk(DemoOptions(home=home, **settings), log)  # type: ignore[arg-type]

    return walk_with
