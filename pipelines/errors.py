"""Why a stage ended badly, and what its process tells its caller.

StageError
├── BadContribution     the leaf or what it points to is at fault       exit 1, blames the author
├── GateFailed          a candidate is not fit to be released           exit 1
├── WrongUse            config, inputs or settings are at fault         exit 2, blames the operator
├── OutsideFailed       an engine, a disk, a network is at fault        exit 3, worth another try
└── Interrupted         told to stop; what was done is saved            exit 4, resumes where it was
"""

from enum import IntEnum
from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class ExitCode(IntEnum):
    """What `python -m pipelines` exits with; 0 to 3 mean the same in `graft`."""

    FINE = 0
    FAILED = 1
    WRONG_USE = 2
    OUTSIDE_FAILED = 3
    INTERRUPTED = 4


class Failure(BaseModel):
    """A failed stage, as written to `failure.json` and shown to people."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stage: str
    code: str
    message: str
    mend: str
    exit_code: ExitCode
    retryable: bool


class StageError(Exception):
    """The root of what a stage may raise.

    `code` is stable and machine-readable (`document_missing`), `mend` says what to do next.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.OUTSIDE_FAILED
    retryable: ClassVar[bool] = False

    def __init__(self, code: str, message: str, *, mend: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.mend = mend

    def as_failure(self, stage: str) -> Failure:
        return Failure(
            stage=stage,
            code=self.code,
            message=self.message,
            mend=self.mend,
            exit_code=self.exit_code,
            retryable=self.retryable,
        )


class BadContribution(StageError):
    exit_code = ExitCode.FAILED


class GateFailed(StageError):
    exit_code = ExitCode.FAILED


class WrongUse(StageError):
    exit_code = ExitCode.WRONG_USE


class OutsideFailed(StageError):
    exit_code = ExitCode.OUTSIDE_FAILED
    retryable = True


class Interrupted(StageError):
    exit_code = ExitCode.INTERRUPTED
    retryable = True
