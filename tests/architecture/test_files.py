"""Every data file in the repository can be read, and no file names a machine or a registry of somebody's own."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.architecture.repository import ROOT, tracked_files

# Brackets keep these patterns from finding themselves.
FOREIGN = re.compile(
    r"(?<![\w.})>])/(?:wor[k]|far[m]|roo[t]|Use[r]s|tmp/graf[t])/"
    r"|\.\./share[d]\b|\.librar[y]/"
    r"|\bpyp[i]\.(?:org|python\.org)|pythonhoste[d]\.org|download\.pytorc[h]\.org"
    r"|registry\.np[m]js\.org|stati[c]\.crates\.io|rubygem[s]\.org"
)
BROKEN_ON_PURPOSE = ("bad", "broken", "faulty", "invalid", "malformed", "not_yaml")
"""A fixture that must not load says so in its path."""


def data_files(*suffixes: str) -> list[Path]:
    return [
        path
        for path in tracked_files()
        if path.suffix in suffixes and not any(word in path.as_posix() for word in BROKEN_ON_PURPOSE)
    ]


@pytest.mark.parametrize("path", data_files(".yaml", ".yml"), ids=str)
def test_every_yaml_file_loads(path: Path) -> None:
    assert list(yaml.safe_load_all((ROOT / path).read_text()))


@pytest.mark.parametrize("path", data_files(".json", ".jsonl"), ids=str)
def test_every_json_file_loads(path: Path) -> None:
    text = (ROOT / path).read_text()
    for document in text.splitlines() if path.suffix == ".jsonl" else [text]:
        json.loads(document)


@pytest.mark.parametrize("path", data_files(".toml"), ids=str)
def test_every_toml_file_loads(path: Path) -> None:
    assert tomllib.loads((ROOT / path).read_text())


def foreign_names(text: str) -> list[str]:
    return [
        f"{number}: {line.strip()}"
        for number, line in enumerate(text.splitlines(), 1)
        if FOREIGN.search(line)
    ]


def test_no_file_names_somebodys_own_machine_or_a_package_registry() -> None:
    found = {
        path.as_posix(): lines
        for path in tracked_files()
        if (lines := foreign_names((ROOT / path).read_text(errors="replace")))
    }

    assert found == {}


@pytest.mark.parametrize(
    "line",
    ["see " + "/wo" + "rk/main", "cd ../sha" + "red", "https://pyp" + "i.org/simple", "/ro" + "ot/.cache"],
)
def test_a_foreign_name_would_be_found(line: str) -> None:
    assert foreign_names(line)


@pytest.mark.parametrize(
    "line", ["RUN_DIR/wo" + "rk/x", "{path}/wo" + "rk/", "how to work/rest", "https://github.com/a/root/b"]
)
def test_an_ordinary_path_is_not_taken_for_a_foreign_one(line: str) -> None:
    assert not foreign_names(line)
