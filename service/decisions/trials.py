"""Whether a trial may start: a precheck, a preview or a prompt, each for one comment on one head.

A trial costs little, and not nothing. Who may say the command is in the table of commands; here is what must hold
besides: the head is the one that was meant, its check has passed, nothing is on hold, and somebody answers for the
cost: a triager by saying it, an approval of the head, the policy's budget, or (for a precheck alone) an allowance that
every author has.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, assert_never

from service.decisions.budget import used_up
from service.decisions.commands import ReactionName, StartTrial, TrialKind
from service.decisions.comment_commands import PREFIX, ParsedCommand, Who
from service.decisions.facts import Person, PullRequestFacts
from service.decisions.leave import UNREADABLE, spent_out
from service.decisions.wording import short, shown

LONGEST_PROMPT: Final = 1000
"""Characters."""
PRECHECK_MINUTES: Final = 10
"""Accelerator-minutes a week within which an author may ask for prechecks of a commit that nobody has approved."""
_QUOTES: Final = {'"': '"', "“": "”", "„": "“", "«": "»", "'": "'", "‘": "’"}


@dataclass(frozen=True)
class TrialFacts:
    """What is known for trials and dry runs besides the pull request itself."""

    leaves: tuple[str, ...] = ()
    """Ids of the leaves that the head adds, changes or moves, as its check saw them."""
    release_open: bool = False
    """A release is being cut."""
    dry_run_open: bool = False
    dry_run_here: int | None = None
    """The run of an open dry run that was asked for in this pull request or issue."""
    started: frozenset[str] = frozenset()
    """Kinds that an earlier command of the same comment started."""


@dataclass(frozen=True)
class Asked:
    """The comment that a command stands in."""

    by: Person
    comment_id: int
    older_than_head: bool


@dataclass(frozen=True)
class Refusal:
    why: str
    reaction: ReactionName = "-1"


@dataclass(frozen=True)
class _Arguments:
    leaf: str | None = None
    prompt: str | None = None


def decide(
    kind: TrialKind, said: ParsedCommand, asked: Asked, pull: PullRequestFacts, facts: TrialFacts
) -> StartTrial | Refusal:
    """Start it, or say why not. The caller has seen that the pull request is open, no draft, and touches leaves."""
    arguments = _arguments(kind, said, facts)
    if isinstance(arguments, Refusal):
        return arguments
    why_not = _not_ready(pull) or _moved(said, asked, pull) or _no_leave(kind, asked.by, pull)
    if why_not:
        return Refusal(why_not)
    if kind in facts.started or any(
        run.kind == kind and run.head_sha == pull.head_sha for run in pull.open_runs
    ):
        again = f"`{PREFIX} status` says how far it is; ask again when it is answered."
        return Refusal(f"A {kind} of {short(pull.head_sha)} is under way already. {again}", "eyes")
    return StartTrial(
        kind,
        pull.head_sha,
        pull.base_sha,
        asked.by.login,
        asked.comment_id,
        leaf=arguments.leaf,
        prompt=arguments.prompt,
    )


def _arguments(kind: TrialKind, said: ParsedCommand, facts: TrialFacts) -> _Arguments | Refusal:
    match kind:
        case "precheck":
            if said.arguments:
                return Refusal(f"It takes no argument {shown(said.arguments[0])}. Say `{said.spec.usage}`.")
            return _Arguments()
        case "preview":
            return _leaf(said, facts.leaves)
        case "ask":
            return _prompt(said)
        case _:
            assert_never(kind)


def _leaf(said: ParsedCommand, leaves: tuple[str, ...]) -> _Arguments | Refusal:
    """A leaf by its id, or by the end of it where only one ends so."""
    if not said.arguments:
        return _Arguments()
    if len(said.arguments) > 1:
        return Refusal("It takes one leaf, or none for all leaves of this pull request.")
    named = said.arguments[0].removesuffix("/qna.yaml").strip("/")
    found = [leaf for leaf in leaves if leaf == named] or [
        leaf for leaf in leaves if leaf.endswith(f"/{named}")
    ]
    if len(found) == 1:
        return _Arguments(leaf=found[0])
    if len(found) > 1:
        return Refusal(f"{shown(named)} may mean {_listed(tuple(found))}. Name the whole path.")
    close = get_close_matches(named[:300], leaves, n=1, cutoff=0.5)
    meant = f" Did you mean {shown(close[0])}?" if close else ""
    there = f" It changes {_listed(leaves)}." if leaves else ""
    return Refusal(f"This pull request does not change the leaf {shown(named)}.{meant}{there}")


def _listed(leaves: tuple[str, ...]) -> str:
    most = 5
    more = f" and {len(leaves) - most} more" if len(leaves) > most else ""
    return ", ".join(shown(leaf) for leaf in leaves[:most]) + more


def _prompt(said: ParsedCommand) -> _Arguments | Refusal:
    """The outermost quotation marks enclose the prompt; what stands between them, quotes too, is asked as it is."""
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in said.rest).split())
    closing = _QUOTES.get(text[:1])
    if closing is not None:
        if len(text) < len('""') or not text.endswith(closing):
            return Refusal(f"The prompt has no closing quotation mark. Say `{said.spec.usage}`.")
        text = text[1:-1].strip()
    if not text:
        return Refusal(f"There is no prompt. Say `{said.spec.usage}`.")
    if len(text) > LONGEST_PROMPT:
        return Refusal(
            f"The prompt has {len(text):,} characters; at most {LONGEST_PROMPT:,} are asked. Shorten it."
        )
    return _Arguments(prompt=text)


def _not_ready(pull: PullRequestFacts) -> str:
    if pull.held:
        return f"It is on hold. `{PREFIX} unhold` lets it go on."
    if pull.policy.unreadable:
        return UNREADABLE
    over = spent_out(pull)
    if over is not None:
        return used_up(over)
    if pull.check_passed is None:
        return "The check of this commit has not finished. Say it again when it has passed."
    return "" if pull.check_passed else "The check of this commit found errors. Mend them and push."


def _moved(said: ParsedCommand, asked: Asked, pull: PullRequestFacts) -> str:
    """Who spoke of another commit does not answer for this one; an approval does, whoever speaks."""
    if pull.approved or not (asked.older_than_head or pull.known_head_sha != pull.head_sha):
        return ""
    return (
        f"The head moved while you wrote; it is {short(pull.head_sha)} now. "
        f"Have a look at it, then say `{PREFIX} {said.name}` again."
    )


def _no_leave(kind: TrialKind, by: Person, pull: PullRequestFacts) -> str:
    """Why nobody answers for the cost; empty when somebody does."""
    if by.may_triage or pull.approved:
        return ""
    who = f"Who may give it, with `{PREFIX} approve`: {Who.TRIAGER.value}."
    if pull.first_time:
        return (
            f"Nothing of yours was merged here yet, so {short(pull.head_sha)} needs an approval first. {who}"
        )
    if kind == "precheck":
        allowance, of_what = PRECHECK_MINUTES, "that every author has for prechecks without an approval"
    elif kind == "preview":
        allowance, of_what = pull.policy.budget_minutes, "that the policy gives to trusted authors"
    else:
        return f"{short(pull.head_sha)} has no approval yet, and this costs accelerator time. {who}"
    if pull.spent_minutes < allowance:
        return ""
    return (
        f"The {allowance} accelerator-minutes a week {of_what} are used up ({pull.spent_minutes:.0f} spent), and "
        f"{short(pull.head_sha)} has no approval. {who} They may also say `{PREFIX} {kind}` themselves."
    )
