"""The overlap of seeds with benchmarks, tried with questions made up here."""

import gzip
import json
from pathlib import Path

import pytest

from taxonomy_schema.benchmark_data import BenchmarkDataError, load_benchmarks
from taxonomy_schema.findings import Severity
from taxonomy_schema.parse import read_source
from taxonomy_schema.rules import check_change
from taxonomy_schema.rules.benchmarks import BenchmarkIndex, Question, build_index, overlaps
from tests.taxonomy_schema.leaves import SKILL, SKILL_ID, Repository, files

_FERRY = (
    "A ferry with forty seats crosses the sound six times on a weekday and twice on a holiday. "
    "How many seats does it offer in a week with one holiday?"
)
_MOSS = "Which of the following mosses grows on the roofs of tiled barns in the rainy north?"


def told(answer: str, index: BenchmarkIndex | None) -> list[tuple[str, str, Severity, int]]:
    leaf = read_source(files(SKILL.replace("It is lighter than water.", f'"{answer}"')))
    return [
        (one.code, one.message.split("“")[1].split("”")[0], one.severity, one.place.line)
        for one in overlaps(leaf, index)
    ]


@pytest.fixture(scope="module")
def index() -> BenchmarkIndex:
    return build_index(
        [
            Question("Sums 1", _FERRY),
            Question("Plants 2", _MOSS),
            Question("Plants 3", _MOSS.replace("mosses", "ferns").replace("barns", "stables")),
            Question("Plants 4", "Which is true?"),
            Question("Riddles 5", _FERRY),
        ]
    )


def test_a_benchmarks_question_is_an_error_that_names_it(index: BenchmarkIndex) -> None:
    assert told(_FERRY, index) == [("GL603", "Sums 1", Severity.ERROR, 12)]
    assert told(f"Solve it: {_FERRY.upper()} Show your way.", index) == [
        ("GL603", "Sums 1", Severity.ERROR, 12)
    ]


def test_a_passage_of_one_is_a_hint(index: BenchmarkIndex) -> None:
    part = "A ferry with forty seats crosses the sound six times on a weekday."

    assert told(part, index) == [("GL604", "Sums 1", Severity.HINT, 12)]


def test_a_benchmarks_manner_of_asking_is_nobodys(index: BenchmarkIndex) -> None:
    assert told("Which of the following grows on the roofs of tiled houses?", index) == []
    assert told("Which is true?", index) == []
    assert told(_FERRY, None) == []


def test_an_index_is_kept_as_it_was(index: BenchmarkIndex) -> None:
    again = BenchmarkIndex.from_bytes(index.to_bytes())

    assert again == index
    assert told(_FERRY, again) == told(_FERRY, index)
    with pytest.raises(ValueError, match="no index"):
        BenchmarkIndex.from_bytes(index.to_bytes()[:-4])


def data(folder: Path) -> Path:
    (folder / "mmlu" / "test").mkdir(parents=True)
    (folder / "gsm8k").mkdir()
    (folder / "humanevalpack").mkdir()
    table = f'question,choice0,choice1,choice2,choice3,answer\n"{_MOSS}",a,b,c,d,0\n'
    (folder / "mmlu" / "test" / "botany.csv").write_text(table, "utf-8")
    (folder / "gsm8k" / "test.jsonl").write_text(
        json.dumps({"question": _FERRY, "answer": "1"}) + "\n", "utf-8"
    )
    task = (
        'def rows(n):\n    """Return the number of rows that n chairs fill in a hall with nine in a row."""\n'
    )
    for name, opened in (("python.jsonl", open), ("go.jsonl.gz", gzip.open)):
        with opened(folder / "humanevalpack" / name, "wt", encoding="utf-8") as lines:
            lines.write(json.dumps({"task_id": f"{name[:2]}/7", "prompt": task}) + "\n")
    return folder


def test_a_folder_of_benchmarks_is_read_and_its_index_kept_by_content(tmp_path: Path) -> None:
    folder, cache = data(tmp_path / "data"), tmp_path / "cache"

    index = load_benchmarks(folder, cache)

    assert [one[:2] for one in told(_MOSS, index)] == [("GL603", "MMLU botany 1")]
    assert [one[:2] for one in told(_FERRY, index)] == [("GL603", "GSM8K 1")]
    asked = "Return the number of rows that n chairs fill in a hall with nine in a row."
    assert [one[1] for one in told(asked, index)] == ["HumanEval 7"]
    (kept,) = cache.iterdir()
    kept.write_bytes(b"broken")
    assert load_benchmarks(folder, cache) == index
    (folder / "gsm8k" / "test.jsonl").unlink()
    assert told(_FERRY, load_benchmarks(folder, cache)) == []


def test_broken_data_is_said_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "gsm8k").mkdir()
    (tmp_path / "gsm8k" / "test.jsonl").write_text("{", "utf-8")

    with pytest.raises(BenchmarkDataError, match=r"test\.jsonl cannot be read as questions of GSM8K"):
        load_benchmarks(tmp_path, tmp_path / "cache")
    with pytest.raises(BenchmarkDataError, match="is not a folder"):
        load_benchmarks(tmp_path / "nowhere")


def test_a_change_is_compared_with_benchmarks(repository: Repository, index: BenchmarkIndex) -> None:
    repository.leaf(SKILL_ID, SKILL.replace("It is lighter than water.", f'"{_FERRY}"'))
    repository.commit()

    report = check_change(repository.folder, "main~1", "main", benchmarks=index)

    assert [one.code for one in report.errors] == ["GL603"]
