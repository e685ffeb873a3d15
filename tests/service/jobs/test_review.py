"""Reviews as GitHub tells of them: what people command there is answered, and carried out nowhere."""

from collections.abc import Iterator

import pytest
from github.PullRequest import ReviewComment

from service.github.standin.driver import StandIn
from tests.service.github.standin.served import SECRET, Catcher, Caught, catching
from tests.service.jobs.acts import answers, checked_pull, deliver, evaluations
from tests.service.jobs.conftest import LEAF, House, OpenPull


@pytest.fixture(scope="module")
def catcher() -> Iterator[Catcher]:
    with catching() as catcher:
        yield catcher


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory, catcher: Catcher) -> Iterator[StandIn]:
    """One that tells of what happens."""
    home = tmp_path_factory.mktemp("github") / "home"
    with StandIn(home, webhook_url=catcher.url, webhook_secret=SECRET) as standin:
        yield standin


def test_a_review_that_approves_and_commands_spends_nothing_and_is_told_where_to_say_it(
    house: House, open_pull: OpenPull, standin: StandIn, catcher: Catcher
) -> None:
    pull = checked_pull(house, open_pull)
    remark: ReviewComment = {"path": f"{LEAF}/qna.yaml", "line": 1, "body": "/graft evaluate"}
    shown = standin.person("max").repo().get_pull(pull.number)
    shown.create_review(body=f"Well done.\n\n/graft approve {pull.head}", event="APPROVE", comments=[remark])

    for name in ("pull_request_review.submitted", "pull_request_review_comment.created"):
        told = catcher.wait_for(name)
        deliver(house, name, told.event, told.body, action=told.body["action"])
    house.heed()
    assert len(answers(standin, pull)) == 2
    assert all("please say it there" in said for said in answers(standin, pull))
    assert evaluations(house, pull) == []


def test_what_the_service_itself_says_in_a_review_is_not_answered(
    house: House, open_pull: OpenPull, standin: StandIn, catcher: Catcher
) -> None:
    pull = checked_pull(house, open_pull)
    standin.app().get_repo(standin.seeded.repository).get_pull(pull.number).create_review(
        body="/graft help", event="COMMENT"
    )
    catcher.wait(lambda caught: any(is_ours(one) for one in caught))
    (told,) = [one for one in catcher.caught if is_ours(one)]
    deliver(house, "ours", told.event, told.body, action="submitted")
    house.heed()
    assert answers(standin, pull) == []


def is_ours(told: Caught) -> bool:
    return told.name == "pull_request_review.submitted" and told.body["review"]["body"] == "/graft help"
