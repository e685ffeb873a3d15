"""What follows when a stage has ended."""

import pytest

from pipelines.plan import PlannedKind, stages_of
from service.decisions.on_stage_finished import EndRun, MakeReady, StageFacts, StageStateName, decide


def facts(kind: PlannedKind, **states: StageStateName) -> list[StageFacts]:
    """`generate="succeeded"`, `mix_candidate="running"`; what is not named waits."""
    return [
        StageFacts(planned.key, states.get("_".join(part for part in planned.key if part), "waiting"))
        for planned in stages_of(kind)
    ]


def test_a_new_run_begins_with_what_needs_nothing() -> None:
    assert decide("evaluate", facts("evaluate")) == [MakeReady(("collect", ""))]


def test_several_stages_may_become_ready_at_once() -> None:
    commands = decide("evaluate", facts("evaluate", collect="succeeded", generate="succeeded"))

    assert commands == [
        MakeReady(("mix", "candidate")),
        MakeReady(("mix", "control")),
        MakeReady(("evaluate", "reference")),
    ]


def test_what_is_at_work_is_left_alone() -> None:
    assert decide("evaluate", facts("evaluate", collect="running")) == []


def test_a_run_whose_stages_are_all_done_has_succeeded() -> None:
    done = [StageFacts(planned.key, "succeeded") for planned in stages_of("release")]

    assert decide("release", done) == [EndRun("succeeded", "All stages are done.")]


@pytest.mark.parametrize(
    ("exit_code", "state"), [(1, "failed"), (2, "broken"), (3, "broken"), (None, "broken")]
)
def test_a_failed_stage_ends_the_run_and_blames_whom_it_must(exit_code: int | None, state: str) -> None:
    stages = facts("evaluate", generate="running")
    stages[0] = StageFacts(("collect", ""), "failed", exit_code, "the document is not there")

    (end,) = decide("evaluate", stages)

    assert isinstance(end, EndRun)
    assert (end.state, end.ending) == (state, "collect: the document is not there")
