"""What a comment's commands order, and what is said to them.

Every command is answered: one reaction for the comment at once, and words where words are needed. Commands of one
comment are decided one after the other, each on the facts that the ones before it left.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

from service.decisions.budget import used_up
from service.decisions.commands import (
    Answer,
    Approve,
    CancelRun,
    Command,
    Hold,
    LookAgain,
    React,
    ReactionName,
    Report,
    StartRun,
    TrialKind,
    TryRelease,
)
from service.decisions.comment_commands import PREFIX, ParsedCommand, UnknownCommand, Who, parse
from service.decisions.facts import Person, Policy, PullRequestFacts
from service.decisions.help_text import help_text
from service.decisions.leave import UNREADABLE, may_approve_leaves, needed, spent_out
from service.decisions.on_pull_request import FREE_KINDS, has_open, start
from service.decisions.rights import trusts
from service.decisions.standing import Standing, status_text
from service.decisions.trials import Asked, Refusal, TrialFacts
from service.decisions.trials import decide as decide_trial
from service.decisions.wording import person, short, shown

_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_LOUDEST: Final[tuple[ReactionName, ...]] = ("confused", "-1", "rocket", "+1", "eyes")
"""One reaction a comment: that of the command which most needs a look."""


@dataclass(frozen=True)
class CommentFacts:
    """A comment now, and what it stands under."""

    comment_id: int
    body: str
    by: Person
    """Who wrote it; `is_author` when they also opened the pull request."""
    from_bot: bool
    """Any bot, and above all ourselves: never obeyed, never answered."""
    pull_request: PullRequestFacts | None
    """None: an issue."""
    default_head_sha: str
    """What a release is cut from."""
    older_than_head: bool = False
    """The comment was written before the present head was first seen here, so it cannot mean it."""
    standing: Standing = field(default_factory=Standing)
    policy: Policy = field(default_factory=Policy)
    """Under an issue too."""
    trials: TrialFacts = field(default_factory=TrialFacts)


@dataclass(frozen=True)
class Outcome:
    """What one command comes to. `facts` is how things stand after it."""

    facts: CommentFacts
    reaction: ReactionName
    commands: tuple[Command, ...] = ()
    say: str = ""


def decide(facts: CommentFacts) -> list[Command]:
    """Commands in the order they are to be carried out; empty when the comment says nothing to us."""
    if facts.from_bot:
        return []
    outcomes: list[Outcome] = []
    for said in parse(facts.body):
        outcome = _unknown(said, facts) if isinstance(said, UnknownCommand) else outcome_of(said, facts)
        outcomes.append(outcome)
        facts = outcome.facts
    if not outcomes:
        return []
    loudest = min((outcome.reaction for outcome in outcomes), key=_LOUDEST.index)
    effects = [command for outcome in outcomes for command in outcome.commands]
    words = "\n\n---\n\n".join(dict.fromkeys(outcome.say for outcome in outcomes if outcome.say))
    return [
        React(facts.comment_id, loudest),
        *effects,
        *([Report(needed(facts.pull_request))] if effects and facts.pull_request else []),
        *([Answer(facts.comment_id, words)] if words else []),
    ]


def _unknown(said: UnknownCommand, facts: CommentFacts) -> Outcome:
    meant = f" Did you mean `{PREFIX} {said.suggestion}`?" if said.suggestion else ""
    return Outcome(
        facts, "confused", say=f"There is no command {shown(said.word)}.{meant} `{PREFIX} help` lists them."
    )


def outcome_of(said: ParsedCommand, facts: CommentFacts) -> Outcome:
    """What one known command comes to, by a comment or by a button."""
    anywhere = _ANYWHERE.get(said.name)
    if said.name == "cancel" and facts.pull_request is None and facts.trials.dry_run_here is not None:
        return _cancel_dry_run(said, facts, facts.trials.dry_run_here)
    if anywhere is None and facts.pull_request is None:
        return _refused(said, facts, "It works in pull requests, and this is an issue.")
    if not _may(said.spec.who, facts):
        return _refused(said, facts, _why_not(said.spec.who, facts))
    if anywhere is not None or facts.pull_request is None:
        return _ANYWHERE[said.name](said, facts)
    return _ON_PULL_REQUEST[said.name](said, facts, facts.pull_request)


def _may(who: Who, facts: CommentFacts) -> bool:
    """Closed by default: what is not granted here is not allowed."""
    by, pull = facts.by, facts.pull_request
    match who:
        case Who.ANYONE:
            return True
        case Who.MAINTAINER:
            return by.may_maintain
        case Who.TRIAGER:
            return by.may_triage
        case Who.TRUSTED:
            return by.may_triage or (pull is not None and by.is_author and trusts(pull.policy, by))
        case Who.AUTHOR | Who.APPROVED_AUTHOR:
            # An author without approval may ask, and is then told that approval is what is missing.
            return by.may_triage or (pull is not None and by.is_author)
        case _:
            assert_never(who)


def _why_not(who: Who, facts: CommentFacts) -> str:
    by, policy = facts.by, facts.policy
    teams = policy.maintain_teams if who is Who.MAINTAINER else policy.maintain_teams | policy.triage_teams
    members = f", and members of {', '.join(map(shown, sorted(teams)))}" if teams else ""
    allowed = f"Who may: {who.value}{members}."
    if by.unsure:
        return (
            f"{person(by.login)}, your rights could not be looked up at GitHub, and without that nobody is allowed. "
            f"Say it again in a new comment in a while. {allowed}"
        )
    if by.edited:
        allowed += " The comment was edited, perhaps by another: say it in a new one if you are one of them."
    return f"{person(by.login)}, this is not yours to say. {allowed}"


def _refused(said: ParsedCommand, facts: CommentFacts, why: str) -> Outcome:
    return Outcome(facts, "-1", say=f"`{PREFIX} {said.name}`: {why}")


def _help(said: ParsedCommand, facts: CommentFacts) -> Outcome:  # noqa: ARG001
    return Outcome(facts, "eyes", say=help_text())


def _status(said: ParsedCommand, facts: CommentFacts) -> Outcome:  # noqa: ARG001
    return Outcome(facts, "eyes", say=status_text(facts.pull_request, facts.standing))


def _release(said: ParsedCommand, facts: CommentFacts) -> Outcome:
    dry_run = said.arguments == ("--dry-run",)
    if said.arguments and not dry_run:
        return _refused(
            said, facts, f"It takes no argument {shown(said.arguments[0])}. Say `{said.spec.usage}`."
        )
    if not facts.default_head_sha:
        return _refused(said, facts, "The default branch cannot be read now. Say it again in a while.")
    head = facts.default_head_sha
    if dry_run:
        return _dry_run(facts, head)
    text = f"A release is being cut from {short(head)}; `{PREFIX} status` and the pages show how far it is."
    return Outcome(facts, "rocket", (StartRun("release", head, head, facts.by.login),), text)


def _dry_run(facts: CommentFacts, head: str) -> Outcome:
    if facts.trials.release_open:
        return Outcome(
            facts, "eyes", say="A release is being cut already; its gate says the same as a dry run."
        )
    if facts.trials.dry_run_open:
        return Outcome(facts, "eyes", say=f"A dry run is under way already; see `{PREFIX} status`.")
    after = replace(facts, trials=replace(facts.trials, dry_run_open=True))
    return Outcome(after, "rocket", (TryRelease(head, facts.by.login, facts.comment_id),))


def _trial(said: ParsedCommand, facts: CommentFacts, pull: PullRequestFacts) -> Outcome:
    kind = _TRIALS[said.name]
    why_not = _unfit(pull)
    asked = Asked(facts.by, facts.comment_id, facts.older_than_head)
    found = Refusal(why_not) if why_not else decide_trial(kind, said, asked, pull, facts.trials)
    if isinstance(found, Refusal):
        return Outcome(facts, found.reaction, say=f"`{PREFIX} {said.name}`: {found.why}")
    started = replace(facts.trials, started=facts.trials.started | {kind})
    return Outcome(replace(facts, trials=started), "rocket", (found,))


def _approve(said: ParsedCommand, facts: CommentFacts, pull: PullRequestFacts) -> Outcome:
    why_not = _not_approvable(said.arguments, facts, pull) or may_approve_leaves(facts.by, pull)
    if why_not:
        return _refused(said, facts, why_not)
    approved = replace(pull, approved_sha=pull.head_sha)
    after = replace(facts, pull_request=approved)
    commands: tuple[Command, ...] = (Approve(pull.head_sha, facts.by.login),)
    if not pull.held and pull.check_passed and (in_the_way := _no_leave(pull)):
        over = spent_out(pull)
        later = (LookAgain(over.frees_at),) if over and over.frees_at else ()
        text = f"Approved {short(pull.head_sha)}. The evaluation starts by itself when it can. {in_the_way}"
        return Outcome(after, "+1", (*commands, *later), text)
    if pull.held:
        text = f"Approved {short(pull.head_sha)}. It is on hold: `{PREFIX} unhold`, then `{PREFIX} evaluate`."
        return Outcome(after, "+1", commands, text)
    if not pull.check_passed:
        text = f"Approved {short(pull.head_sha)}. The evaluation can start when the check has passed."
        return Outcome(after, "+1", commands, text)
    if not has_open(pull, "evaluate"):
        commands += (start("evaluate", approved, facts.by.login),)
    return Outcome(after, "rocket", commands)


def _not_approvable(arguments: Sequence[str], facts: CommentFacts, pull: PullRequestFacts) -> str:
    """Why this cannot be leave for the present head; empty when it can."""
    if _unfit(pull):
        return _unfit(pull)
    if pull.check_passed is False:
        return "The check of this commit found errors. Mend them first; what is pushed then needs its own approval."
    named = arguments[0].lower() if arguments else None
    say = f"The head is {short(pull.head_sha)}. Have a look at it, then say `{PREFIX} approve {pull.head_sha[:10]}`."
    if len(arguments) > 1 or (named is not None and not _COMMIT.fullmatch(named)):
        return f"It takes one commit of at least seven hexadecimal digits, or none. {say}"
    if named is not None and not pull.head_sha.startswith(named):
        return f"{shown(named)} is not the head commit (any more). {say}"
    if named is None and (facts.older_than_head or pull.known_head_sha != pull.head_sha):
        return f"The head moved while you wrote. {say}"
    return ""


def _evaluate(said: ParsedCommand, facts: CommentFacts, pull: PullRequestFacts) -> Outcome:
    why_not = _unfit(pull) or _not_ready(pull)
    if why_not:
        return _refused(said, facts, why_not)
    if has_open(pull, "evaluate"):
        return Outcome(facts, "eyes", say=f"An evaluation of {short(pull.head_sha)} is under way already.")
    return Outcome(facts, "rocket", (start("evaluate", pull, facts.by.login),))


def _unfit(pull: PullRequestFacts) -> str:
    if pull.state != "open":
        return f"The pull request is {pull.state}."
    if pull.draft:
        return "The pull request is a draft. Mark it as ready for review first."
    return "" if pull.touches_taxonomy else "No leaf changes here, so there is nothing to do."


def _not_ready(pull: PullRequestFacts) -> str:
    if not pull.approved:
        return (
            f"{short(pull.head_sha)} has no approval yet, and this costs accelerator time. "
            f"Who may give it, with `{PREFIX} approve`: {Who.TRIAGER.value}."
        )
    if pull.held:
        return f"It is on hold. `{PREFIX} unhold` lets it go on."
    if pull.check_passed is None:
        return "The check of this commit has not finished. Say it again when it has passed."
    return (
        _no_leave(pull) if pull.check_passed else "The check of this commit found errors. Mend them and push."
    )


def _no_leave(pull: PullRequestFacts) -> str:
    """What the policy has against spending now, approved or not."""
    if pull.policy.unreadable:
        return UNREADABLE
    over = spent_out(pull)
    return used_up(over) if over else ""


def _cancel(said: ParsedCommand, facts: CommentFacts, pull: PullRequestFacts) -> Outcome:  # noqa: ARG001
    doomed = [run.id for run in pull.open_runs if run.kind not in FREE_KINDS]
    kept = tuple(run for run in pull.open_runs if run.id not in doomed)
    if facts.trials.dry_run_here is not None and facts.by.may_maintain:
        doomed.append(facts.trials.dry_run_here)
    if not doomed:
        return Outcome(facts, "eyes", say="Nothing is running or waiting here that could be cancelled.")
    reason = f"Cancelled by {person(facts.by.login)}."
    rest = replace(facts.trials, dry_run_here=None) if facts.trials.dry_run_here in doomed else facts.trials
    return Outcome(
        replace(facts, pull_request=replace(pull, open_runs=kept), trials=rest),
        "+1",
        tuple(CancelRun(run_id, "cancelled", reason) for run_id in doomed),
    )


def _cancel_dry_run(said: ParsedCommand, facts: CommentFacts, run_id: int) -> Outcome:
    """In an issue there is nothing else to cancel."""
    if not facts.by.may_maintain:
        return _refused(said, facts, _why_not(Who.MAINTAINER, facts))
    after = replace(facts, trials=replace(facts.trials, dry_run_here=None))
    cancel = CancelRun(run_id, "cancelled", f"Cancelled by {person(facts.by.login)}.")
    return Outcome(after, "+1", (cancel,))


def _retry(said: ParsedCommand, facts: CommentFacts, pull: PullRequestFacts) -> Outcome:
    if pull.check_passed and pull.approved:
        return _evaluate(said, facts, pull)
    if _unfit(pull) and not pull.draft:
        return _refused(said, facts, _unfit(pull))
    if pull.check_passed:
        return _refused(said, facts, f"The check has passed. {_not_ready(pull)}")
    return Outcome(facts, "rocket", (start("check", pull, facts.by.login),))


def _hold(said: ParsedCommand, facts: CommentFacts, pull: PullRequestFacts) -> Outcome:
    held, by_triager = said.name == "hold", facts.by.may_triage
    if not held and pull.held and pull.held_by_triager and not by_triager:
        return _refused(said, facts, f"A triager put it on hold. Who may lift that: {Who.TRIAGER.value}.")
    keeps = held and (by_triager or (pull.held and pull.held_by_triager))
    after = replace(facts, pull_request=replace(pull, held=held, held_by_triager=keeps))
    return Outcome(after, "+1", (Hold(held, keeps),))


_TRIALS: Final[dict[str, TrialKind]] = {"precheck": "precheck", "preview": "preview", "ask": "ask"}
_ANYWHERE: Final[dict[str, Callable[[ParsedCommand, CommentFacts], Outcome]]] = {
    "help": _help,
    "status": _status,
    "release": _release,
}
_ON_PULL_REQUEST: Final[dict[str, Callable[[ParsedCommand, CommentFacts, PullRequestFacts], Outcome]]] = {
    **dict.fromkeys(_TRIALS, _trial),
    "approve": _approve,
    "evaluate": _evaluate,
    "cancel": _cancel,
    "retry": _retry,
    "hold": _hold,
    "unhold": _hold,
}
