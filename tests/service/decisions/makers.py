"""Facts with everything in order, to be changed where a test wants it otherwise."""

from datetime import UTC, datetime
from typing import Any

from service.decisions.budget import Budget
from service.decisions.commands import Answer, Command, React, Report
from service.decisions.facts import OpenRun, Person, Policy, PullRequestFacts, Role, Route
from service.decisions.on_comment import CommentFacts

HEAD = "a1b2c3d4e5" + "0" * 30
OLD = "0f0f0f0f0f" + "1" * 30
BASE = "b" * 40
MAIN = "c" * 40
AUTHOR = Person("ada", "read", is_author=True)
TRIAGER = Person("tess", "triage")
MAINTAINER = Person("max", "maintain")
STRANGER = Person("sam", "read")
CHECKING = OpenRun(1, "check", HEAD)
EVALUATING = OpenRun(2, "evaluate", HEAD)
TRUSTING = Policy(frozenset({"ada"}), 60)
MONDAY = datetime(2026, 5, 25, 12, tzinfo=UTC)
SPENT_OUT = Budget("the pull requests of ada", 61.0, 60.0, MONDAY)
ROOM = Budget("all pull requests together", 5.0, 60.0)
BIRDS = Route("knowledge/birds/", ("rita", "orchard/birders"))


def pull(**changes: Any) -> PullRequestFacts:
    """An open pull request at HEAD, checked and known, not approved."""
    facts: dict[str, Any] = {
        "number": 7,
        "state": "open",
        "draft": False,
        "held": False,
        "author": AUTHOR,
        "head_sha": HEAD,
        "base_sha": BASE,
        "known_head_sha": HEAD,
        "approved_sha": None,
        "check_passed": True,
    }
    return PullRequestFacts(**(facts | changes))


def comment(body: str, by: Person = TRIAGER, **changes: Any) -> CommentFacts:
    """A comment under `pull()`."""
    facts: dict[str, Any] = {
        "comment_id": 99,
        "body": body,
        "by": by,
        "from_bot": False,
        "pull_request": pull(),
        "default_head_sha": MAIN,
    }
    return CommentFacts(**(facts | changes))


def somebody(role: Role, *, is_author: bool = False) -> Person:
    return Person("somebody", role, is_author=is_author)


def effects(commands: list[Command]) -> list[Command]:
    """What changes something, and not only what is said."""
    return [command for command in commands if not isinstance(command, React | Answer | Report)]


def words(commands: list[Command]) -> str:
    return "".join(command.text for command in commands if isinstance(command, Answer))


def reaction(commands: list[Command]) -> str:
    (found,) = [command.reaction for command in commands if isinstance(command, React)]
    return found
