"""Workers that nobody rings, or that all look at once."""

import threading
from datetime import timedelta

import pytest

from service.github.standin.driver import StandIn
from service.jobs import gather, handle_delivery, look_around, sweep
from service.jobs import tools as tools_module
from service.jobs.tools import Tools
from service.ledger import contributions, cursors, queries, runs
from service.ledger.tables import Delivery, Run, RunKind, RunState, Stage, StageState
from service.settings import get_settings
from tests.service.jobs.acts import contribution, deliver_pull, processed, run_list
from tests.service.jobs.conftest import House, OpenPull
from tests.service.jobs.evaluations import start_evaluation


@pytest.fixture
def by_itself(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """The house's tools are those of the process, and whatever it rings is lost."""
    settings = house.tools.settings.model_copy(update={"look_seconds": 0.0, "sweep_seconds": 600.0})
    house.tools = Tools(settings, house.tools.engine, lambda task, row_id: house.rung.append((task, row_id)))
    monkeypatch.setattr(look_around, "tools", lambda: house.tools)
    monkeypatch.setattr(look_around, "github", lambda: house.client)
    return house


def test_a_worker_that_hears_no_bell_does_the_work_all_the_same(
    by_itself: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull()
    row_id = deliver_pull(by_itself, pull.number)
    for _ in range(2):  # a look at the pull request, asked for by the check, is handled the next time
        look_around.work_off("control", threading.Event())

    assert processed(by_itself, row_id)
    assert [run.state for run in run_list(by_itself, pull.number)] == [RunState.SUCCEEDED]
    (check,) = standin.person("ada").repo().get_commit(pull.head).get_check_runs()
    assert check.conclusion == "success"


def test_it_compares_with_github_when_nobody_else_does(by_itself: House, open_pull: OpenPull) -> None:
    pull = open_pull()  # which no webhook told of
    for _ in range(2):
        look_around.work_off("control", threading.Event())
    assert len(run_list(by_itself, pull.number)) == 1

    with by_itself.tools.read() as session:
        swept = cursors.cursor(session, sweep.SWEPT)
    look_around.work_off("control", threading.Event())  # it was done just now
    with by_itself.tools.read() as session:
        assert cursors.cursor(session, sweep.SWEPT) == swept


def test_a_delivery_that_ends_its_worker_counts_and_waits(
    house: House, open_pull: OpenPull, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    row_id = deliver_pull(house, open_pull().number)
    monkeypatch.setattr(handle_delivery, "look", die)
    with pytest.raises(Killed):
        handle_delivery.handle(house.tools, house.client, row_id)

    with house.tools.read() as session:
        row = session.get_one(Delivery, row_id)
    assert row.attempts == 1
    assert row.not_before is not None
    assert row.not_before > house.tools.now()


def test_what_was_seen_before_another_job_wrote_is_looked_at_again(
    house: House, open_pull: OpenPull, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull = open_pull()
    deliver_pull(house, pull.number)
    house.heed()
    old, new, real, looks = pull.head, pull.push(), gather.look, list[str]()

    def slow(*arguments: object) -> object:
        world = real(*arguments)  # type: ignore[arg-type]
        looks.append(world.pull.head_sha)
        if len(looks) == 1:  # while we were asleep over what we saw, a push came and was handled
            older = type(world)(
                type(world.pull)(**{**vars(world.pull), "head_sha": old}),
                world.author,
                world.touches_taxonomy,
                world.policy,
            )
            with house.tools.write() as session:
                contributions.upsert(session, world.pull, now=house.tools.now())
            return older
        return world

    monkeypatch.setattr(handle_delivery, "look", slow)
    deliver_pull(house, pull.number, "late")
    house.heed()

    assert len(looks) > 1
    assert contribution(house, pull.number).head_sha == new


def test_a_stage_that_no_worker_takes_ends_its_run_and_blames_nobody(
    house: House, open_pull: OpenPull
) -> None:
    run_id = start_evaluation(house.tools, open_pull())
    with house.tools.write() as session:
        stage = runs.stages(session, run_id)[0]
        stage.ready_at = house.tools.now() - timedelta(days=4)
    sweep.sweep(house.tools, house.client)

    with house.tools.read() as session:
        run = session.get_one(Run, run_id)
        failure = runs.stages(session, run_id)[0].failure
    assert run.state is RunState.BROKEN
    assert (failure["code"], failure["stage"]) == ("waited_too_long", "collect")


def test_a_run_that_stands_still_goes_on(house: House, open_pull: OpenPull) -> None:
    run_id = start_evaluation(house.tools, open_pull())
    with house.tools.write() as session:  # as if whoever ended the stage before had not seen what follows
        session.get_one(Stage, runs.stages(session, run_id)[0].id).state = StageState.WAITING
    sweep.sweep(house.tools, house.client)

    with house.tools.read() as session:
        found = queries.run(session, run_id)
    assert found is not None
    assert found.run.stages[0].state is StageState.READY
    assert found.run.kind is RunKind.EVALUATE


def test_a_trial_sets_the_clock_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    file = house.tools.settings.home / "offset"
    trial = get_settings().model_copy(update={"clock_offset_file": file})
    monkeypatch.setattr(tools_module, "get_settings", lambda: trial)
    true = Tools.now()
    file.write_text("-7200")

    assert timedelta(hours=1.9) < true - Tools.now() < timedelta(hours=2.1)
