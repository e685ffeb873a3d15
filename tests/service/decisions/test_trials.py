"""Prechecks, previews, prompts and dry runs as tables: who, when, with which words."""

from dataclasses import replace
from typing import Any

import pytest

from service.decisions.commands import Answer, CancelRun, Command, React, Report, StartTrial, TryRelease
from service.decisions.facts import OpenRun, Person
from service.decisions.on_comment import decide
from service.decisions.trials import LONGEST_PROMPT, PRECHECK_MINUTES, TrialFacts
from tests.service.decisions.makers import (
    AUTHOR,
    BASE,
    HEAD,
    MAIN,
    MAINTAINER,
    OLD,
    STRANGER,
    TRIAGER,
    TRUSTING,
    comment,
    pull,
)

WREN, HERON, OTHER_WREN = "knowledge/birds/wren", "knowledge/birds/heron", "knowledge/songs/wren"
SPENT = {"spent_minutes": 1000.0}
APPROVED = {"approved_sha": HEAD}


def started(commands: list[Command]) -> list[Command]:
    return [command for command in commands if not isinstance(command, React | Answer | Report)]


def words(commands: list[Command]) -> str:
    return "".join(command.text for command in commands if isinstance(command, Answer))


def reaction(commands: list[Command]) -> str:
    (found,) = [command.reaction for command in commands if isinstance(command, React)]
    return found


def trial(kind: Any, by: Person = TRIAGER, **asked: Any) -> StartTrial:
    return StartTrial(kind, HEAD, BASE, by.login, 99, **asked)


def test_a_trial_starts_at_once_and_its_answer_is_its_own() -> None:
    assert decide(comment("/graft precheck")) == [React(99, "rocket"), trial("precheck"), Report()]


@pytest.mark.parametrize(
    ("kind", "by", "facts", "says"),
    [
        ("precheck", TRIAGER, SPENT, ""),
        ("precheck", AUTHOR, {}, ""),
        ("precheck", AUTHOR, {"spent_minutes": PRECHECK_MINUTES - 0.1}, ""),
        ("precheck", AUTHOR, {"spent_minutes": float(PRECHECK_MINUTES)}, "used up"),
        ("precheck", AUTHOR, SPENT | APPROVED, ""),
        ("precheck", AUTHOR, SPENT | {"approved_sha": OLD}, "used up"),
        ("precheck", AUTHOR, {"first_time": True}, "needs an approval first"),
        ("precheck", AUTHOR, APPROVED | {"first_time": True}, ""),
        ("precheck", TRIAGER, {"first_time": True}, ""),
        ("precheck", STRANGER, APPROVED, "not yours to say"),
        ("preview", TRIAGER, SPENT, ""),
        ("preview", AUTHOR, APPROVED, "not yours to say"),
        ("preview", AUTHOR, {"policy": TRUSTING}, ""),
        ("preview", AUTHOR, SPENT | {"policy": TRUSTING}, "used up"),
        ("preview", AUTHOR, SPENT | APPROVED | {"policy": TRUSTING}, ""),
        ("preview", replace(AUTHOR, is_author=False), {"policy": TRUSTING}, "not yours to say"),
        ("ask", TRIAGER, SPENT, ""),
        ("ask", AUTHOR, {}, "no approval yet"),
        ("ask", AUTHOR, {"policy": TRUSTING}, "no approval yet"),
        ("ask", AUTHOR, APPROVED, ""),
        ("ask", STRANGER, APPROVED, "not yours to say"),
    ],
)
def test_who_may_start_a_trial(kind: str, by: Person, facts: dict[str, Any], says: str) -> None:
    said = "/graft ask Why?" if kind == "ask" else f"/graft {kind}"
    answer = decide(comment(said, by, pull_request=pull(**facts)))
    assert bool(started(answer)) is not bool(says)
    assert says in words(answer)
    if says:
        assert reaction(answer) == "-1"
        assert "triage" in words(answer)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"state": "closed"}, "is closed"),
        ({"state": "merged"}, "is merged"),
        ({"draft": True}, "is a draft"),
        ({"touches_taxonomy": False}, "No leaf changes"),
        ({"held": True}, "on hold"),
        ({"check_passed": None}, "has not finished"),
        ({"check_passed": False}, "found errors"),
        ({"known_head_sha": OLD}, "moved while you wrote"),
    ],
)
@pytest.mark.parametrize("said", ["precheck", "preview", 'ask "Why?"'])
def test_what_stands_in_the_way_of_a_trial_is_said(said: str, facts: dict[str, Any], says: str) -> None:
    answer = decide(comment(f"/graft {said}", pull_request=pull(**facts)))
    assert started(answer) == []
    assert says in words(answer)


