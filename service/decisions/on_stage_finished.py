"""What follows when a stage of a run has ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipelines.errors import ExitCode
from pipelines.plan import PlannedKind, StageKey, stages_of

StageStateName = Literal["waiting", "ready", "running", "succeeded", "failed", "cancelled"]


@dataclass(frozen=True)
class StageFacts:
    """One stage of the run as it stands."""

    key: StageKey
    state: StageStateName
    exit_code: int | None = None
    """Of a failed one; None when it ended without saying."""
    message: str = ""


@dataclass(frozen=True)
class MakeReady:
    """All that the stage needs is there."""

    key: StageKey


@dataclass(frozen=True)
class EndRun:
    state: Literal["succeeded", "failed", "broken"]
    ending: str


def decide(kind: PlannedKind, stages: Sequence[StageFacts]) -> list[MakeReady | EndRun]:
    """The first failed stage ends the run; otherwise whatever has all it needs becomes ready."""
    failed = next((stage for stage in stages if stage.state == "failed"), None)
    if failed is not None:
        return [_ended_by(failed)]
    done = {stage.key for stage in stages if stage.state == "succeeded"}
    if len(done) == len(stages):
        return [EndRun("succeeded", "All stages are done.")]
    waiting = {stage.key for stage in stages if stage.state == "waiting"}
    return [
        MakeReady(planned.key)
        for planned in stages_of(kind)
        if planned.key in waiting and done.issuperset(planned.needs.values())
    ]


def _ended_by(stage: StageFacts) -> EndRun:
    """FAILED blames the contribution or the gate; everything else is ours to mend."""
    title = " ".join(part for part in stage.key if part)
    message = stage.message or "ended without saying why"
    state: Literal["failed", "broken"] = "failed" if stage.exit_code == ExitCode.FAILED else "broken"
    return EndRun(state, f"{title}: {message}")
