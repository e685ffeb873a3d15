"""The policy's part in what comments order: routes, budgets, holds, teams, doubt."""

from dataclasses import replace

import pytest

from service.decisions.commands import Approve, Hold, LookAgain, Report, StartRun
from service.decisions.comment_commands import Who
from service.decisions.facts import Needed, Person, Policy
from service.decisions.on_comment import decide
from tests.service.decisions.makers import (
    AUTHOR,
    BIRDS,
    HEAD,
    MAINTAINER,
    MONDAY,
    ROOM,
    SPENT_OUT,
    TRIAGER,
    comment,
    effects,
    pull,
    reaction,
    words,
)

APPROVE = Approve(HEAD, "tess")


def test_what_a_triager_holds_no_author_lets_go() -> None:
    firm = pull(held=True, held_by_triager=True)
    refused = decide(comment("/graft unhold", AUTHOR, pull_request=firm))
    assert effects(refused) == []
    assert "A triager put it on hold" in words(refused)
    again = decide(comment("/graft hold\n/graft unhold", AUTHOR, pull_request=firm))
    assert effects(again) == [Hold(held=True, by_triager=True)]
    assert effects(decide(comment("/graft unhold", pull_request=firm))) == [Hold(held=False)]
    own = pull(held=True)
    assert effects(decide(comment("/graft unhold", AUTHOR, pull_request=own))) == [Hold(held=False)]


RITA = Person("Rita", "triage")
BIRDER = Person("bea", "write", teams=frozenset({"orchard/birders"}))


@pytest.mark.parametrize(
    ("by", "allowed"),
    [
        (TRIAGER, False),
        (Person("tom", "write", teams=frozenset({"orchard/others"})), False),
        (RITA, True),
        (BIRDER, True),
        (MAINTAINER, True),
        (Person("rita", "read"), False),
    ],
)
def test_routed_leaves_are_approved_by_their_reviewers_or_a_maintainer(by: Person, allowed: bool) -> None:
    answer = decide(comment("/graft approve", by, pull_request=pull(routes=(BIRDS,))))
    assert bool(effects(answer)) is allowed
    if by.may_triage and not allowed:
        assert "`knowledge/birds/` is reviewed by `rita` or `orchard/birders`, or a maintainer" in words(
            answer
        )


def test_one_approval_covers_all_that_changes() -> None:
    routes = (BIRDS, replace(BIRDS, pattern="knowledge/fish/", reviewers=("flo",)))
    assert effects(decide(comment("/graft approve", RITA, pull_request=pull(routes=routes)))) == []
    assert effects(decide(comment("/graft approve", MAINTAINER, pull_request=pull(routes=routes))))


@pytest.mark.parametrize("name", ["evaluate", "retry"])
def test_what_is_over_budget_is_refused_with_when_there_is_room_again(name: str) -> None:
    facts = pull(approved_sha=HEAD, budgets=(ROOM, SPENT_OUT))
    for by in (AUTHOR, MAINTAINER):
        answer = decide(comment(f"/graft {name}", by, pull_request=facts))
        assert effects(answer) == []
        assert reaction(answer) == "-1"
        assert "61.0 of 60 accelerator-minutes" in words(answer)
        assert "Monday, 2026-05-25 12:00 UTC" in words(answer)


def test_an_approval_over_budget_holds_and_the_evaluation_waits_for_room() -> None:
    answer = decide(comment("/graft approve", pull_request=pull(budgets=(SPENT_OUT,))))
    assert effects(answer) == [APPROVE, LookAgain(MONDAY)]
    assert "starts by itself" in words(answer)
    (report,) = [command for command in answer if isinstance(command, Report)]
    assert "used up" in report.needed.text


def test_a_policy_that_cannot_be_read_lets_nothing_be_spent() -> None:
    unreadable = pull(approved_sha=HEAD, policy=Policy(unreadable=True))
    for body in ("/graft evaluate", "/graft approve"):
        answer = decide(comment(body, pull_request=unreadable))
        assert not any(isinstance(command, StartRun) for command in answer)
        assert "cannot be read" in words(answer)


def test_who_is_told_who_may_is_told_of_the_policys_teams_too() -> None:
    policy = Policy(
        triage_teams=frozenset({"orchard/helpers"}), maintain_teams=frozenset({"orchard/keepers"})
    )
    approve = words(decide(comment("/graft approve", AUTHOR, policy=policy)))
    assert "members of `orchard/helpers`, `orchard/keepers`" in approve
    release = words(decide(comment("/graft release", TRIAGER, policy=policy)))
    assert "members of `orchard/keepers`" in release
    assert "orchard/helpers" not in release


def test_rights_that_could_not_be_looked_up_are_said_to_be_the_reason() -> None:
    text = words(decide(comment("/graft approve", Person("tess", unsure=True))))
    assert "could not be looked up" in text
    assert Who.TRIAGER.value in text


def test_an_edited_comment_is_said_to_be_the_reason() -> None:
    text = words(decide(comment("/graft release", Person("max", "write", edited=True))))
    assert "say it in a new one" in text


def test_status_tells_of_budgets_reviewers_and_trust() -> None:
    facts = pull(
        budgets=(ROOM,),
        routes=(BIRDS,),
        policy=Policy(frozenset({"ada"}), 60),
        spent_minutes=12.25,
        first_time=True,
    )
    text = words(decide(comment("/graft status", pull_request=facts)))
    assert "Budget of all pull requests together: 5.0 of 60 accelerator-minutes" in text
    assert "Reviewers of what changes here: `rita`, `orchard/birders`" in text
    assert "12.2 of 60 accelerator-minutes" in text
    assert "first contribution" in text
    assert "a triager who reviews what changes here" in text.split("**Next:**")[1]
    over = pull(approved_sha=HEAD, budgets=(SPENT_OUT,))
    assert "room again" in words(decide(comment("/graft status", pull_request=over))).split("**Next:**")[1]


def test_the_report_is_told_whom_to_ask() -> None:
    answer = decide(comment("/graft unhold", pull_request=pull(routes=(BIRDS,), held=True)))
    (report,) = [command for command in answer if isinstance(command, Report)]
    assert report.needed == Needed(reviewers=("rita", "orchard/birders"))
