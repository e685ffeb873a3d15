from typing import Any

import pytest

from service.decisions.commands import Approve, CancelRun, Command, Report, Say, StartRun
from service.decisions.facts import Person
from service.decisions.on_click import RERUN, ClickFacts, decide
from tests.service.decisions.makers import (
    AUTHOR,
    BASE,
    CHECKING,
    EVALUATING,
    HEAD,
    OLD,
    STRANGER,
    TRIAGER,
    pull,
)


def click(pressed: str, by: Person = TRIAGER, *, head_sha: str = HEAD, **facts: Any) -> list[Command]:
    return decide(ClickFacts("12", pressed, head_sha, by, from_bot=False, pull_request=pull(**facts)))


def effects(commands: list[Command]) -> list[Command]:
    return [command for command in commands if not isinstance(command, Say | Report)]


def words(commands: list[Command]) -> str:
    return "".join(command.text for command in commands if isinstance(command, Say))


EVALUATE = StartRun("evaluate", HEAD, BASE, "tess")


@pytest.mark.parametrize(
    ("pressed", "by", "facts", "expected"),
    [
        ("approve", TRIAGER, {}, [Approve(HEAD, "tess"), EVALUATE]),
        ("approve", TRIAGER, {"known_head_sha": OLD}, [Approve(HEAD, "tess"), EVALUATE]),
        ("evaluate", TRIAGER, {"approved_sha": HEAD}, [EVALUATE]),
        (
            "cancel",
            AUTHOR,
            {"open_runs": (CHECKING, EVALUATING)},
            [CancelRun(2, "cancelled", "Cancelled by @ada.")],
        ),
        (RERUN, AUTHOR, {"check_passed": False}, [StartRun("check", HEAD, BASE, "ada")]),
        (RERUN, AUTHOR, {}, [StartRun("check", HEAD, BASE, "ada")]),
        (RERUN, TRIAGER, {"approved_sha": HEAD}, [EVALUATE]),
    ],
)
def test_a_button_does_what_the_command_of_its_name_does(
    pressed: str, by: Person, facts: dict[str, Any], expected: list[Command]
) -> None:
    answer = click(pressed, by, **facts)
    assert effects(answer) == expected
    assert words(answer) == ""
    assert any(isinstance(command, Report) for command in answer)


@pytest.mark.parametrize("pressed", ["approve", "evaluate", "cancel", RERUN])
def test_a_button_under_an_old_commit_does_nothing_and_says_which_is_the_head(pressed: str) -> None:
    answer = click(pressed, head_sha=OLD, approved_sha=HEAD, open_runs=(EVALUATING,))
    assert effects(answer) == []
    assert HEAD[:10] in words(answer)


@pytest.mark.parametrize(
    ("pressed", "by", "says"),
    [
        ("approve", AUTHOR, "not yours to say"),
        ("approve", STRANGER, "not yours to say"),
        ("approve", Person("tess", unsure=True), "could not be looked up"),
        ("evaluate", AUTHOR, "no approval yet"),
        ("cancel", STRANGER, "not yours to say"),
        (RERUN, STRANGER, "not yours to say"),
        ("release", Person("max", "admin"), "no such button"),
        ("<!-- x -->", TRIAGER, "no such button"),
    ],
)
def test_who_may_not_is_told_so_once_in_a_comment(pressed: str, by: Person, says: str) -> None:
    answer = click(pressed, by)
    assert effects(answer) == []
    (said,) = [command for command in answer if isinstance(command, Say)]
    assert said.about == "press:12"
    assert says in said.text
    assert f"@{by.login} pressed" in said.text
    assert "<!--" not in said.text


def test_programs_press_nothing() -> None:
    assert decide(ClickFacts("1", "approve", HEAD, TRIAGER, from_bot=True, pull_request=pull())) == []
