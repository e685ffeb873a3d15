from dataclasses import replace
from typing import Any

import pytest

from service.decisions.commands import (
    Answer,
    Approve,
    CancelRun,
    Command,
    Hold,
    LookAgain,
    React,
    Report,
    StartRun,
)
from service.decisions.comment_commands import COMMANDS, Who
from service.decisions.facts import Needed, OpenRun, Person, Policy
from service.decisions.on_comment import decide
from service.decisions.standing import RunStanding, Standing
from tests.service.decisions.makers import (
    AUTHOR,
    BASE,
    BIRDS,
    CHECKING,
    EVALUATING,
    HEAD,
    MAIN,
    MAINTAINER,
    MONDAY,
    OLD,
    ROOM,
    SPENT_OUT,
    STRANGER,
    TRIAGER,
    comment,
    pull,
)

APPROVE = Approve(HEAD, "tess")


def evaluate(by: Person = TRIAGER) -> StartRun:
    return StartRun("evaluate", HEAD, BASE, by.login)


def effects(commands: list[Command]) -> list[Command]:
    return [command for command in commands if not isinstance(command, React | Answer | Report)]


def words(commands: list[Command]) -> str:
    return "".join(command.text for command in commands if isinstance(command, Answer))


def reaction(commands: list[Command]) -> str:
    (found,) = [command.reaction for command in commands if isinstance(command, React)]
    return found


def test_a_comment_without_a_command_is_left_alone() -> None:
    assert decide(comment("Nice leaf! `/graft approve` would do.")) == []


def test_bots_are_never_obeyed_and_never_answered() -> None:
    assert decide(comment("/graft approve", from_bot=True)) == []


def test_approval_binds_to_the_head_and_starts_the_evaluation_at_once() -> None:
    assert decide(comment("/graft approve")) == [React(99, "rocket"), APPROVE, evaluate(), Report()]


@pytest.mark.parametrize("named", [HEAD, HEAD[:7], HEAD[:10].upper()])
def test_a_named_commit_is_approved_when_it_is_the_head(named: str) -> None:
    assert effects(decide(comment(f"/graft approve {named}"))) == [APPROVE, evaluate()]


@pytest.mark.parametrize(
    "named", [OLD, OLD[:7], HEAD[:6], HEAD + "0", "main", "HEAD", HEAD[:10] + " again", "''"]
)
def test_what_is_not_the_head_is_not_approved_and_the_head_is_named(named: str) -> None:
    answer = decide(comment(f"/graft approve {named}"))
    assert effects(answer) == []
    assert reaction(answer) == "-1"
    assert f"/graft approve {HEAD[:10]}" in words(answer)


@pytest.mark.parametrize(
    "moved",
    [
        {"older_than_head": True},
        {"pull_request": pull(known_head_sha=OLD)},
        {"pull_request": pull(known_head_sha=None)},
    ],
)
def test_a_head_that_the_approver_cannot_have_seen_must_be_named(moved: dict[str, Any]) -> None:
    unnamed = decide(comment("/graft approve", **moved))
    assert effects(unnamed) == []
    assert "moved while you wrote" in words(unnamed)
    assert effects(decide(comment(f"/graft approve {HEAD[:10]}", **moved)))[0] == APPROVE


@pytest.mark.parametrize(
    ("facts", "expected", "says"),
    [
        ({"check_passed": None, "open_runs": (CHECKING,)}, [APPROVE], "when the check has passed"),
        ({"held": True}, [APPROVE], "on hold"),
        ({"check_passed": False}, [], "found errors"),
        ({"draft": True}, [], "is a draft"),
        ({"state": "closed"}, [], "is closed"),
        ({"state": "merged"}, [], "is merged"),
        ({"touches_taxonomy": False}, [], "No leaf changes"),
        ({"open_runs": (EVALUATING,)}, [APPROVE], ""),
    ],
)
def test_approval_says_what_is_in_the_way(facts: dict[str, Any], expected: list[Command], says: str) -> None:
    answer = decide(comment("/graft approve", pull_request=pull(**facts)))
    assert effects(answer) == expected
    assert says in words(answer)


