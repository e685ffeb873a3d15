"""`python -m pipelines.train.rank JOB.json`: one rank of a training, through all its phases.

Engines are imported late: first of all this process ties its life to the stage's.
"""

import os
import signal
import sys
import threading
import traceback
from pathlib import Path

from pipelines.engines.launch import leave_if_orphaned
from pipelines.errors import ExitCode, OutsideFailed, StageError
from pipelines.files import write_atomically
from pipelines.processes import die_with_parent
from pipelines.train.job import Job


def main(arguments: list[str]) -> int:
    die_with_parent()
    leave_if_orphaned()
    # DeepSpeed's launcher adds an argument of its own before ours.
    job = Job.model_validate_json(Path(arguments[-1]).read_bytes())
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    try:
        from pipelines.train.training import train

        train(job, lambda: told.is_set() or job.stop_file.exists())
    except StageError as error:
        return _give_up(job, error)
    except OSError as error:
        return _give_up(
            job,
            OutsideFailed(
                "system_error", f"{type(error).__name__}: {error}", mend="Free disk space, then retry."
            ),
        )
    return ExitCode.FINE


def _give_up(job: Job, error: StageError) -> int:
    traceback.print_exception(error)
    rank = int(os.environ.get("RANK", "0"))
    try:
        write_atomically(job.failure_file(rank), error.as_failure("train").model_dump_json().encode())
    except OSError:
        traceback.print_exc()
    return error.exit_code


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Collectives of ranks that gave up elsewhere must not keep this one.
    os._exit(code)
