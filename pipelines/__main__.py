"""`python -m pipelines STAGE RUN_DIR`: carry out one stage; exit codes as in `pipelines.errors.ExitCode`."""

import importlib
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from pipelines import log as stage_log
from pipelines.errors import ExitCode, Interrupted, OutsideFailed, StageError, WrongUse
from pipelines.runs import RunDir

_log = logging.getLogger("pipelines.stage")
STAGES = ("collect", "generate", "mix", "train", "evaluate", "compare", "release")
_USAGE = f"usage: python -m pipelines STAGE RUN_DIR\n  STAGE: one of {', '.join(STAGES)}"


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or arguments[0] not in STAGES:  # noqa: PLR2004 - STAGE and RUN_DIR
        sys.stderr.write(_USAGE + "\n")
        return ExitCode.FINE if arguments in (["-h"], ["--help"]) else ExitCode.WRONG_USE
    stage, run_dir = arguments[0], RunDir(Path(arguments[1]))
    signal.signal(signal.SIGTERM, _interrupt)
    stage_log.begin()
    _log.info("%s begins, process %d", stage, os.getpid())
    try:
        _check(stage, run_dir)
    except StageError as error:
        return _fail(run_dir, stage, error)
    if run_dir.finished:
        return ExitCode.FINE
    try:
        with run_dir.alone():
            return _work(stage, run_dir)
    except StageError as error:  # another process works there: what is written there is its to write
        return _say(stage, error)
    except OSError as error:
        return _say(stage, _system_error(error))


def _check(stage: str, run_dir: RunDir) -> None:
    if run_dir.spec().stage != stage:
        raise WrongUse(
            "other_stage",
            f"{run_dir.path} was made for {run_dir.spec().stage}",
            mend=f"Run that stage, not {stage}.",
        )


def _work(stage: str, run_dir: RunDir) -> int:
    try:
        _carry_out(stage, run_dir)
    except StageError as error:
        return _fail(run_dir, stage, error)
    except OSError as error:
        return _fail(run_dir, stage, _system_error(error))
    return ExitCode.FINE


def _system_error(error: OSError) -> OutsideFailed:
    """A full disk or a vanished mount shows up anywhere; it is never the contributor's fault."""
    mend = "Free disk space or mount the folder, then retry." if error.errno else "Retry."
    return OutsideFailed("system_error", f"{type(error).__name__}: {error}", mend=mend)


def _carry_out(stage: str, run_dir: RunDir) -> None:
    if run_dir.finished:
        return  # by whom we waited for
    run_dir.check_resumable()
    # Stages are imported one at a time, so that `collect` does not load torch.
    run: Callable[[RunDir], Any] = importlib.import_module(f"pipelines.{stage}.stage").run
    run(run_dir)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise Interrupted(
        "interrupted", "told to stop; what was done is saved", mend="Run it again: it goes on from there."
    )


def _say(stage: str, error: StageError) -> int:
    sys.stderr.write(f"{stage}: {error.message}\n{error.mend}\n")
    return error.exit_code


def _fail(run_dir: RunDir, stage: str, error: StageError) -> int:
    code = _say(stage, error)
    try:
        run_dir.fail(error.as_failure(stage))
    except OSError as second:
        sys.stderr.write(f"{stage}: failure.json could not be written either: {second}\n")
    return code


if __name__ == "__main__":
    # The exit code says all; an engine's leftover threads must not keep a finished stage alive.
    code = main(sys.argv[1:])
    _log.info("ends with exit code %d", code)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