def test_leave_for_the_head_makes_up_for_words_that_were_about_another() -> None:
    unapproved = comment("/graft preview", older_than_head=True)
    assert started(decide(unapproved)) == []
    assert started(decide(replace(unapproved, pull_request=pull(**APPROVED))))


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        ('/graft ask "What sings?"', "What sings?"),
        ("/graft ask What sings?", "What sings?"),
        ("/graft ask What's that?", "What's that?"),
        ("/graft ask “What sings?”", "What sings?"),
        ("/graft ask 'What sings?'", "What sings?"),
        ('/graft ask "Who said "hi" to whom?"', 'Who said "hi" to whom?'),
        ('/graft ask "a" or "b"', 'a" or "b'),
        ('/graft ask   "  spaced    out  "', "spaced out"),
        ('/graft ASK "loud"', "loud"),
        ('/graft ask "$(rm -rf /); --flag"', "$(rm -rf /); --flag"),
        ('/graft ask "\u202ebackwards"', "backwards"),
        ('/graft ask "' + "x" * LONGEST_PROMPT + '"', "x" * LONGEST_PROMPT),
    ],
)
def test_a_prompt_is_what_stands_between_the_outermost_quotes(body: str, asked: str) -> None:
    assert started(decide(comment(body))) == [trial("ask", prompt=asked)]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("/graft ask", "no prompt"),
        ('/graft ask ""', "no prompt"),
        ('/graft ask "', "no closing quotation mark"),
        ('/graft ask "What sings', "no closing quotation mark"),
        ('/graft ask "What" sings', "no closing quotation mark"),
        ('/graft ask "' + "x" * (LONGEST_PROMPT + 1) + '"', "at most 1,000"),
    ],
)
def test_a_prompt_that_cannot_be_asked_is_refused_with_the_right_form(body: str, says: str) -> None:
    answer = decide(comment(body))
    assert started(answer) == []
    assert says in words(answer)


@pytest.mark.parametrize(
    ("named", "leaf", "says"),
    [
        ("", None, ""),
        (WREN, WREN, ""),
        (f"{WREN}/", WREN, ""),
        (f"{WREN}/qna.yaml", WREN, ""),
        ("heron", HERON, ""),
        ("birds/wren", WREN, ""),
        ("wren", None, "Name the whole path"),
        ("knowledge/birds/hero", None, f"Did you mean `{HERON}`"),
        ("../../etc/passwd", None, "does not change the leaf"),
        ("a b", None, "one leaf, or none"),
    ],
)
def test_a_leaf_is_named_by_its_path_or_by_its_end(named: str, leaf: str | None, says: str) -> None:
    facts = TrialFacts(leaves=(WREN, HERON, OTHER_WREN))
    answer = decide(comment(f"/graft preview {named}", trials=facts))
    assert started(answer) == ([] if says else [trial("preview", leaf=leaf)])
    assert says in words(answer)


def test_one_of_a_kind_at_a_time_and_each_of_several_in_one_comment() -> None:
    open_one = pull(open_runs=(OpenRun(5, "preview", HEAD), OpenRun(6, "ask", OLD)))
    answer = decide(comment("/graft preview", pull_request=open_one))
    assert (started(answer), reaction(answer)) == ([], "eyes")
    assert "under way already" in words(answer)

    several = decide(
        comment("/graft precheck\n/graft preview\n/graft ask One?\n/graft ask Two?", pull_request=open_one)
    )
    assert started(several) == [trial("precheck"), trial("ask", prompt="One?")]


def test_cancel_stops_trials_too() -> None:
    running = pull(
        open_runs=(OpenRun(5, "preview", HEAD), OpenRun(6, "ask", HEAD), OpenRun(1, "check", HEAD))
    )
    answer = decide(comment("/graft cancel", AUTHOR, pull_request=running))
    assert [order.run_id for order in started(answer) if isinstance(order, CancelRun)] == [5, 6]


@pytest.mark.parametrize("place", [pull(), None])
@pytest.mark.parametrize(
    ("by", "facts", "orders", "says"),
    [
        (MAINTAINER, TrialFacts(), [TryRelease(MAIN, "max", 99)], ""),
        (MAINTAINER, TrialFacts(release_open=True), [], "being cut already"),
        (MAINTAINER, TrialFacts(dry_run_open=True), [], "under way already"),
        (TRIAGER, TrialFacts(), [], "maintainers"),
    ],
)
def test_maintainers_try_a_release_anywhere(
    by: Person, facts: TrialFacts, orders: list[Command], says: str, place: Any
) -> None:
    answer = decide(comment("/graft release --dry-run", by, pull_request=place, trials=facts))
    assert started(answer) == orders
    assert says in words(answer)


@pytest.mark.parametrize("place", [pull(), None])
def test_a_dry_run_is_cancelled_by_maintainers_where_it_was_asked_for(place: Any) -> None:
    facts = TrialFacts(dry_run_open=True, dry_run_here=7)
    cancel = CancelRun(7, "cancelled", "Cancelled by @max.")
    asked = comment("/graft cancel", MAINTAINER, pull_request=place, trials=facts)
    assert started(decide(asked)) == [cancel]
    assert started(decide(replace(asked, by=TRIAGER))) == []
    assert started(decide(replace(asked, trials=TrialFacts(dry_run_open=True)))) == []
