"""The check of a head commit: by itself on every push, without an accelerator. One leased stage, `check`."""

import logging
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from pipelines.errors import ExitCode, Failure
from service.decisions.facts import Policy
from service.decisions.policy import POLICY_FILE, parse_policy
from service.decisions.policy_effect import Effect, effect
from service.errors import GitHubBusy, GitHubFailed, LeaseLost, RepositoryMoved
from service.github.client import GitHub
from service.jobs import leaf_results
from service.jobs.client import github
from service.jobs.clones import make_sure_of, read_file
from service.jobs.gather import default_tip, policy_at
from service.jobs.heart import beating
from service.jobs.looks import look_at_pull
from service.jobs.recipes import check_policy
from service.jobs.setbacks import try_later
from service.jobs.tools import Tools, tools
from service.ledger import leases, runs
from service.ledger.leases import Lease
from service.ledger.session import nudge_after_commit
from service.ledger.tables import Contribution, Run, RunKind, RunState
from service.logging import bound
from service.prints import KeptPrints
from service.queue import app
from taxonomy_schema.benchmark_data import BenchmarkDataError, load_benchmarks
from taxonomy_schema.errors import TreeError
from taxonomy_schema.hunks import shown_lines
from taxonomy_schema.models import Finding, Place, Severity
from taxonomy_schema.policy import Policy as RulesPolicy
from taxonomy_schema.policy_file import policy_of
from taxonomy_schema.policy_rules import UnreadableChange
from taxonomy_schema.rules import ChangeReport, check_change
from taxonomy_schema.rules import check as check_leaf
from taxonomy_schema.rules.benchmarks import BenchmarkIndex
from taxonomy_schema.suggesting import Suggestion, suggestions
from taxonomy_schema.tree import merge_base

log = logging.getLogger(__name__)

_MOVED_SECONDS = 900.0
"""A person has to mend it, here or at GitHub."""


@app.task(name="check")
def task(row_id: int) -> None:  # noqa: ARG001 - whichever check is next; the message only rings
    work_off(tools(), github())


def work_off(tools: Tools, client: GitHub) -> None:
    """Check whatever waits for it."""
    while True:
        with tools.write() as session:
            lease = leases.claim(
                session,
                "control",
                owner=tools.owner,
                now=tools.now(),
                seconds=tools.settings.lease_seconds,
            )
        if lease is None:
            return
        try:
            _carry_out(tools, client, lease)
        except LeaseLost as error:
            log.warning("%s", error)


def _carry_out(tools: Tools, client: GitHub, lease: Lease) -> None:
    began = time.monotonic()
    with tools.read() as session:
        run = session.get_one(Run, lease.run_id)
    failure, wait = None, 0.0
    try:
        with (
            bound(
                delivery=run.delivery, repository=run.repository, number=run.number, run=run.id, stage="check"
            ),
            beating(tools, lambda session: _beat(session, tools, lease)),
        ):
            result = _check(tools, client, run)
            log.info("the head is checked")
    except GitHubBusy as error:
        failure = _failure("github_busy", str(error), error.mend)
        wait = error.retry_after if error.limited else 0.0
    except RepositoryMoved as error:
        failure, wait = _failure("moved", error.message, error.mend), _MOVED_SECONDS
    except GitHubFailed as error:
        failure = _failure("not_fetched", error.message, error.mend or "Push again, or retry.")
    except BenchmarkDataError as error:
        failure = _failure(
            "benchmarks_unreadable",
            str(error),
            "Mend GRAFT_BENCHMARKS of the control worker; none compares nothing.",
        )
    except Exception as error:
        log.exception("check of run %d", run.id)
        failure = _failure("fault", f"{type(error).__name__}: {error}", "Look at the control worker's log.")
    seconds = time.monotonic() - began
    with tools.write() as session:
        if failure is not None:
            try_later(session, tools, lease, failure, seconds=seconds, wait=wait)
        else:
            _finish(session, tools, lease, result, seconds)


def _beat(session: Session, tools: Tools, lease: Lease) -> None:
    leases.beat(session, lease, now=tools.now(), seconds=tools.settings.lease_seconds)


def _failure(code: str, message: str, mend: str) -> Failure:
    return Failure(
        stage="check",
        code=code,
        message=message,
        mend=mend,
        exit_code=ExitCode.OUTSIDE_FAILED,
        retryable=True,
    )


