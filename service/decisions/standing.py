"""Where a pull request (or the service) stands, in words: the answer to `/graft status`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from service.decisions.budget import shown as shown_budget
from service.decisions.budget import used_up
from service.decisions.facts import PullRequestFacts
from service.decisions.leave import UNREADABLE, has_allowance, spent_out
from service.decisions.rights import trusts
from service.decisions.routing import reviewers_of
from service.decisions.wording import short, shown

_HOUR: Final = 60.0


@dataclass(frozen=True)
class RunStanding:
    """One open run as the ledger has it. None means not known, and is then not spoken of."""

    kind: str
    state: str
    """queued or running"""
    head_sha: str
    stage: str | None = None
    share: float | None = None
    """How much of it is done, between 0 and 1."""
    place: int | None = None
    """How many runs are before it, plus one."""
    eta_minutes: float | None = None


@dataclass(frozen=True)
class Standing:
    """Numbers that a decision cannot know by itself: what is open here, how long the queue is, where pages are."""

    runs: tuple[RunStanding, ...] = ()
    queue_length: int = 0
    """Runs that wait or work, everywhere."""
    page_url: str = ""
    """The page of this pull request, or of the queue; ours, so it is put into a link as it is."""


def status_text(pull: PullRequestFacts | None, standing: Standing) -> str:
    """Markdown: one line for each thing that matters, and what comes next."""
    lines = [*(_of(pull) if pull else ()), *(f"- {_run(run)}" for run in standing.runs)]
    if not standing.runs:
        lines.append("- Nothing is running or waiting here.")
    lines.append(f"- Runs in the queue, all in all: {standing.queue_length}.")
    if pull:
        lines.append(f"\n**Next:** {_next(pull, standing)}")
    if standing.page_url:
        lines.append(f"\n[All of it, live]({standing.page_url})")
    return "\n".join(lines)


def _of(pull: PullRequestFacts) -> Iterator[str]:
    draft = ", a draft" if pull.draft else ""
    yield f"- The pull request is {pull.state}{draft}; its head is {short(pull.head_sha)}."
    check = {None: "not finished yet", True: "passed", False: "found errors"}[pull.check_passed]
    yield f"- Check: {check}."
    yield f"- Approval of this commit: {'given' if pull.approved else 'not given'}."
    if pull.held:
        yield f"- On hold{', by a triager' if pull.held_by_triager else ''}."
    reviewers = reviewers_of(pull.routes, but=pull.author.login)
    if reviewers and not pull.approved:
        yield f"- Reviewers of what changes here: {', '.join(map(shown, reviewers))}."
    yield from _spending(pull)


def _spending(pull: PullRequestFacts) -> Iterator[str]:
    """The budgets, as far as the policy sets some."""
    for budget in pull.budgets:
        yield f"- Budget of {budget.whose}: {shown_budget(budget)}."
    if trusts(pull.policy, pull.author):
        used = f"{pull.spent_minutes:.1f} of {pull.policy.budget_minutes} accelerator-minutes in seven days"
        yield f"- Approved by policy up to its own budget for each trusted author: {used}."
        if pull.first_time:
            yield "- This is the author's first contribution here, which policy never approves."
    if pull.policy.unreadable:
        yield f"- {UNREADABLE}"


def _run(run: RunStanding) -> str:
    facts = [f"{run.kind} of {short(run.head_sha)}: {run.state}"]
    if run.stage:
        done = "" if run.share is None else f" ({min(max(run.share, 0.0), 1.0):.0%})"
        facts.append(f"at {run.stage}{done}")
    if run.place is not None and run.state == "queued":
        facts.append(f"place {run.place} in the queue")
    if run.eta_minutes is not None:
        facts.append(f"done in about {_duration(run.eta_minutes)}")
    return ", ".join(facts) + "."


def _duration(minutes: float) -> str:
    if minutes < _HOUR:
        whole = max(1, round(minutes))
        return f"{whole} minute{'' if whole == 1 else 's'}"
    return f"{minutes / _HOUR:.1f} hours"


def _next(pull: PullRequestFacts, standing: Standing) -> str:
    """What is in the way, the first thing first."""
    evaluating = any(run.kind == "evaluate" for run in standing.runs)
    over = spent_out(pull)
    steps = (
        (pull.state == "merged", "the next release ships it."),
        (pull.state == "closed", "nothing; it is closed."),
        (not pull.touches_taxonomy, "nothing; no leaf changes here."),
        (pull.check_passed is False, "mend what the check found, and push."),
        (pull.check_passed is None, "the check finishes by itself."),
        (pull.draft, "mark it as ready for review."),
        (not pull.approved, _approver(pull)),
        (pull.held, "`/graft unhold`."),
        (not evaluating and pull.policy.unreadable, "a maintainer mends the policy."),
        (not evaluating and over is not None, used_up(over) if over else ""),
        (evaluating, "the evaluation finishes, and its result comes into the comment above."),
    )
    return next(
        (step for due, step in steps if due),
        "`/graft evaluate` starts an evaluation; review and merge are yours.",
    )


def _approver(pull: PullRequestFacts) -> str:
    who = "a triager"
    if pull.routes:
        who = "a maintainer, or a triager who reviews what changes here,"
    elif trusts(pull.policy, pull.author) and not pull.first_time and not has_allowance(pull):
        who = "the policy's own budget for this author is used up, so a triager"
    return f"{who} looks at it and says `/graft approve`."
