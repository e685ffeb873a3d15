"""The ids of a delivery go with the run that it caused, into the rows and the processes."""

import json
import logging
from pathlib import Path

import pytest
import structlog

from service.jobs.run_stage import carry_out_next
from service.ledger.tables import Run, RunKind
from service.logging import bound
from tests.service.jobs.acts import deliver_pull, run_list
from tests.service.jobs.conftest import House, OpenPull
from tests.service.jobs.evaluations import start_evaluation


def test_a_run_keeps_the_delivery_and_its_stages_write_it(
    house: House, open_pull: OpenPull, caplog: pytest.LogCaptureFixture
) -> None:
    house.tools = type(house.tools)(
        house.tools.settings.model_copy(update={"log_json": True}), house.tools.engine, house.tools.nudge
    )
    pull = open_pull()
    deliver_pull(house, pull.number, "outside-1")
    with caplog.at_level(logging.INFO):
        house.heed()
    assert "is handled" in caplog.text
    with bound(delivery="outside-2"):
        run_id = start_evaluation(house.tools, pull)
    assert structlog.contextvars.get_contextvars() == {}
    with house.tools.read() as session:
        check = session.get_one(Run, run_list(house, pull.number, RunKind.CHECK)[0].id)
        evaluation = session.get_one(Run, run_id)
    assert (check.delivery, evaluation.delivery) == ("outside-1", "outside-2")

    assert carry_out_next(house.tools, "cpu", house.stopping)

    collect = run_list(house, pull.number, RunKind.EVALUATE)[0].stages[0]
    lines = [
        line for line in (Path(collect.run_dir or "") / "log.txt").read_text().splitlines() if line[:1] == "{"
    ]
    told = json.loads(lines[0])
    assert told["event"].startswith("collect begins")
    ids = {"delivery": "outside-2", "repository": house.tools.settings.repositories[0], "number": pull.number}
    assert ids.items() <= told.items()
    assert (told["run"], told["stage"]) == (run_id, "collect")
