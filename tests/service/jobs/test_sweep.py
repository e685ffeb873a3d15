"""What nobody told us of is found."""

from datetime import timedelta

from sqlalchemy import update

from service.github.standin.driver import StandIn
from service.jobs import sweep
from service.ledger import leases, queries
from service.ledger.tables import RunKind, Stage, StageState
from tests.service.jobs.acts import deliver_pull, run_list
from tests.service.jobs.conftest import House, OpenPull
from tests.service.jobs.evaluations import start_evaluation


def rung_by_sweep(house: House) -> set[str]:
    house.rung.clear()
    sweep.sweep(house.tools, house.client)
    return {task for task, _ in house.rung}


def test_a_pull_request_and_a_command_that_no_webhook_told_of_are_found(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull()
    standin.person("max").comment(pull.number, "/graft approve " + pull.head)
    assert "handle_delivery" in rung_by_sweep(house)
    house.heed()

    assert {run.kind for run in run_list(house, pull.number)} == {RunKind.CHECK, RunKind.EVALUATE}


def test_a_second_sweep_asks_for_nothing_new(house: House, open_pull: OpenPull) -> None:
    open_pull()
    rung_by_sweep(house)
    house.heed()

    assert rung_by_sweep(house) <= {"run_cpu_stage"}  # what is ready stays rung for until it is taken


def test_a_missed_push_and_a_missed_close_are_found(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull()
    deliver_pull(house, pull.number)
    house.heed()
    head = pull.push()
    rung_by_sweep(house)
    house.heed()
    assert [run.head_sha for run in run_list(house, pull.number, RunKind.CHECK)][-1] == head

    standin.person("max").repo().get_pull(pull.number).edit(state="closed")
    rung_by_sweep(house)
    house.heed()

    assert rung_by_sweep(house) <= {"run_cpu_stage"}  # what is ready stays rung for until it is taken


def test_lost_nudges_lose_nothing(house: House, open_pull: OpenPull) -> None:
    pull = open_pull()
    deliver_pull(house, pull.number)
    for expected in ("handle_delivery", "check", "report", "send_outbox"):
        tasks = rung_by_sweep(house)  # whatever was rung for before is gone
        assert expected in tasks
        house._do(expected, next(row for task, row in house.rung if task == expected), stages=False)


def test_a_stage_whose_worker_fell_silent_is_ready_again_and_rung_for(
    house: House, open_pull: OpenPull
) -> None:
    run_id = start_evaluation(house.tools, open_pull())
    with house.tools.write() as session:
        lease = leases.claim(session, "cpu", owner="dead", now=house.tools.now(), seconds=60)
        assert lease is not None
        past = house.tools.now() - timedelta(seconds=1)
        session.execute(update(Stage).where(Stage.id == lease.stage_id).values(lease_expires_at=past))

    assert "run_cpu_stage" in rung_by_sweep(house)

    with house.tools.read() as session:
        found = queries.run(session, run_id)
    assert found is not None
    assert found.run.stages[0].state is StageState.READY
