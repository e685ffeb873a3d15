"""A leased stage is carried out: its process started and watched, its end written down. No GitHub, no credentials."""

import logging
import threading
import time

from sqlalchemy.exc import SQLAlchemyError

from pipelines.errors import ExitCode, Failure, StageError
from pipelines.provenance import code_version
from pipelines.runs import Manifest, RunDir
from service.errors import LeaseLost
from service.jobs.advance import advance
from service.jobs.bell import ring
from service.jobs.planning import context_of, place_of, plan
from service.jobs.setbacks import backoff, give_up, try_later
from service.jobs.stage_process import StageProcess
from service.jobs.tools import Tools, tools
from service.ledger import leases, runs
from service.ledger.leases import Lease
from service.ledger.tables import Run, Stage
from service.logging import bound, ids
from service.queue import app

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.1
"""How often a process is looked at; its end is noticed that late at most."""
_TOO_LONG = "ran_too_long"


@app.task(name="run_cpu_stage")
def cpu_task(row_id: int) -> None:  # noqa: ARG001 - whichever stage is next; the message only rings
    ring("cpu")


@app.task(name="run_gpu_stage")
def gpu_task(row_id: int) -> None:  # noqa: ARG001
    ring("gpu")


def work_off(queue: str, stopping: threading.Event) -> None:
    """Carry out stages of this queue, one after the other, until none is ready or we are told to stop."""
    kit = tools()
    while not stopping.is_set() and carry_out_next(kit, queue, stopping):
        pass


def carry_out_next(tools: Tools, queue: str, stopping: threading.Event) -> bool:
    """Claim one stage and see it to its end; False when none is ready."""
    with tools.write() as session:
        seconds = tools.settings.lease_seconds
        lease = leases.claim(session, queue, owner=tools.owner, now=tools.now(), seconds=seconds)
    if lease is None:
        return False
    _Attempt(tools, lease, stopping).see_through()
    return True


