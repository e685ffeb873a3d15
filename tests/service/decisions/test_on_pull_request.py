from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from service.decisions.budget import used_up
from service.decisions.commands import (
    Approve,
    AskForReview,
    CancelRun,
    Command,
    DropApproval,
    LookAgain,
    MarkMerged,
    Report,
    Say,
    StartRun,
)
from service.decisions.facts import Needed, OpenRun, Policy
from service.decisions.on_pull_request import BY_POLICY, decide, start
from tests.service.decisions.makers import (
    AUTHOR,
    BASE,
    BIRDS,
    CHECKING,
    EVALUATING,
    HEAD,
    MONDAY,
    OLD,
    ROOM,
    SPENT_OUT,
    TRUSTING,
    pull,
)

CHECK = StartRun("check", HEAD, BASE, "ada")
EVALUATE = StartRun("evaluate", HEAD, BASE, "ada")
PUSHED = f"A push moved the head to `{HEAD[:10]}`."
TOLD = Say(
    f"moved:{HEAD}",
    f"A push moved the head to `{HEAD[:10]}`: the approval of `{OLD[:10]}` was dropped and what ran for the old commit "
    "was stopped (evaluate). An approval holds for exactly one commit, so the new one needs its own.",
)
OLD_RUNS = (OpenRun(3, "check", OLD), OpenRun(4, "evaluate", OLD))


def superseded(*run_ids: int) -> list[CancelRun]:
    return [CancelRun(run_id, "superseded", PUSHED) for run_id in run_ids]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param({"known_head_sha": None, "check_passed": None}, [CHECK, Report()], id="opened"),
        pytest.param({"check_passed": None, "open_runs": (CHECKING,)}, [], id="check under way"),
        pytest.param({}, [], id="nothing new"),
        pytest.param({"check_passed": False}, [], id="check failed: the author's turn"),
        pytest.param({"approved_sha": HEAD, "open_runs": (EVALUATING,)}, [], id="evaluating"),
        pytest.param(
            {
                "known_head_sha": OLD,
                "check_passed": None,
                "approved_sha": OLD,
                "open_runs": OLD_RUNS,
            },
            [*superseded(3, 4), DropApproval(OLD), TOLD, CHECK, Report()],
            id="pushed",
        ),
        pytest.param(
            {"known_head_sha": OLD, "check_passed": True}, [Report()], id="pushed back to a checked head"
        ),
        pytest.param(
            {"draft": True, "check_passed": None, "known_head_sha": None}, [CHECK, Report()], id="draft"
        ),
        pytest.param(
            {"draft": True, "approved_sha": HEAD, "open_runs": (CHECKING, EVALUATING)},
            [CancelRun(2, "cancelled", "The pull request was made a draft."), Report()],
            id="made a draft",
        ),
        pytest.param(
            {"state": "closed", "open_runs": (CHECKING, EVALUATING)},
            [
                CancelRun(1, "cancelled", "The pull request was closed."),
                CancelRun(2, "cancelled", "The pull request was closed."),
                Report(),
            ],
            id="closed",
        ),
        pytest.param({"state": "closed", "check_passed": None}, [], id="closed before it was seen"),
        pytest.param({"held": True, "check_passed": None}, [CHECK, Report()], id="held: the check is free"),
        pytest.param(
            {"touches_taxonomy": False, "check_passed": None, "known_head_sha": None}, [], id="not ours"
        ),
        pytest.param(
            {
                "touches_taxonomy": False,
                "check_passed": None,
                "known_head_sha": OLD,
                "approved_sha": OLD,
                "open_runs": OLD_RUNS,
            },
            [*superseded(3, 4), DropApproval(OLD), TOLD, Report()],
            id="not ours any more",
        ),
    ],
)
def test_state_decides(facts: dict[str, Any], expected: Sequence[Command]) -> None:
    assert decide(pull(**facts)) == expected


def test_a_merge_is_marked_with_its_commit_and_leaves_the_evaluation_alone() -> None:
    merged = pull(state="merged", approved_sha=HEAD, open_runs=(EVALUATING,))
    assert decide(merged, merged_sha=BASE) == [MarkMerged(BASE), Report()]


