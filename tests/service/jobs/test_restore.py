"""A service that lost its ledger goes on from a backup, and GitHub sees nothing twice."""

from pathlib import Path

import pytest

from service.cli import backup, restore
from service.github.connect import connect
from service.github.standin.driver import StandIn
from service.jobs import sweep
from service.jobs.tools import Tools
from service.ledger.session import make_engine
from service.ledger.tables import RunKind
from tests.service.conftest import ON_POSTGRESQL
from tests.service.jobs.acts import contribution, deliver_comment, deliver_pull, run_list
from tests.service.jobs.conftest import House, OpenPull


def swept(house: House) -> None:
    """Looks, and does what there is, until a look finds nothing more."""
    for _ in range(3):
        sweep.sweep(house.tools, house.client)
        house.heed()


@pytest.mark.skipif(ON_POSTGRESQL, reason="would put back the one database that all tests share")
def test_after_a_restore_the_ledger_catches_up_and_nothing_is_said_twice(
    house: House, open_pull: OpenPull, standin: StandIn, tmp_path: Path
) -> None:
    settings = house.tools.settings
    pull = open_pull(good=False)
    deliver_pull(house, pull.number)
    house.heed()
    backup.write(settings, tmp_path / "backup", artifacts=True)
    # What the backup knows nothing of: a push with its check, and a command with its answer.
    pull.push()
    asked = standin.person("ada").comment(pull.number, "/graft help")
    deliver_pull(house, pull.number, "pushed")
    deliver_comment(house, pull.number, asked.id)
    house.heed()
    issue = standin.app().get_repo(standin.seeded.repository).get_issue(pull.number)
    before = [(comment.id, comment.body) for comment in issue.get_comments()]
    writes = len(standin.history())
    assert len(before) == 3

    house.tools.engine.dispose()
    _, aside = restore.read(settings, tmp_path / "backup", replace=True)
    rung: list[tuple[str, int]] = []
    tools = Tools(settings, make_engine(settings), lambda task, row: rung.append((task, row)))
    again = House(tools, connect(settings), rung)
    swept(again)

    assert aside is not None
    assert aside.exists()
    assert contribution(again, pull.number).head_sha == pull.head
    assert run_list(again, pull.number, RunKind.CHECK)[-1].head_sha == pull.head
    assert [(comment.id, comment.body) for comment in issue.get_comments()] == before
    created = [deed["what"] for deed in standin.history()[writes:] if deed["what"].endswith(".created")]
    assert "comment.created" not in created
    assert "check_run.created" not in created
    checks = standin.app().get_repo(standin.seeded.repository).get_commit(pull.head).get_check_runs()
    assert checks.totalCount == 1
    tools.engine.dispose()
