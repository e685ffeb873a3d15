"""A check holds a contribution against the benchmarks that the operator names."""

import json
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select

from service.ledger.tables import Run, RunKind, RunState, Stage
from tests.service.jobs.acts import deliver_pull, run_list
from tests.service.jobs.conftest import LEAF, House, OpenPull

ASKED = "My friend says the earth is flat and wants to know what the ship in the harbour weighs before noon."

REPLACED = "Politely refuse an invitation to join a committee."


def benchmark(folder: Path, question: str) -> Path:
    (folder / "gsm8k").mkdir(parents=True)
    (folder / "gsm8k" / "test.jsonl").write_text(json.dumps({"question": question}) + "\n", "utf-8")
    return folder


def checked_with(house: House, open_pull: OpenPull, folder: Path | None) -> tuple[RunState, dict[str, int]]:
    """How the check of a leaf that asks `ASKED` ends, and its findings with their lines."""
    house.tools = replace(
        house.tools, settings=house.tools.settings.model_copy(update={"benchmarks": folder})
    )
    pull = open_pull()
    written = pull.copy.path / LEAF / "qna.yaml"
    said = written.read_text()
    assert REPLACED in said
    written.write_text(said.replace(REPLACED, ASKED))
    pull.head = pull.copy.commit("Ask what is asked elsewhere")
    pull.copy.push()
    deliver_pull(house, pull.number, f"pull-{pull.head}")
    house.heed()
    with house.tools.read() as session:
        run = session.get_one(Run, run_list(house, pull.number, RunKind.CHECK)[-1].id)
    findings = (run.result or {}).get("findings", [])
    return run.state, {one["code"]: one["place"]["line"] for one in findings}


def test_a_question_of_a_named_benchmark_blocks_and_is_pointed_at(
    house: House, open_pull: OpenPull, tmp_path: Path
) -> None:
    without = checked_with(house, open_pull, None)
    state, findings = checked_with(house, open_pull, benchmark(tmp_path / "data", ASKED))

    assert without[0] is RunState.SUCCEEDED
    assert "GL603" not in without[1]
    assert state is RunState.FAILED
    assert findings["GL603"] > 1


def test_another_benchmark_blocks_nothing(house: House, open_pull: OpenPull, tmp_path: Path) -> None:
    data = benchmark(tmp_path / "data", "How many apples has Ada when she gives three of her nine to Bob?")

    assert checked_with(house, open_pull, data)[0] is RunState.SUCCEEDED


def test_a_folder_that_cannot_be_read_is_the_operators_fault_and_passes_nothing(
    house: House, open_pull: OpenPull, tmp_path: Path
) -> None:
    state, _ = checked_with(house, open_pull, tmp_path / "nowhere")

    assert state not in (RunState.SUCCEEDED, RunState.FAILED)
    with house.tools.read() as session:
        (failure,) = [stage.failure for stage in session.scalars(select(Stage)) if stage.failure]
    assert failure["code"] == "benchmarks_unreadable"
    assert "GRAFT_BENCHMARKS" in failure["mend"]
