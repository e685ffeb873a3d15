"""What a pull request needs, given how it stands now.

Level-triggered: the answer depends on the state, not on which event told of it, so that a lost, late or repeated
webhook changes nothing, and asking again orders nothing new once the orders were carried out.

seen ──► check ──► (approval) ──► evaluate ──► merged
  ▲                                  │
  └── a push: old runs superseded, approval dropped
"""

from collections.abc import Iterator
from dataclasses import replace

from service.decisions.commands import (
    Approve,
    CancelRun,
    Command,
    DropApproval,
    MarkMerged,
    Report,
    StartRun,
)
from service.decisions.facts import PullRequestFacts
from service.decisions.wording import short

FREE_KINDS = frozenset({"check"})
"""What costs no accelerator time, and so needs nobody's leave."""
BY_POLICY = "policy"
"""Who approved, where `.graft.yaml` did."""


def decide(
    facts: PullRequestFacts, *, merged_sha: str | None = None, evaluated: bool = True
) -> list[Command]:
    """The commands that bring the pull request up to date, in the order they are to be carried out.

    `merged_sha` is the merge commit once there is one. `evaluated` says whether the head had an evaluate run already,
    whatever became of it: leave that was given before the check had passed then starts one. Unknown counts as had.
    """
    commands = list(_tidy(facts))
    if facts.state == "merged" and merged_sha:
        commands.append(MarkMerged(merged_sha))
    if facts.state == "open" and facts.touches_taxonomy:
        commands += _advance(facts, evaluated=evaluated)
    changed = facts.state == "open" and facts.touches_taxonomy and facts.known_head_sha != facts.head_sha
    return [*commands, Report()] if commands or changed else []


def _tidy(facts: PullRequestFacts) -> Iterator[Command]:
    """What is no longer wanted: runs of older heads, leave for them, and runs that nobody waits for."""
    for run in facts.open_runs:
        if run.head_sha != facts.head_sha:
            yield CancelRun(run.id, "superseded", f"A push moved the head to {short(facts.head_sha)}.")
        elif facts.state == "closed":
            yield CancelRun(run.id, "cancelled", "The pull request was closed.")
        elif facts.state == "open" and facts.draft and run.kind not in FREE_KINDS:
            yield CancelRun(run.id, "cancelled", "The pull request was made a draft.")
    if facts.approved_sha is not None and not facts.approved:
        yield DropApproval(facts.approved_sha)


def _advance(facts: PullRequestFacts, *, evaluated: bool) -> Iterator[Command]:
    if facts.check_passed is None and not has_open(facts, "check"):
        yield start("check", facts, facts.author.login)
    if not facts.approved and _approved_by_policy(facts):
        yield Approve(facts.head_sha, BY_POLICY)
        facts, evaluated = replace(facts, approved_sha=facts.head_sha), False
    if not evaluated and may_spend(facts) and not has_open(facts, "evaluate"):
        yield start("evaluate", facts, facts.author.login)


def may_spend(facts: PullRequestFacts) -> bool:
    """Whether accelerator time may be spent on the head now: the one place that says so."""
    return (
        facts.state == "open"
        and facts.touches_taxonomy
        and not facts.draft
        and not facts.held
        and facts.approved
        and facts.check_passed is True
    )


def start(kind: str, facts: PullRequestFacts, requested_by: str) -> StartRun:
    """A run on the head; raises AssertionError if it would spend accelerator time without leave (a fault of ours)."""
    if kind == "check":
        return StartRun("check", facts.head_sha, facts.base_sha, requested_by)
    if not may_spend(facts):
        raise AssertionError(f"{kind} of {facts.head_sha} without leave")
    return StartRun("evaluate", facts.head_sha, facts.base_sha, requested_by)


def _approved_by_policy(facts: PullRequestFacts) -> bool:
    policy = facts.policy
    return (
        facts.author.login.lower() in {login.lower() for login in policy.trusted_authors}
        and facts.spent_minutes < policy.budget_minutes
        and may_spend(replace(facts, approved_sha=facts.head_sha))
    )


def has_open(facts: PullRequestFacts, kind: str) -> bool:
    return any(run.kind == kind and run.head_sha == facts.head_sha for run in facts.open_runs)