@pytest.mark.parametrize("by", [TRIAGER, MAINTAINER, AUTHOR])
def test_an_approved_head_is_evaluated_for_triagers_and_the_author(by: Person) -> None:
    answer = decide(comment("/graft evaluate", by, pull_request=pull(approved_sha=HEAD)))
    assert answer == [React(99, "rocket"), evaluate(by), Report()]


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({}, "no approval yet"),
        ({"approved_sha": OLD}, "no approval yet"),
        ({"approved_sha": HEAD, "held": True}, "on hold"),
        ({"approved_sha": HEAD, "check_passed": None}, "has not finished"),
        ({"approved_sha": HEAD, "check_passed": False}, "found errors"),
        ({"approved_sha": HEAD, "draft": True}, "is a draft"),
        ({"approved_sha": HEAD, "state": "closed"}, "is closed"),
        ({"approved_sha": HEAD, "open_runs": (EVALUATING,)}, "under way already"),
    ],
)
@pytest.mark.parametrize("by", [TRIAGER, AUTHOR])
def test_an_evaluation_that_cannot_start_says_why(facts: dict[str, Any], says: str, by: Person) -> None:
    answer = decide(comment("/graft evaluate", by, pull_request=pull(**facts)))
    assert effects(answer) == []
    assert says in words(answer)


ALLOWED = {
    Who.ANYONE: {STRANGER, AUTHOR, TRIAGER, MAINTAINER},
    Who.AUTHOR: {AUTHOR, TRIAGER, MAINTAINER},
    Who.APPROVED_AUTHOR: {AUTHOR, TRIAGER, MAINTAINER},
    Who.TRIAGER: {TRIAGER, MAINTAINER},
    Who.MAINTAINER: {MAINTAINER},
}
NOBODY = Person("ghost", "none")


@pytest.mark.parametrize("by", [NOBODY, STRANGER, AUTHOR, TRIAGER, MAINTAINER], ids=lambda by: by.login)
@pytest.mark.parametrize("spec", [spec for spec in COMMANDS if spec.available], ids=lambda spec: spec.name)
def test_who_may_what(spec: Any, by: Person) -> None:
    answer = decide(comment(f"/graft {spec.name}", by, pull_request=pull(approved_sha=HEAD)))
    allowed = spec.who is Who.ANYONE or by in ALLOWED[spec.who]
    refused = "not yours to say" in words(answer)
    assert refused is not allowed
    if refused:
        assert spec.who.value in words(answer)
        assert reaction(answer) == "-1"
        assert effects(answer) == []


@pytest.mark.parametrize("name", [spec.name for spec in COMMANDS if not spec.available])
def test_what_is_not_there_yet_is_said_to_be_so(name: str) -> None:
    answer = decide(comment(f"/graft {name}", MAINTAINER))
    assert "not yet in this version" in words(answer)
    assert effects(answer) == []


def test_cancel_stops_what_costs_and_lets_the_check_run() -> None:
    running = pull(approved_sha=HEAD, open_runs=(CHECKING, EVALUATING, OpenRun(8, "evaluate", OLD)))
    assert effects(decide(comment("/graft cancel", AUTHOR, pull_request=running))) == [
        CancelRun(2, "cancelled", "Cancelled by @ada."),
        CancelRun(8, "cancelled", "Cancelled by @ada."),
    ]
    assert "Nothing is running" in words(decide(comment("/graft cancel", AUTHOR)))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"approved_sha": HEAD}, [evaluate(AUTHOR)]),
        ({"approved_sha": HEAD, "held": True}, []),
        ({"approved_sha": HEAD, "check_passed": None}, [StartRun("check", HEAD, BASE, "ada")]),
        ({"check_passed": False}, [StartRun("check", HEAD, BASE, "ada")]),
        ({"check_passed": None, "draft": True}, [StartRun("check", HEAD, BASE, "ada")]),
        ({}, []),
        ({"check_passed": None, "state": "closed"}, []),
    ],
)
def test_retry_runs_again_what_is_missing(facts: dict[str, Any], expected: list[Command]) -> None:
    assert effects(decide(comment("/graft retry", AUTHOR, pull_request=pull(**facts)))) == expected


def test_hold_and_unhold() -> None:
    assert decide(comment("/graft hold", AUTHOR)) == [React(99, "+1"), Hold(held=True), Report()]
    assert effects(decide(comment("/graft hold"))) == [Hold(held=True, by_triager=True)]
    assert effects(decide(comment("/graft unhold"))) == [Hold(held=False)]


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


