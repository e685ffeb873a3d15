"""Every kind of loss and of doubling that the checker knows is found where one is planted, and nowhere else."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from service.cli.chaos.checker import (
    Asked,
    CheckSeen,
    Command,
    CommentSeen,
    Finding,
    Ledger,
    RunSeen,
    Shown,
    check,
)
from service.reports.comment import MARKER, answer_marker

HEAD, OLD = "a" * 40, "b" * 40


@dataclass
class World:
    asked: Asked
    shown: Shown
    ledger: Ledger

    def findings(self) -> list[Finding]:
        return check(self.asked, self.shown, self.ledger)


def world() -> World:
    """A pull request with a push, one command, one evaluation of another, one release: all as it must be."""
    asked = Asked(
        verdicts={1: (HEAD, "success")},
        closed={2},
        commands=[Command(10, 1), Command(11, 1, answered=False)],
        evaluated={3: "c" * 40},
        releases=1,
    )
    shown = Shown(
        comments=[
            CommentSeen(10, 1, ours=False, body="/graft status", reactions_of_ours=1),
            CommentSeen(11, 1, ours=False, body="/graft hold", reactions_of_ours=1),
            CommentSeen(12, 1, ours=True, body=f"{MARKER}\nThis is about commit `{HEAD[:8]}`."),
            CommentSeen(13, 1, ours=True, body=f"{answer_marker(10)}\nHere it stands."),
            CommentSeen(14, 2, ours=True, body=f"{MARKER}\nClosed"),
        ],
        checks=[CheckSeen(1, OLD, "completed", "cancelled"), CheckSeen(2, HEAD, "completed", "success")],
        checks_made=[OLD, HEAD],
        releases_made=["orchard/taxonomy:2026.10.1"],
        acknowledged={"d-1"},
    )
    ledger = Ledger(
        deliveries={"d-1": True, "look:x": True},
        runs=[
            RunSeen(1, "check", 1, OLD, "superseded"),
            RunSeen(2, "check", 1, HEAD, "succeeded"),
            RunSeen(3, "evaluate", 3, "c" * 40, "succeeded"),
            RunSeen(4, "release", 0, "e" * 40, "succeeded"),
        ],
    )
    return World(asked, shown, ledger)


Plant = Callable[[World], object]


def comment_without_reaction(there: World) -> None:
    there.shown.comments[0] = replace(there.shown.comments[0], reactions_of_ours=0)


def other_conclusion(there: World) -> None:
    there.shown.checks[1] = replace(there.shown.checks[1], conclusion="neutral")


def other_head_in_the_comment(there: World) -> None:
    there.shown.comments[2] = replace(
        there.shown.comments[2], body=f"{MARKER}\nThis is about commit `{OLD[:8]}`."
    )


PLANTS: dict[str, tuple[str, Plant]] = {
    "a delivery that was acknowledged and not kept": ("lost", lambda w: w.ledger.deliveries.pop("d-1")),
    "a delivery that was kept and not processed": (
        "lost",
        lambda w: w.ledger.deliveries.update({"d-1": False}),
    ),
    "a command without a reaction": ("lost", comment_without_reaction),
    "a command without an answer": ("lost", lambda w: w.shown.comments.pop(3)),
    "a command that is not there any more": ("lost", lambda w: w.shown.comments.pop(0)),
    "an evaluation that did not end": ("lost", lambda w: w.ledger.runs.pop(2)),
    "a release that was not made": ("lost", lambda w: w.shown.releases_made.clear()),
    "something that waits for ever": ("lost", lambda w: w.ledger.left_over.append("1 letters not sent")),
    "two sticky comments": (
        "doubled",
        lambda w: w.shown.comments.append(replace(w.shown.comments[2], id=99)),
    ),
    "two answers to one command": (
        "doubled",
        lambda w: w.shown.comments.append(replace(w.shown.comments[3], id=99)),
    ),
    "a check run made twice": ("doubled", lambda w: w.shown.checks_made.append(HEAD)),
    "a check twice on one commit": (
        "doubled",
        lambda w: w.ledger.runs.append(replace(w.ledger.runs[1], id=9)),
    ),
    "an evaluation twice": ("doubled", lambda w: w.ledger.runs.append(replace(w.ledger.runs[2], id=9))),
    "a release made twice": ("doubled", lambda w: w.shown.releases_made.extend(w.shown.releases_made)),
    "a release run nobody asked for": (
        "doubled",
        lambda w: w.ledger.runs.append(replace(w.ledger.runs[3], id=9)),
    ),
    "a head without a check run": ("unreported", lambda w: w.shown.checks.pop(1)),
    "a head with another verdict": ("unreported", other_conclusion),
    "a comment that speaks of an older head": ("unreported", other_head_in_the_comment),
    "a check run left in progress": (
        "unreported",
        lambda w: w.shown.checks.append(CheckSeen(3, "f" * 40, "in_progress", None)),
    ),
}


def test_a_world_in_which_all_is_well_has_no_findings() -> None:
    assert world().findings() == []


@pytest.mark.parametrize("name", PLANTS)
def test_what_is_planted_is_found(name: str) -> None:
    kind, plant = PLANTS[name]
    there = world()
    plant(there)

    assert {finding.what for finding in there.findings()} == {kind}
