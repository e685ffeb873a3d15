"""What a pull request needs, given how it stands now.

Level-triggered: the answer depends on the state, not on which event told of it, so that a lost, late or repeated
webhook changes nothing, and asking again orders nothing new once the orders were carried out.

seen ──► check ──► (approval) ──► evaluate ──► merged
  ▲                                  │
  └── a push: old runs superseded, approval dropped
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from service.decisions.commands import (
    Approve,
    AskForReview,
    CancelRun,
    Command,
    DropApproval,
    LookAgain,
    MarkMerged,
    Report,
    Say,
    StartRun,
)
from service.decisions.facts import PullRequestFacts
from service.decisions.leave import approved_by_policy, may_spend, needed, spent_out
from service.decisions.routing import reviewers_of
from service.decisions.wording import person, short

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
    ours = facts.state == "open" and (facts.touches_taxonomy or facts.touches_policy)
    if ours:
        commands += _advance(facts, evaluated=evaluated)
    must = needed(_after(facts, commands))
    news = ours and (facts.known_head_sha != facts.head_sha or must != facts.known_needed)
    return [*commands, Report(must)] if commands or news else []


def _after(facts: PullRequestFacts, commands: Sequence[Command]) -> PullRequestFacts:
    """How things stand once these are carried out, as far as it matters to what comes next."""
    if any(isinstance(command, Approve) for command in commands):
        return replace(facts, approved_sha=facts.head_sha)
    return facts


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
    if facts.state == "open":
        yield from _told(facts)


def _told(facts: PullRequestFacts) -> Iterator[Command]:
    """A push that cost somebody something is told of in a comment of its own, since edits notify nobody."""
    lost = []
    if facts.approved_sha is not None and not facts.approved:
        by = f" by {person(facts.approved_by)}" if facts.approved_by not in {"", BY_POLICY} else ""
        lost.append(f"the approval{by} of {short(facts.approved_sha)} was dropped")
    stopped = sorted(
        {run.kind for run in facts.open_runs if run.head_sha != facts.head_sha and run.kind not in FREE_KINDS}
    )
    if stopped:
        lost.append(f"what ran for the old commit was stopped ({', '.join(stopped)})")
    if lost:
        yield Say(
            f"moved:{facts.head_sha}",
            f"A push moved the head to {short(facts.head_sha)}: {' and '.join(lost)}. "
            "An approval holds for exactly one commit, so the new one needs its own.",
        )


def _advance(facts: PullRequestFacts, *, evaluated: bool) -> Iterator[Command]:
    if facts.check_passed is None and not has_open(facts, "check"):
        yield start("check", facts, facts.author.login)
    if facts.touches_taxonomy:
        yield from _spend(facts, evaluated=evaluated)


def _spend(facts: PullRequestFacts, *, evaluated: bool) -> Iterator[Command]:
    given = replace(facts, approved_sha=facts.head_sha)
    if not facts.approved and approved_by_policy(facts) and may_spend(given):
        yield Approve(facts.head_sha, BY_POLICY)
        facts, evaluated = given, False
    if not evaluated and may_spend(facts) and not has_open(facts, "evaluate"):
        yield start("evaluate", facts, facts.author.login)
    over = spent_out(facts)
    if over and over.frees_at and facts.approved and not evaluated and facts.look_at is None:
        yield LookAgain(over.frees_at)
    if facts.check_passed and not facts.approved and not facts.draft and not facts.held:
        reviewers = reviewers_of(facts.routes, but=facts.author.login)
        yield from (AskForReview(name) for name in reviewers if name not in facts.asked)


def start(kind: str, facts: PullRequestFacts, requested_by: str) -> StartRun:
    """A run on the head; raises AssertionError if it would spend accelerator time without leave (a fault of ours)."""
    if kind == "check":
        return StartRun("check", facts.head_sha, facts.base_sha, requested_by)
    if not may_spend(facts):
        raise AssertionError(f"{kind} of {facts.head_sha} without leave")
    return StartRun("evaluate", facts.head_sha, facts.base_sha, requested_by)


def has_open(facts: PullRequestFacts, kind: str) -> bool:
    return any(run.kind == kind and run.head_sha == facts.head_sha for run in facts.open_runs)