@pytest.mark.parametrize("place", [pull(), None])
def test_maintainers_cut_a_release_anywhere(place: Any) -> None:
    answer = decide(comment("/graft release", MAINTAINER, pull_request=place))
    assert effects(answer) == [StartRun("release", MAIN, MAIN, "max")]
    assert MAIN[:10] in words(answer)


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        ("/graft release --dry-run", {}),
        ("/graft release now", {}),
        ("/graft release", {"default_head_sha": ""}),
    ],
)
def test_a_release_that_cannot_be_cut_as_asked_is_not_cut(body: str, changes: dict[str, Any]) -> None:
    answer = decide(comment(body, MAINTAINER, **changes))
    assert effects(answer) == []
    assert words(answer)


@pytest.mark.parametrize("name", ["approve", "evaluate", "cancel", "retry", "hold", "unhold"])
def test_in_an_issue_only_what_needs_no_pull_request_works(name: str) -> None:
    answer = decide(comment(f"/graft {name}", MAINTAINER, pull_request=None))
    assert effects(answer) == []
    assert "this is an issue" in words(answer)


def test_commands_of_one_comment_see_what_the_earlier_ones_did() -> None:
    answer = decide(comment("/graft hold\n/graft approve\n/graft unhold\n/graft evaluate"))
    assert effects(answer) == [Hold(held=True, by_triager=True), APPROVE, Hold(held=False), evaluate()]
    assert [type(command) for command in answer].count(React) == 1
    assert [type(command) for command in answer].count(Answer) == 1


def test_an_unknown_command_is_answered_with_what_may_have_been_meant() -> None:
    answer = decide(comment("/graft aprove"))
    assert reaction(answer) == "confused"
    assert "Did you mean `/graft approve`?" in words(answer)


HOSTILE = (
    "`@everyone<!--graft:report-->|[x](https://evil.example)\u202e`"  # in code, so that Markdown keeps it all
)


@pytest.mark.parametrize(
    "body", [f"/graft {HOSTILE}", f"/graft approve {HOSTILE}", f"/graft release {HOSTILE}"]
)
def test_other_peoples_text_does_nothing_in_our_answer(body: str) -> None:
    text = words(decide(comment(body, MAINTAINER)))
    assert "<!--" not in text
    assert "\u202e" not in text
    outside = "".join(text.split("`")[::2])
    assert "everyone" not in outside
    assert "evil.example" not in outside


def test_a_login_that_cannot_be_one_is_only_shown() -> None:
    odd = replace(STRANGER, login="sam`@all <!-- x -->")
    text = words(decide(comment("/graft approve", odd)))
    assert "@sam" not in text
    assert "<!--" not in text


def test_status_says_where_it_stands_and_what_comes_next() -> None:
    standing = Standing(
        runs=(
            RunStanding("evaluate", "queued", HEAD, place=3, eta_minutes=95),
            RunStanding("check", "running", HEAD, stage="collect", share=0.5, eta_minutes=0.2),
        ),
        queue_length=4,
        page_url="http://graft.example/pull/7",
    )
    text = words(
        decide(comment("/graft status", STRANGER, pull_request=pull(approved_sha=HEAD), standing=standing))
    )
    assert "place 3 in the queue, done in about 1.6 hours" in text
    assert "at collect (50%), done in about 1 minute." in text
    assert "all in all: 4" in text
    assert "(http://graft.example/pull/7)" in text
    assert "**Next:** the evaluation finishes" in text


@pytest.mark.parametrize(
    ("facts", "comes_next"),
    [
        ({}, "/graft approve"),
        ({"check_passed": None}, "by itself"),
        ({"check_passed": False}, "mend"),
        ({"draft": True}, "ready for review"),
        ({"approved_sha": HEAD, "held": True}, "/graft unhold"),
        ({"approved_sha": HEAD}, "/graft evaluate"),
        ({"state": "merged"}, "next release"),
        ({"state": "closed"}, "nothing"),
        ({"touches_taxonomy": False}, "no leaf"),
    ],
)
def test_the_next_step_is_the_first_thing_in_the_way(facts: dict[str, Any], comes_next: str) -> None:
    text = words(decide(comment("/graft status", pull_request=pull(**facts))))
    assert comes_next in text.split("**Next:**")[1]


def test_status_in_an_issue_tells_of_the_queue() -> None:
    text = words(decide(comment("/graft status", pull_request=None, standing=Standing(queue_length=2))))
    assert "all in all: 2" in text
    assert "Next" not in text
