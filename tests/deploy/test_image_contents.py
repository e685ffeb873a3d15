"""Whatever a process imports is installed in its image: found by following its imports, late ones too."""

import sys
from functools import cache
from importlib.metadata import packages_distributions

import grimp
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.derive_locks import LOCKS, lock_lines
from tests.architecture.repository import PACKAGES

STAGES_WITHOUT_ENGINE = [f"pipelines.{stage}.stage" for stage in ("collect", "mix", "compare", "release")]
PROCESSES = [
    ("serve.txt", ["service.app", "service.cli.main", "service.cli.doctor", "service.cli.lint"]),
    ("worker.txt", ["service.worker", "service.cli.doctor", "pipelines.__main__", *STAGES_WITHOUT_ENGINE]),
]


@cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


def reached(module: str) -> set[str]:
    """The top-level packages of others that a module reaches through any number of imports."""
    graph = imports()
    upstream = {name.partition(".")[0] for name in graph.find_upstream_modules(module)}
    return upstream - set(PACKAGES) - sys.stdlib_module_names - {"__future__"}


@pytest.mark.parametrize(("lock", "modules"), PROCESSES, ids=["web", "worker"])
def test_a_process_finds_all_that_it_imports(lock: str, modules: list[str]) -> None:
    locked = {canonicalize_name(Requirement(line).name) for line in lock_lines(LOCKS / lock)}
    distributions = packages_distributions()

    missing = {
        (module, package)
        for module in modules
        for package in reached(module)
        if not locked & {canonicalize_name(name) for name in distributions.get(package, [package])}
    }

    assert missing == set()


def test_an_engine_would_be_noticed() -> None:
    assert "torch" in set().union(*(reached(f"pipelines.{stage}.stage") for stage in ("train", "evaluate")))