class _Attempt:
    """One try at one stage."""

    def __init__(self, tools: Tools, lease: Lease, stopping: threading.Event) -> None:
        self.tools, self.lease, self.stopping = tools, lease, stopping
        self._began = time.monotonic()
        self._wanted = True
        self._too_long = False
        self._beat_at = time.monotonic()
        with tools.read() as session:
            self.stage = session.get_one(Stage, lease.stage_id)
            self.run = session.get_one(Run, lease.run_id)
            self._stages = runs.stages(session, lease.run_id)

    def see_through(self) -> None:
        """Carry it out; every line that is logged meanwhile carries its ids."""
        run, title = self.run, f"{self.stage.name} {self.stage.subject}".rstrip()
        number = run.number or None
        with bound(delivery=run.delivery, repository=run.repository, number=number, run=run.id, stage=title):
            log.info("stage begins, try %d", self.stage.attempts)
            try:
                self.carry_out()
            except LeaseLost as error:
                log.warning("%s", error)
            log.info("stage is left after %.1f s", self._seconds())

    def carry_out(self) -> None:
        try:
            run_dir = self._prepare()
            if run_dir is None:
                return
            if run_dir.finished:
                self._succeed(run_dir, reused=self.stage.attempts == 1)
                return
            code = self._watch(run_dir)
        except (StageError, OSError) as error:
            self._set_back(_as_failure(self.stage.name, error))
            return
        self._end(run_dir, code)

    def _prepare(self) -> RunDir | None:
        """Plan anew (the code may be newer than when it became ready) and make the directory.

        None when another worker is making this artifact now: the stage waits for it, and then uses it.
        """
        spec, path = plan(self.tools.settings, self.run, self._stages, (self.stage.name, self.stage.subject))
        # Counted anew: a hostfile may lie on the workers' nodes only.
        named = {"inputs_key": spec.inputs_key, "run_dir": str(path)}
        accelerators = context_of(self.run).recipe.accelerators(self.stage.name)
        with self.tools.write() as session:
            if not leases.name_artifact(session, self.lease, **named, accelerators=accelerators):
                now = self.tools.now()
                soon = now + backoff(1, first=self.tools.settings.heartbeat_seconds)
                leases.put_back(session, self.lease, seconds=0, now=now, not_before=soon, counts=False)
                return None
        run_dir = RunDir.create(path, spec, place_of(self.tools.settings, self.run))
        if not run_dir.finished:
            (path / "failure.json").unlink(missing_ok=True)
        return run_dir

    def _watch(self, run_dir: RunDir) -> int:
        """Start the process and stay with it; returns its exit code. However this is left, it has ended."""
        process = StageProcess(self.tools.settings, self.stage.name, run_dir.path, ids())
        try:
            while (code := process.poll()) is None:
                self._beat_when_due(run_dir)
                limit = self.tools.settings.longest_stage_seconds
                self._too_long = 0 < limit < self._seconds()
                if self.stopping.is_set() or self._too_long or not self._wanted:
                    process.stop()
                    time.sleep(_LOOK_SECONDS)
                else:
                    self.stopping.wait(_LOOK_SECONDS)
            return code
        finally:
            process.kill()

    def _beat_when_due(self, run_dir: RunDir) -> None:
        settings, since = self.tools.settings, time.monotonic() - self._beat_at
        if since < settings.heartbeat_seconds:
            return
        progress = run_dir.progress.read()
        paper = progress.model_dump(mode="json") if progress else None
        try:
            with self.tools.write() as session:
                self._wanted = leases.beat(
                    session,
                    self.lease,
                    now=self.tools.now(),
                    seconds=settings.lease_seconds,
                    progress=paper,
                )
        except SQLAlchemyError as error:
            if since > settings.lease_seconds:
                raise LeaseLost(
                    "the ledger was out of reach for longer than the lease", mend="It resumes."
                ) from error
            log.warning("no beat for stage %d this time: %s", self.lease.stage_id, error)
            return
        self._beat_at = time.monotonic()

    def _end(self, run_dir: RunDir, code: int) -> None:
        """What the exit code means, by `pipelines.errors.ExitCode`."""
        if code == ExitCode.FINE and run_dir.finished:
            self._succeed(run_dir, reused=False)
        elif not self._wanted:
            with self.tools.write() as session:
                leases.stop(session, self.lease, seconds=self._seconds(), now=self.tools.now())
        elif self.stopping.is_set() and code in {ExitCode.INTERRUPTED, -15, -9}:
            with self.tools.write() as session:
                now = self.tools.now()
                leases.put_back(session, self.lease, seconds=self._seconds(), now=now, counts=False)
        elif self._too_long:
            self._set_back(_ran_too_long(self.stage.name, self.tools.settings.longest_stage_seconds))
        else:
            self._set_back(_failure_of(run_dir, self.stage.name, code))

    def _set_back(self, failure: Failure) -> None:
        log.warning("stage %d (%s): %s", self.lease.stage_id, failure.stage, failure.message)
        with self.tools.write() as session:
            if (
                failure.code == "code_version_differs"
                and self.stage.attempts < self.tools.settings.max_attempts
            ):
                # The code was renewed under a running worker: plan anew, with what is there now.
                code_version.cache_clear()
                leases.put_back(session, self.lease, seconds=self._seconds(), now=self.tools.now())
            elif failure.exit_code in {ExitCode.FAILED, ExitCode.WRONG_USE} or failure.code == _TOO_LONG:
                give_up(session, self.tools, self.lease, failure, seconds=self._seconds())
            else:
                try_later(session, self.tools, self.lease, failure, seconds=self._seconds())

    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def _succeed(self, run_dir: RunDir, *, reused: bool) -> None:
        manifest: Manifest = run_dir.manifest()
        now = self.tools.now()
        with self.tools.write() as session:
            leases.succeed(
                session,
                self.lease,
                summary=manifest.summary,
                seconds=0.0 if reused else self._seconds(),
                reused=reused,
                now=now,
            )
            advance(session, self.tools.settings, self.lease.run_id, now=now)


def _ran_too_long(stage: str, limit: float) -> Failure:
    """Given up at once: to try it again by itself would let it hold the accelerator as long once more."""
    return Failure(
        stage=stage,
        code=_TOO_LONG,
        message=f"{stage} worked for more than {limit:.0f} s and was stopped",
        mend="What it did is saved. `/graft retry` goes on from there; GRAFT_LONGEST_STAGE_SECONDS is the limit.",
        exit_code=ExitCode.OUTSIDE_FAILED,
        retryable=False,
    )


def _failure_of(run_dir: RunDir, stage: str, code: int) -> Failure:
    """What the stage said of its end; what can be said of a process that ended without a word."""
    said = run_dir.failure()
    if said is not None:
        return said
    how = f"was ended by signal {-code}" if code < 0 else f"ended with status {code} and left no artifact"
    wrong_use = code == ExitCode.WRONG_USE
    return Failure(
        stage=stage,
        code="ended_without_a_word",
        message=f"{stage} {how}",
        mend=f"The last lines of {run_dir.path / 'log.txt'} may say why; memory that ran out is the usual reason.",
        exit_code=ExitCode.WRONG_USE if wrong_use else ExitCode.OUTSIDE_FAILED,
        retryable=not wrong_use,
    )


def _as_failure(stage: str, error: StageError | OSError) -> Failure:
    if isinstance(error, StageError):
        return error.as_failure(stage)
    return Failure(
        stage=stage,
        code="system_error",
        message=f"{type(error).__name__}: {error}",
        mend="Free disk space or mount the artifacts folder; it is tried again.",
        exit_code=ExitCode.OUTSIDE_FAILED,
        retryable=True,
    )
