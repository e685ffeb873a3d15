"""What only a fetched document tells of a leaf, weighed as the taxonomy's policy says."""

import re
from collections.abc import Callable

import pytest

from service.github.standin.driver import StandIn
from service.jobs import run_stage
from service.ledger.tables import RunState, StageState
from tests.service.jobs.acts import answers, comment_bodies, deliver_pull, evaluations, run_list, say
from tests.service.jobs.conftest import CONTRIBUTIONS, DOCUMENTED_LEAF, House, OpenPull, Pull

RAISED = "rules:\n  raise: [GL415]\n"
ELSEWHERE = (
    "Nobody has ever written down how this is played by the lake in winter, when all of the water is frozen and the\n"
    "      children bring sledges; what follows is told by one keeper who remembers it from her own mother's time.\n"
)


@pytest.fixture(scope="module")
def keep(standin: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], None]:
    """Makes a text the policy of the default branch."""
    keeper = standin.person("max").clone(tmp_path_factory.mktemp("max") / "clone")

    def write(text: str) -> None:
        keeper.write(".graft.yaml", text)
        if keeper.git("status", "--porcelain"):
            keeper.commit("Set the policy")
            keeper.push()

    return write


def written_elsewhere(house: House, open_pull: OpenPull) -> Pull:
    """A leaf, one context of which does not stand in its document; its check is done."""
    pull = open_pull(leaf=DOCUMENTED_LEAF)
    text = (CONTRIBUTIONS / DOCUMENTED_LEAF / "qna.yaml").read_text()
    other = re.sub(
        r"(context: \|\n      ).*?(?=    questions_and)", rf"\g<1>{ELSEWHERE}", text, count=1, flags=re.DOTALL
    )
    pull.copy.write(f"{DOCUMENTED_LEAF}/qna.yaml", other)
    pull.head = pull.copy.commit("Tell it in other words")
    pull.copy.push()
    deliver_pull(house, pull.number)
    house.heed()
    assert run_list(house, pull.number)[0].state is RunState.SUCCEEDED
    return pull


def collected(house: House, standin: StandIn, pull: Pull) -> None:
    say(house, standin, pull, "tess", f"/graft approve {pull.head}")
    assert run_stage.carry_out_next(house.tools, "cpu", house.stopping)
    house.heed()


def conclusion(standin: StandIn, pull: Pull) -> str | None:
    (check,) = standin.person("ada").repo().get_commit(pull.head).get_check_runs()
    return check.conclusion if check.status == "completed" else None


def test_a_hint_that_is_raised_ends_the_run_before_anything_is_generated(
    house: House, open_pull: OpenPull, standin: StandIn, keep: Callable[[str], None]
) -> None:
    keep(RAISED)
    pull = written_elsewhere(house, open_pull)
    before = conclusion(standin, pull)
    collected(house, standin, pull)
    (run,) = evaluations(house, pull)

    assert before == "success"
    assert run.state is RunState.FAILED
    assert run.ending.startswith(f"collect: {DOCUMENTED_LEAF}/qna.yaml:7: Of ")
    assert [stage.state for stage in run.stages[:2]] == [StageState.SUCCEEDED, StageState.CANCELLED]
    assert conclusion(standin, pull) == "failure"
    assert "The check found 1 error" in comment_bodies(standin, pull.number)[0]
    assert "GL415" in comment_bodies(standin, pull.number)[0]

    say(house, standin, pull, "tess", "/graft evaluate")
    assert len(evaluations(house, pull)) == 1
    assert "Mend them and push" in answers(standin, pull)[-1]


def test_one_that_is_not_raised_stays_a_hint_and_the_run_goes_on(
    house: House, open_pull: OpenPull, standin: StandIn, keep: Callable[[str], None]
) -> None:
    keep("rules:\n  raise: [GL404]\n")
    pull = written_elsewhere(house, open_pull)
    collected(house, standin, pull)
    (run,) = evaluations(house, pull)

    assert run.state is RunState.RUNNING
    assert run.stages[1].state is StageState.READY
    assert "GL415" in comment_bodies(standin, pull.number)[0]
    assert "1 error" not in comment_bodies(standin, pull.number)[0]


def test_a_pull_request_that_raises_it_is_not_judged_by_that(
    house: House, open_pull: OpenPull, standin: StandIn, keep: Callable[[str], None]
) -> None:
    keep("rules: {}\n")
    pull = written_elsewhere(house, open_pull)
    pull.copy.write(".graft.yaml", "rules:\n  raise: [GL415, GL102]\n")
    pull.head = pull.copy.commit("Raise it")
    pull.copy.push()
    deliver_pull(house, pull.number, "raised")
    house.heed()
    collected(house, standin, pull)

    assert evaluations(house, pull)[0].state is RunState.RUNNING
    said = comment_bodies(standin, pull.number)[0]
    assert "GL102" in said
    assert "is an error in every taxonomy" in said
