"""Stages as real processes: ended, reused, put back, given up, cancelled, interrupted."""

import threading
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from pipelines.recipe import Recipe
from service.github.standin.driver import StandIn
from service.jobs import run_stage
from service.jobs.clones import fetch
from service.jobs.tools import Tools
from service.ledger import queries, runs
from service.ledger.queries import RunView, StageView
from service.ledger.tables import RunState, Stage, StageState
from tests.service.jobs.acts import comment_bodies, deliver_pull, say
from tests.service.jobs.blackhole import black_hole
from tests.service.jobs.conftest import DOCUMENTED_LEAF, LEAF, House, OpenPull, Pull
from tests.service.jobs.evaluations import start_evaluation


@pytest.fixture
def evaluation(house: House, open_pull: OpenPull) -> RunView:
    return _evaluation(house, open_pull())


def _evaluation(house: House, pull: Pull) -> RunView:
    fetch(house.tools.settings, house.client, house.tools.settings.repositories[0], number=pull.number)
    return run(house, start_evaluation(house.tools, pull))


def run(house: House, run_id: int) -> RunView:
    with house.tools.read() as session:
        found = queries.run(session, run_id)
    assert found is not None
    return found.run


def next_cpu_stage(house: House) -> bool:
    return run_stage.carry_out_next(house.tools, "cpu", house.stopping)


def collect(house: House, run_id: int) -> StageView:
    return run(house, run_id).stages[0]


def test_a_stage_that_succeeds_makes_the_next_one_ready(house: House, evaluation: RunView) -> None:
    assert next_cpu_stage(house)

    after = run(house, evaluation.id)
    assert after.state is RunState.RUNNING
    assert [stage.state for stage in after.stages[:3]] == [
        StageState.SUCCEEDED,
        StageState.READY,
        StageState.WAITING,
    ]
    assert not after.stages[0].reused
    assert after.stages[0].seconds > 0
    assert ("run_gpu_stage", after.stages[1].id) in house.rung


