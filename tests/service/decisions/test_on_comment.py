from dataclasses import replace
from typing import Any

import pytest

from service.decisions.commands import (
    Answer,
    Approve,
    CancelRun,
    Command,
    Hold,
    React,
    Report,
    StartRun,
)
from service.decisions.comment_commands import COMMANDS, Who
from service.decisions.facts import OpenRun, Person
from service.decisions.on_comment import decide
from service.decisions.standing import RunStanding, Standing
from tests.service.decisions.makers import (
    AUTHOR,
    BASE,
    CHECKING,
    EVALUATING,
    HEAD,
    MAIN,
    MAINTAINER,
    OLD,
    STRANGER,
    TRIAGER,
    comment,
    effects,
    pull,
    reaction,
    words,
)

APPROVE = Approve(HEAD, "tess")


def evaluate(by: Person = TRIAGER) -> StartRun:
    return StartRun("evaluate", HEAD, BASE, by.login)


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
    Who.TRUSTED: {TRIAGER, MAINTAINER},
    Who.MAINTAINER: {MAINTAINER},
}
NOBODY = Person("ghost", "none")


@pytest.mark.parametrize("by", [NOBODY, STRANGER, AUTHOR, TRIAGER, MAINTAINER], ids=lambda by: by.login)
@pytest.mark.parametrize("spec", COMMANDS, ids=lambda spec: spec.name)
def test_who_may_what(spec: Any, by: Person) -> None:
    answer = decide(comment(f"/graft {spec.name}", by, pull_request=pull(approved_sha=HEAD)))
    allowed = spec.who is Who.ANYONE or by in ALLOWED[spec.who]
    refused = "not yours to say" in words(answer)
    assert refused is not allowed
    if refused:
        assert spec.who.value in words(answer)
        assert reaction(answer) == "-1"
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


@pytest.mark.parametrize("place", [pull(), None])
def test_maintainers_cut_a_release_anywhere(place: Any) -> None:
    answer = decide(comment("/graft release", MAINTAINER, pull_request=place))
    assert effects(answer) == [StartRun("release", MAIN, MAIN, "max")]
    assert MAIN[:10] in words(answer)


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        ("/graft release now", {}),
        ("/graft release", {"default_head_sha": ""}),
    ],
)
def test_a_release_that_cannot_be_cut_as_asked_is_not_cut(body: str, changes: dict[str, Any]) -> None:
    answer = decide(comment(body, MAINTAINER, **changes))
    assert effects(answer) == []
    assert words(answer)


@pytest.mark.parametrize(
    "name", ["precheck", "preview", "ask", "approve", "evaluate", "cancel", "retry", "hold", "unhold"]
)
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
