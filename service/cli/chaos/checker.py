"""What a storm cost: what was lost, what is there twice, and which heads have no verdict. Pure, and tested as tables.

Lost: a webhook that was answered 2xx and is not in the ledger or not processed; a command that nobody reacted to or
that has no answer; a run that was asked for and did not end; something that waits for ever.
Doubled: comments of ours with one marker in one pull request; check runs of ours made twice for one commit; runs of
one kind on one commit; releases.
"""

from collections import Counter
from dataclasses import dataclass, field

from service.reports.comment import MARKER, answer_marker

_ENDED_WELL = frozenset({"succeeded", "failed"})


@dataclass(frozen=True)
class Command:
    """A comment with a command in it, and whether it takes an answer besides the reaction."""

    comment_id: int
    number: int
    answered: bool = True


@dataclass
class Asked:
    """What people did: what the service owes."""

    verdicts: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Open pull request -> (head that stayed, conclusion its check must have)."""
    closed: set[int] = field(default_factory=set)
    commands: list[Command] = field(default_factory=list)
    evaluated: dict[int, str] = field(default_factory=dict)
    """Pull request -> head whose evaluation must have ended well."""
    releases: int = 0


@dataclass(frozen=True)
class CommentSeen:
    id: int
    number: int
    ours: bool
    body: str
    reactions_of_ours: int = 0


@dataclass(frozen=True)
class CheckSeen:
    id: int
    head_sha: str
    status: str
    conclusion: str | None


@dataclass(frozen=True)
class RunSeen:
    id: int
    kind: str
    number: int
    head_sha: str
    state: str


@dataclass
class Shown:
    """What GitHub shows and has on record."""

    comments: list[CommentSeen] = field(default_factory=list)
    checks: list[CheckSeen] = field(default_factory=list)
    checks_made: list[str] = field(default_factory=list)
    """Of the history: one entry, the commit, for each check run of ours that was created."""
    comments_made: int = 0
    """Of the history: how many comments of ours were created."""
    comments_removed: int = 0
    releases_made: list[str] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)
    """Ids of the deliveries that were answered 2xx."""


@dataclass
class Ledger:
    """What the ledger says."""

    deliveries: dict[str, bool] = field(default_factory=dict)
    """Delivery id -> processed."""
    runs: list[RunSeen] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)
    """What still waits although all had time to end."""


@dataclass(frozen=True)
class Finding:
    what: str
    """lost, doubled, unreported"""
    text: str


def check(asked: Asked, shown: Shown, ledger: Ledger) -> list[Finding]:
    """Everything that is not as it must be."""
    found = [Finding("lost", text) for text in (*_lost(asked, shown, ledger), *ledger.left_over)]
    found += [Finding("doubled", text) for text in _doubled(asked, shown, ledger)]
    return found + [Finding("unreported", text) for text in _unreported(asked, shown)]


def _lost(asked: Asked, shown: Shown, ledger: Ledger) -> list[str]:
    lost = [
        f"delivery {guid} was acknowledged and is not in the ledger"
        for guid in sorted(shown.acknowledged - ledger.deliveries.keys())
    ]
    lost += [f"delivery {guid} was never processed" for guid, done in ledger.deliveries.items() if not done]
    comments = {comment.id: comment for comment in shown.comments}
    ours = [comment.body for comment in shown.comments if comment.ours]
    for command in asked.commands:
        seen = comments.get(command.comment_id)
        if seen is None or not seen.reactions_of_ours:
            lost.append(f"command {command.comment_id} under {command.number}: nobody reacted")
        if command.answered and not any(answer_marker(command.comment_id) in body for body in ours):
            lost.append(f"command {command.comment_id} under {command.number}: not answered")
    for number, head in asked.evaluated.items():
        if not _states(ledger, "evaluate", number, head) & _ENDED_WELL:
            lost.append(f"evaluation of {head[:10]} in {number} did not end")
    if len(set(shown.releases_made)) < asked.releases:
        lost.append(f"{asked.releases} releases were asked for, {len(set(shown.releases_made))} were made")
    return lost


def _states(ledger: Ledger, kind: str, number: int, head: str) -> set[str]:
    return {run.state for run in ledger.runs if (run.kind, run.number, run.head_sha) == (kind, number, head)}


def _doubled(asked: Asked, shown: Shown, ledger: Ledger) -> list[str]:
    marked = Counter(
        (comment.number, comment.body.partition("\n")[0])
        for comment in shown.comments
        if comment.ours and comment.body.startswith("<!-- graftlab:")
    )
    doubled = [f"comment {mark} in {number}: {n} times" for (number, mark), n in marked.items() if n > 1]
    made = Counter(shown.checks_made)
    doubled += [f"check run of {sha[:10]}: made {n} times" for sha, n in made.items() if n > 1]
    runs = Counter((run.kind, run.number, run.head_sha) for run in ledger.runs if run.kind != "release")
    doubled += [
        f"{kind} run of {sha[:10]} in {number}: {n} times" for (kind, number, sha), n in runs.items() if n > 1
    ]
    doubled += [f"release {tag}: {n} times" for tag, n in Counter(shown.releases_made).items() if n > 1]
    releases = sum(run.kind == "release" for run in ledger.runs)
    if releases > asked.releases:
        doubled.append(f"{asked.releases} releases were asked for, {releases} runs were started")
    return doubled


def _unreported(asked: Asked, shown: Shown) -> list[str]:
    """Every head that stayed: its check run has ended as it must, and the comment speaks of it."""
    checks = {check.head_sha: check for check in shown.checks}
    found = []
    for number, (head, conclusion) in asked.verdicts.items():
        check = checks.get(head)
        if check is None or check.status != "completed":
            found.append(f"{number}: no verdict on {head[:10]}")
        elif check.conclusion != conclusion:
            found.append(f"{number}: {head[:10]} is {check.conclusion}, not {conclusion}")
        sticky = [c.body for c in shown.comments if c.ours and c.number == number and MARKER in c.body]
        if not any(head[:8] in body for body in sticky):
            found.append(f"{number}: the comment does not speak of {head[:10]}")
    found += [
        f"{check.head_sha[:10]}: left {check.status}"
        for check in shown.checks
        if check.status != "completed" and check.head_sha not in {head for head, _ in asked.verdicts.values()}
    ]
    return found