def test_what_is_there_already_is_used_again_and_nothing_is_started(
    house: House, evaluation: RunView, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_cpu_stage(house)
    with house.tools.write() as session:
        runs.cancel(session, evaluation.id, state=RunState.CANCELLED, reason="asked", now=house.tools.now())
    again = run(house, start_evaluation(house.tools, like=evaluation))
    monkeypatch.setattr(run_stage, "StageProcess", None)

    assert next_cpu_stage(house)
    assert again.id != evaluation.id
    assert collect(house, again.id).reused
    assert collect(house, again.id).run_dir == collect(house, evaluation.id).run_dir


def test_the_accelerators_of_a_hostfile_s_nodes_are_counted_before_the_training_begins(
    house: House, open_pull: OpenPull, tmp_path: Path
) -> None:
    (tmp_path / "hostfile").write_text("one slots=8\ntwo slots=8\n")
    shipped = resources.files("pipelines") / "recipes" / "scripted.yaml"
    training = f"train:\n  hostfile: {tmp_path / 'hostfile'}\n"
    (tmp_path / "recipe.yaml").write_text(shipped.read_text().replace("train:\n", training))
    house.tools = _with(house.tools, recipe=str(tmp_path / "recipe.yaml"))

    planned = accelerators(house, start_evaluation(house.tools, open_pull()))
    assert {count for name, count in planned if name == "train"} == {16}
    assert {count for name, count in planned if name != "train"} == {1}


def test_accelerators_that_only_the_worker_knows_of_are_counted_when_it_begins(
    house: House, evaluation: RunView, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert accelerators(house, evaluation.id)[0] == ("collect", 1)
    monkeypatch.setattr(Recipe, "accelerators", lambda *_: 16)
    assert next_cpu_stage(house)
    assert accelerators(house, evaluation.id)[0] == ("collect", 16)


def accelerators(house: House, run_id: int) -> list[tuple[str, int]]:
    with house.tools.read() as session:
        return [(stage.name, stage.accelerators) for stage in runs.stages(session, run_id)]


def test_what_only_the_fetched_document_tells_reaches_the_pull_request(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull(leaf=DOCUMENTED_LEAF)
    written = pull.copy.path / DOCUMENTED_LEAF / "qna.yaml"
    lines = written.read_text().split("\n")
    at = next(number for number, line in enumerate(lines) if "The board is a garden" in line)
    lines[at : at + 5] = [
        "      A heron waits for hours in shallow water until a fish is close enough to be caught."
    ]
    written.write_text("\n".join(lines))
    pull.head = pull.copy.commit("Say something else")
    pull.copy.push()
    deliver_pull(house, pull.number, f"pull-{pull.head}")
    house.heed()
    say(house, standin, pull, "max", f"/graft approve {pull.head}")
    before = comment_bodies(standin, pull.number)
    assert "GL415" not in "".join(before)

    assert next_cpu_stage(house)
    house.heed()

    assert "GL415" in "".join(comment_bodies(standin, pull.number))
    (check,) = standin.person("ada").repo().get_commit(pull.head).get_check_runs()
    assert [one.start_line for one in check.get_annotations() if "document" in one.message] == [at]


def test_a_fault_of_the_contribution_fails_the_run_and_says_why(house: House, open_pull: OpenPull) -> None:
    evaluation = _evaluation(house, open_pull(good=False))
    next_cpu_stage(house)

    after = run(house, evaluation.id)
    assert after.state is RunState.FAILED
    assert LEAF in after.ending
    assert {stage.state for stage in after.stages[1:]} == {StageState.CANCELLED}


def test_a_fault_of_the_operator_breaks_the_run(house: House, open_pull: OpenPull) -> None:
    evaluation = run(house, start_evaluation(house.tools, open_pull()))  # the clone was never fetched
    next_cpu_stage(house)

    after = run(house, evaluation.id)
    assert after.state is RunState.BROKEN
    assert after.stages[0].failure["exit_code"] == 2


def test_what_is_out_of_reach_is_tried_again_with_pauses_and_then_given_up(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    nowhere = {standin.seeded.documents_url: "http://127.0.0.1:9/nothing"}
    house.tools = _with(house.tools, mirrors=nowhere, max_attempts=2)
    evaluation = _evaluation(house, open_pull(leaf=DOCUMENTED_LEAF))
    next_cpu_stage(house)

    first = collect(house, evaluation.id)
    assert (first.state, first.attempts) == (StageState.READY, 1)
    assert first.not_before is not None
    assert first.not_before > house.tools.now()
    assert not next_cpu_stage(house)

    with house.tools.write() as session:
        session.get_one(Stage, first.id).not_before = None
    next_cpu_stage(house)

    assert run(house, evaluation.id).state is RunState.BROKEN


@pytest.fixture
def hanging(house: House, open_pull: OpenPull, standin: StandIn) -> Iterator[tuple[RunView, threading.Event]]:
    """A run whose collect hangs on a server that never answers; the event tells that it does."""
    with black_hole() as (url, reached):
        house.tools = _with(house.tools, mirrors={standin.seeded.documents_url: url})
        yield _evaluation(house, open_pull(leaf=DOCUMENTED_LEAF)), reached


def test_a_cancelled_runs_process_is_stopped(house: House, hanging: tuple[RunView, threading.Event]) -> None:
    evaluation, reached = hanging
    worker = threading.Thread(target=next_cpu_stage, args=(house,))
    worker.start()
    assert reached.wait(60)
    with house.tools.write() as session:
        runs.cancel(session, evaluation.id, state=RunState.CANCELLED, reason="asked", now=house.tools.now())
    worker.join(60)

    assert not worker.is_alive()
    assert collect(house, evaluation.id).state is StageState.CANCELLED
    assert processes_in(Path(collect(house, evaluation.id).run_dir or "")) == []


def test_a_worker_that_is_told_to_stop_puts_its_stage_back_without_counting_it(
    house: House, hanging: tuple[RunView, threading.Event]
) -> None:
    evaluation, reached = hanging
    worker = threading.Thread(target=next_cpu_stage, args=(house,))
    worker.start()
    assert reached.wait(60)
    house.stopping.set()
    worker.join(60)

    stage = collect(house, evaluation.id)
    assert (stage.state, stage.attempts) == (StageState.READY, 0)
    assert run(house, evaluation.id).state is RunState.RUNNING


def test_a_zombie_stops_its_process_and_writes_nothing(
    house: House, hanging: tuple[RunView, threading.Event]
) -> None:
    evaluation, reached = hanging
    worker = threading.Thread(target=next_cpu_stage, args=(house,))
    worker.start()
    assert reached.wait(60)
    with house.tools.write() as session:  # as if it had slept, and another had taken the stage
        stage = session.get_one(Stage, collect(house, evaluation.id).id)
        stage.lease_token, stage.lease_owner = stage.lease_token + 1, "heir"
    worker.join(60)

    after = collect(house, evaluation.id)
    assert not worker.is_alive()
    assert (after.state, after.failure) == (StageState.RUNNING, {})
    assert processes_in(Path(after.run_dir or "")) == []


def _with(tools: Tools, **changes: object) -> Tools:
    return Tools(tools.settings.model_copy(update=changes), tools.engine, tools.nudge)


def processes_in(run_dir: Path) -> list[str]:
    """Command lines of the processes that work in this run directory."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0") if folder.name.isdigit() else []
        except OSError:
            continue  # it ended while we looked
        if str(run_dir).encode() in words:
            found.append(b" ".join(words).decode())
    return found


def test_a_stage_that_works_too_long_is_stopped_and_given_up_at_once(
    house: House, hanging: tuple[RunView, threading.Event]
) -> None:
    evaluation, _ = hanging
    house.tools = _with(house.tools, longest_stage_seconds=0.5)
    next_cpu_stage(house)

    after = run(house, evaluation.id)
    assert after.state is RunState.BROKEN
    assert after.stages[0].failure["code"] == "ran_too_long"
    assert processes_in(Path(after.stages[0].run_dir or "")) == []
