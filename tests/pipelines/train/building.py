"""Run directories of `train` on a tiny model, made by hand."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from pipelines.artifacts import PHASES, Checkpoint, Message, PhaseCounts, PhaseData, Row
from pipelines.provenance import code_version
from pipelines.runs import InputRef, Place, RunDir, StageSpec
from pipelines.train.config import PhaseSettings, TrainConfig

_WORDS = ["the", "bird", "sings", "cold", "woods", "with", "seeds", "and", "a", "black", "cap", "white"]


def make_rows(count: int, *, seed: int) -> list[Row]:
    draw = random.Random(seed)  # noqa: S311 - rows for a test

    def say(words: int) -> str:
        return " ".join(draw.choices(_WORDS, k=words))

    return [
        Row(
            id=str(number),
            messages=(
                Message(role="user", content=say(draw.randint(2, 6))),
                Message(role="assistant", content=say(draw.randint(2, 9))),
            ),
            metadata="{}",
        )
        for number in range(count)
    ]


def make_phase_data(folder: Path, *, knowledge: int, skills: int) -> Path:
    folder.mkdir(parents=True)
    phases = []
    for phase, count in zip(PHASES, (knowledge, skills), strict=True):
        rows = make_rows(count, seed=len(phase))
        (folder / f"{phase}.jsonl").write_text("".join(row.model_dump_json() + "\n" for row in rows))
        phases.append(
            PhaseCounts(
                phase=phase,
                file=f"{phase}.jsonl",
                rows=count,
                tokens=0,
                contributed_rows=0,
                replay_rows=count,
                rows_by_leaf={},
            )
        )
    (folder / PhaseData.file).write_text(PhaseData(phases=tuple(phases)).model_dump_json())
    return folder


def make_train_run(
    folder: Path,
    *,
    knowledge: int = 16,
    skills: int = 16,
    rate: float = 1e-3,
    tokens_per_step: int = 200,
    **settings: Any,
) -> RunDir:
    """`folder/run`, ready for `python -m pipelines train`; prepared models are shared beside it."""
    data = make_phase_data(folder / "data", knowledge=knowledge, skills=skills)
    phase = PhaseSettings(learning_rate=rate, tokens_per_step=tokens_per_step)
    config = TrainConfig.model_validate(
        {
            "base_model": "tiny:1",
            "knowledge": phase,
            "skills": phase,
            "checkpoint_every_steps": 1,
            "checkpoint_min_seconds": 0,
            **settings,
        }
    )
    spec = StageSpec(
        stage="train",
        config=config.model_dump(mode="json"),
        inputs={"phasedata": InputRef(path=str(data), digest="0" * 64)},
        code_version=code_version("train"),
    )
    place = Place(models=folder.parent / "models", leaves=folder / "leaves")
    return RunDir.create(folder / "run", spec, place)


def start_stage(run_dir: RunDir, **environment: str) -> "subprocess.Popen[bytes]":
    spec = json.loads((run_dir.path / "config.json").read_text())
    return subprocess.Popen(
        [sys.executable, "-m", "pipelines", spec["stage"], str(run_dir.path)],
        env={**os.environ, "HF_HUB_OFFLINE": "1", **environment},
        stderr=subprocess.PIPE,
    )


def finish_stage(run_dir: RunDir, **environment: str) -> Checkpoint:
    process = start_stage(run_dir, **environment)
    _, said = process.communicate(timeout=240)
    log = run_dir.path / "log.txt"
    assert process.returncode == 0, said.decode() + (log.read_text()[-3000:] if log.exists() else "")
    return Checkpoint.load(run_dir.path)


def losses(checkpoint: Checkpoint) -> list[float]:
    return [step.loss for step in checkpoint.steps]
