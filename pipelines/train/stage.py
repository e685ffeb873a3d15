"""`train`: start the ranks, wait for them, leave the tuned model and its trajectory."""

import shutil
import subprocess
from pathlib import Path

from pipelines.artifacts import Checkpoint, PhaseData, StepRecord
from pipelines.engines.hostfile import slots
from pipelines.engines.launch import launch_ranks
from pipelines.errors import (
    BadContribution,
    ExitCode,
    Failure,
    Interrupted,
    OutsideFailed,
    StageError,
    WrongUse,
)
from pipelines.files import write_atomically
from pipelines.models import resolve_model
from pipelines.processes import stop, tail
from pipelines.runs import Manifest, RunDir
from pipelines.train.config import TrainConfig
from pipelines.train.job import Job, PhaseJob, PhaseSteps

_SAVING_SECONDS = 120.0
"""What ranks get to end their step and save when told to stop."""

_BY_EXIT_CODE: dict[int, type[StageError]] = {
    ExitCode.FAILED: BadContribution,
    ExitCode.WRONG_USE: WrongUse,
    ExitCode.OUTSIDE_FAILED: OutsideFailed,
    ExitCode.INTERRUPTED: Interrupted,
}


def run(run_dir: RunDir) -> Manifest:
    job = _job(run_dir)
    if not job.phase_folder(job.phases[-1].phase).is_dir():
        _run_ranks(run_dir, job)
    done = [
        PhaseSteps.model_validate_json((job.phase_folder(phase.phase) / "steps.json").read_bytes())
        for phase in job.phases
    ]
    # A kill between the renaming and the manifest leaves model/ without the phase's folder's: both are looked for.
    shutil.rmtree(run_dir.path / "model", ignore_errors=True)
    _take(job.phase_folder(job.phases[-1].phase) / "model", run_dir.path / "model")
    steps = tuple(step for phase in done for step in phase.steps)
    paper = Checkpoint(
        base_model=job.config.base_model,
        steps=steps,
        world_size=done[-1].world_size,
        resumed_from_step=_resumed_from(done),
    )
    run_dir.write_json(Checkpoint.file, paper)
    return run_dir.finish(_summary(paper))


def _job(run_dir: RunDir) -> Job:
    config = TrainConfig.model_validate(run_dir.spec().config)
    folder = run_dir.input_path("phasedata")
    phases = tuple(
        PhaseJob(
            phase=counts.phase, rows=(folder / counts.file).absolute(), settings=getattr(config, counts.phase)
        )
        for counts in PhaseData.load(folder).phases
        if counts.rows
    )
    if not phases:
        raise WrongUse(
            "nothing_to_train_on",
            "neither phase has a single row",
            mend="Look at what generate dropped and why; lower generate.min_score or ask for more samples.",
        )
    return Job(
        run_dir=run_dir.path.absolute(),
        base_model=resolve_model(config.base_model, run_dir.place().models).absolute(),
        config=config,
        phases=phases,
    )


def _run_ranks(run_dir: RunDir, job: Job) -> None:
    work = run_dir.work
    for left in [job.stop_file, *work.glob("failure-*.json")]:
        left.unlink(missing_ok=True)
    write_atomically(work / "job.json", job.model_dump_json(indent=1).encode())
    hostfile = _hostfile(job.config.hostfile)
    run_dir.progress.say(0, 0, "steps", "loading the model")
    log = run_dir.path / "log.txt"
    ranks = launch_ranks(
        "pipelines.train.rank",
        [str((work / "job.json").absolute())],
        processes=job.config.processes,
        hostfile=hostfile,
        cwd=run_dir.path.absolute(),
        log=log,
    )
    try:
        code = ranks.wait()
    except Interrupted:
        job.stop_file.touch()
        _wait_for_saving(ranks)
        raise
    finally:
        stop(ranks, grace=0)
    if code != ExitCode.FINE:
        raise _why(work, code, log)


def _hostfile(named: str | None) -> str | None:
    """Raises OutsideFailed where no node stands in the file: DeepSpeed would train on this node alone unasked."""
    if named is None:
        return None
    if not Path(named).is_absolute() or not slots(Path(named)):
        raise OutsideFailed(
            "no_hostfile",
            f"the training's hostfile {named} names no node here",
            mend="Put the file at the same absolute path on every worker's node, with lines such as “node-1 slots=8”.",
        )
    return named


def _wait_for_saving(ranks: "subprocess.Popen[bytes]") -> None:
    try:
        ranks.wait(_SAVING_SECONDS)
    except subprocess.TimeoutExpired:
        return  # what the last checkpoint holds is still there


def _why(work: Path, code: int, log: Path) -> StageError:
    """What the first rank that gave up said; a rank that was killed says nothing."""
    said = sorted(work.glob("failure-*.json"))
    if not said:
        return OutsideFailed(
            "trainer_died",
            f"the trainer ended with status {code}; it said last:\n{tail(log)}",
            mend="Retry: it goes on from its last checkpoint. If it dies again, look whether memory ran out.",
        )
    failure = Failure.model_validate_json(said[0].read_bytes())
    return _BY_EXIT_CODE[failure.exit_code](failure.code, failure.message, mend=failure.mend)


def _take(source: Path, target: Path) -> None:
    """Hard links, so that a kill before the manifest leaves the source whole; copies where links cannot be made."""
    target.mkdir()
    for file in source.iterdir():
        try:
            (target / file.name).hardlink_to(file)
        except OSError:
            shutil.copyfile(file, target / file.name)


def _resumed_from(phases: list[PhaseSteps]) -> int | None:
    """The step, counted over all phases, after which the training was last taken up again from a checkpoint."""
    last, before = None, 0
    for phase in phases:
        if phase.resumed_from_step is not None:
            last = before + phase.resumed_from_step
        before += len(phase.steps)
    return last


def _summary(paper: Checkpoint) -> dict[str, object]:
    def of(phase: str) -> list[StepRecord]:
        return [step for step in paper.steps if step.phase == phase]

    phases = {
        phase: {
            "steps": len(of(phase)),
            "tokens": sum(step.tokens for step in of(phase)),
            "first_loss": of(phase)[0].loss,
            "last_loss": of(phase)[-1].loss,
        }
        for phase in dict.fromkeys(step.phase for step in paper.steps)
    }
    tokens, seconds = sum(s.tokens for s in paper.steps), sum(s.seconds for s in paper.steps)
    return {
        "phases": phases,
        "tokens": tokens,
        "step_seconds": round(seconds, 3),
        "tokens_per_second": round(tokens / max(seconds, 1e-9), 1),
        "world_size": paper.world_size,
        "resumed_from_step": paper.resumed_from_step,
    }
