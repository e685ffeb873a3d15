"""What the stage asks of its ranks, and what they leave: all of it files in `RUN_DIR/work`.

work/
  job.json                 the Job
  stop                     somebody wants the ranks to save and end
  failure-RANK.json        why a rank gave up
  checkpoint-PHASE-STEP/   DeepSpeed's checkpoint inside a phase, the last one only
  PHASE/                   a finished phase: model/ (Hugging Face folder), steps.json
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from pipelines.artifacts import Phase, StepRecord
from pipelines.train.config import PhaseSettings, TrainConfig


class PhaseJob(BaseModel):
    model_config = ConfigDict(frozen=True)

    phase: Phase
    rows: Path
    settings: PhaseSettings


class Job(BaseModel):
    model_config = ConfigDict(frozen=True)

    run_dir: Path
    base_model: Path
    config: TrainConfig
    phases: tuple[PhaseJob, ...]
    """Those that have rows, in order."""

    @property
    def work(self) -> Path:
        return self.run_dir / "work"

    @property
    def stop_file(self) -> Path:
        return self.work / "stop"

    def phase_folder(self, phase: Phase) -> Path:
        """There when the phase has finished."""
        return self.work / phase

    def failure_file(self, rank: int) -> Path:
        return self.work / f"failure-{rank}.json"


class PhaseSteps(BaseModel):
    """The trajectory of a phase, and where it was taken up again if it was."""

    model_config = ConfigDict(frozen=True)

    steps: tuple[StepRecord, ...]
    world_size: int
    resumed_from_step: int | None = None