def _check(tools: Tools, client: GitHub, run: Run) -> dict[str, Any]:
    """`leaves`: id, status, old_id, ok of each changed one; `findings`; `suggestions`; `ok`; `raised`: the hints that
    the policy makes errors, for what is found later;
    `policy`: the effect on `.graft.yaml`, None when it is left alone.
    """
    tip = default_tip(client, run.repository)
    commits = (run.base_sha, run.head_sha, tip)
    clone = make_sure_of(tools.settings, client, run.repository, commits, number=run.number)
    try:
        # The default branch's policy: no pull request changes what it is judged by. A faulty one counts as none.
        rules, _ = policy_of(read_file(clone, tip, POLICY_FILE))
        allowed = check_policy(tools.settings, rules)
        report = check_change(
            clone,
            run.base_sha,
            run.head_sha,
            allowed,
            author=_author(tools, run),
            benchmarks=_benchmarks(tools),
            prints=KeptPrints(tools.settings.home / "prints.sqlite"),
        )
        offered = _suggestions(clone, run, allowed, report) if tools.settings.suggestions else ()
        begun = merge_base(clone, run.base_sha, run.head_sha)
    except TreeError as error:
        report, offered, begun = ChangeReport(leaves=(), outside=(_unreadable(error),)), (), run.head_sha
    policy_findings, policy_effect = _policy(clone, begun, run.head_sha, tip)
    findings = [*report.findings, *policy_findings]
    return {
        "ok": not any(finding.severity is Severity.ERROR for finding in findings),
        "leaves": [{**asdict(leaf.change), "ok": leaf.ok} for leaf in report.leaves],
        "findings": [finding.to_dict() for finding in findings],
        "raised": list(rules.raised),
        "suggestions": [one.to_dict() for one in offered],
        "policy": None if policy_effect is None else asdict(policy_effect),
    }


def _suggestions(clone: Path, run: Run, policy: RulesPolicy, report: ChangeReport) -> tuple[Suggestion, ...]:
    """Mends that are exact and lie on lines of the diff."""
    parsed = [leaf.parsed for leaf in report.leaves if leaf.parsed is not None]
    if not any(finding.fix for leaf in parsed for finding in leaf.findings):
        return ()
    shown = shown_lines(clone, run.base_sha, run.head_sha)
    return suggestions(parsed, shown, lambda files: check_leaf(files, policy))


def _policy(clone: Path, begun: str, head: str, tip: str) -> tuple[Sequence[Finding], Effect | None]:
    """What is wrong with the policy that the contribution writes, and what it would change of the one that counts.

    A contribution that leaves the file alone is not told of faults that are in it already.
    """
    written = read_file(clone, head, POLICY_FILE)
    if written == read_file(clone, begun, POLICY_FILE):
        return (), None
    new = parse_policy(written)
    if not isinstance(new, Policy):
        return new, None
    _, hints = policy_of(written)
    return hints, effect(policy_at(clone, tip), new)


def _author(tools: Tools, run: Run) -> str | None:
    """Who opened the pull request; a run without one has none."""
    if run.contribution_id is None:
        return None
    with tools.read() as session:
        return session.get_one(Contribution, run.contribution_id).author


def _benchmarks(tools: Tools) -> BenchmarkIndex | None:
    """Of the folder that the operator names, read at each check: it may have changed. Raises BenchmarkDataError."""
    folder = tools.settings.benchmarks
    return None if folder is None else load_benchmarks(folder, tools.settings.home / "benchmarks")


def _unreadable(error: TreeError) -> Finding:
    return UnreadableChange.finding(
        Place(file="README.md"), str(error), "Base the branch on the base branch of the taxonomy."
    )


def _finish(session: Session, tools: Tools, lease: Lease, result: dict[str, Any], seconds: float) -> None:
    now = tools.now()
    summary = {"leaves": len(result["leaves"]), "findings": len(result["findings"])}
    leases.succeed(session, lease, summary=summary, seconds=seconds, reused=False, now=now)
    run = runs.lock(session, lease.run_id)
    if not run.state.is_open:
        return
    state = RunState.SUCCEEDED if result["ok"] else RunState.FAILED
    ending = "No errors." if result["ok"] else "The check found errors."
    runs.end(session, run, state=state, ending=ending, now=now, result=result)
    contribution = run.contribution
    if contribution is None:
        return
    leaves = {leaf["id"]: leaf["ok"] for leaf in result["leaves"] if leaf["status"] != "removed"}
    leaf_results.checked(session, run, contribution.author, leaves, now=now)
    if contribution.state == "merged" and contribution.head_sha == run.head_sha:
        leaf_results.merged(session, contribution, list(leaves), None, now=now)
    # What may follow, an evaluation that was approved before, is decided on fresh facts.
    look_at_pull(session, run.repository, run.number, why=f"{RunKind.CHECK}:{run.id}", now=now)
    nudge_after_commit(session, "report", contribution.id)
