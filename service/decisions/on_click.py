"""What pressing a button of the check run, or asking for it again, orders.

A button means what the command of its name means, said by whoever pressed it about exactly the commit that the check
run belongs to: a button under an old commit approves nothing.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from service.decisions.commands import Command, Report, Say
from service.decisions.comment_commands import PREFIX, ParsedCommand
from service.decisions.facts import Person, PullRequestFacts
from service.decisions.leave import needed
from service.decisions.on_comment import CommentFacts, Outcome, outcome_of
from service.decisions.on_pull_request import start
from service.decisions.wording import person, short, shown

Button = Literal["approve", "evaluate", "cancel"]
BUTTONS: Final[tuple[Button, ...]] = get_args(Button)
RERUN: Final = "rerun"
"""GitHub's own button `Re-run` under the check."""


@dataclass(frozen=True)
class ClickFacts:
    """A press, and how things stand."""

    about: str
    """Names the press: what is said of it is said once."""
    pressed: str
    """A button's identifier, or RERUN."""
    head_sha: str
    """The commit of the check run whose button it is."""
    by: Person
    from_bot: bool
    pull_request: PullRequestFacts


def decide(facts: ClickFacts) -> list[Command]:
    """Commands in order; a press that does nothing is answered with why."""
    if facts.from_bot:
        return []
    outcome = _outcome(facts)
    pull = outcome.facts.pull_request or facts.pull_request
    said = f"{person(facts.by.login)} pressed **{_shown(facts.pressed)}**. {outcome.say}"
    return [
        *outcome.commands,
        *([Report(needed(pull))] if outcome.commands else []),
        *([Say(f"press:{facts.about}", said)] if outcome.say else []),
    ]


def _shown(pressed: str) -> str:
    return pressed.capitalize() if pressed in BUTTONS else "Re-run" if pressed == RERUN else shown(pressed)


def _outcome(facts: ClickFacts) -> Outcome:
    pull = facts.pull_request
    around = CommentFacts(
        comment_id=0,
        body="",
        by=facts.by,
        from_bot=False,
        pull_request=pull,
        default_head_sha="",
        policy=pull.policy,
    )
    if facts.pressed not in {*BUTTONS, RERUN}:
        return Outcome(
            around, "confused", say=f"There is no such button here; `{PREFIX} help` lists commands."
        )
    if facts.head_sha != pull.head_sha:
        moved = f"It belongs to {short(facts.head_sha)}, and the head is {short(pull.head_sha)} now."
        return Outcome(around, "-1", say=moved)
    if facts.pressed == RERUN:
        return _rerun(around, pull)
    arguments = (facts.head_sha,) if facts.pressed == "approve" else ()
    return outcome_of(ParsedCommand(facts.pressed, arguments, 1), around)


def _rerun(around: CommentFacts, pull: PullRequestFacts) -> Outcome:
    """As `/graft retry`, but the check is free to be run again when it has passed, too."""
    retried = outcome_of(ParsedCommand("retry", (), 1), around)
    if retried.commands or not _may_rerun(around.by) or pull.state != "open" or not pull.check_passed:
        return retried
    return Outcome(around, "rocket", (start("check", pull, around.by.login),))


def _may_rerun(by: Person) -> bool:
    return by.may_triage or by.is_author