@pytest.mark.parametrize(
    ("facts", "granted"),
    [
        ({}, True),
        ({"spent_minutes": 59.9}, True),
        ({"spent_minutes": 60.0}, False),
        ({"check_passed": None, "open_runs": (CHECKING,)}, False),
        ({"check_passed": False}, False),
        ({"draft": True}, False),
        ({"held": True}, False),
        ({"policy": Policy(frozenset({"ADA"}), 60)}, True),
        ({"policy": Policy(frozenset({"eve"}), 60)}, False),
        ({"policy": Policy(frozenset({"ada"}), 0)}, False),
        ({"state": "closed"}, False),
        ({"touches_taxonomy": False}, False),
    ],
)
def test_trusted_authors_are_approved_within_their_budget_once_the_check_passed(
    facts: dict[str, Any], granted: bool
) -> None:
    expected = [Approve(HEAD, BY_POLICY), EVALUATE, Report()] if granted else []
    assert decide(pull(**({"policy": TRUSTING} | facts))) == expected


@pytest.mark.parametrize(
    "facts",
    [
        {"first_time": True},
        {"budgets": (SPENT_OUT,)},
        {"policy": replace(TRUSTING, unreadable=True)},
        {"policy": Policy(trusted_teams=frozenset({"orchard/growers"}), budget_minutes=60)},
    ],
)
def test_trust_ends_where_the_rest_of_the_policy_says_so(facts: dict[str, Any]) -> None:
    orders = decide(pull(**({"policy": TRUSTING} | facts)))
    assert not any(isinstance(order, Approve | StartRun) for order in orders)


def test_members_of_a_trusted_team_are_trusted() -> None:
    grower = replace(AUTHOR, teams=frozenset({"orchard/growers"}))
    policy = Policy(trusted_teams=frozenset({"orchard/growers"}), budget_minutes=60)
    assert decide(pull(author=grower, policy=policy)) == [Approve(HEAD, BY_POLICY), EVALUATE, Report()]


def test_an_approved_head_over_budget_is_looked_at_again_when_there_is_room() -> None:
    over = pull(approved_sha=HEAD, budgets=(SPENT_OUT,), known_needed=Needed(used_up(SPENT_OUT)))
    assert decide(over, evaluated=False) == [LookAgain(MONDAY), Report(Needed(used_up(SPENT_OUT)))]
    assert decide(replace(over, look_at=MONDAY), evaluated=False) == []
    assert decide(over, evaluated=True) == []
    room = replace(over, budgets=(ROOM,))
    assert decide(room, evaluated=False) == [EVALUATE, Report()]


def test_reviewers_are_asked_once_the_check_has_passed_and_once_only() -> None:
    routed = pull(routes=(BIRDS,), author=replace(AUTHOR, login="Rita"))
    asked = Report(Needed(reviewers=("orchard/birders",)))
    assert decide(routed) == [AskForReview("orchard/birders"), asked]
    told = replace(routed, known_needed=asked.needed, asked=frozenset({"orchard/birders"}))
    assert decide(told) == []
    for change in ({"check_passed": False}, {"draft": True}, {"held": True}, {"approved_sha": HEAD}):
        assert not any(isinstance(order, AskForReview) for order in decide(replace(routed, **change)))


def test_a_change_of_the_policy_alone_is_checked_and_never_evaluated() -> None:
    alone = pull(touches_taxonomy=False, touches_policy=True, check_passed=None, known_head_sha=None)
    assert decide(alone) == [CHECK, Report()]
    assert decide(replace(alone, check_passed=True, known_head_sha=HEAD, policy=TRUSTING)) == []


def test_a_push_that_cost_nobody_anything_is_not_announced() -> None:
    quiet = pull(known_head_sha=OLD, check_passed=None, open_runs=(OpenRun(3, "check", OLD),))
    assert not any(isinstance(order, Say) for order in decide(quiet))


def test_who_approved_the_old_head_is_named() -> None:
    (said,) = [order for order in decide(pull(approved_sha=OLD, approved_by="max")) if isinstance(order, Say)]
    assert "the approval by @max" in said.text


def test_leave_given_before_the_check_passed_starts_the_evaluation_when_it_has_and_only_once() -> None:
    approved = pull(approved_sha=HEAD)
    assert decide(approved, evaluated=False) == [EVALUATE, Report()]
    assert decide(approved, evaluated=True) == []
    assert decide(approved) == []
    assert decide(pull(approved_sha=HEAD, check_passed=None, open_runs=(CHECKING,)), evaluated=False) == []
    assert decide(pull(), evaluated=False) == []


def test_a_run_without_leave_cannot_even_be_written_down() -> None:
    with pytest.raises(AssertionError, match="without leave"):
        start("evaluate", pull(approved_sha=OLD), "ada")
