"""What is installed is whole: files that are not Python are part of the package too."""

import tomllib

import pytest

from tests.architecture.repository import PACKAGES, ROOT, tracked_files

PACKAGE_DATA = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_of_a_package_is_installed(package: str) -> None:
    installed = {path for pattern in PACKAGE_DATA[package] for path in (ROOT / package).glob(pattern)}
    others = {ROOT / path for path in tracked_files() if path.parts[0] == package and path.suffix != ".py"}

    assert {path.relative_to(ROOT).as_posix() for path in others - installed} == set()
