"""What a webhook's body says, as far as it is used: whom and what it is about. The world is then asked, not the body.

Bodies come from outside, signed or not: nothing in them makes this fall, and what goes on from here into the ledger
is short, plain and of the right type.
"""

import json
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from service.errors import ServiceError

Number = Annotated[int, Field(ge=1, le=2**63 - 1)]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,60}$")]
FullName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,60}/[A-Za-z0-9._-]{1,120}$")]
Sha = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")]
Text = Annotated[str, StringConstraints(max_length=300)]


class MalformedEvent(ServiceError):
    """The body is no JSON object, so it cannot come from GitHub as this service expects it."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Repository(_Part):
    full_name: FullName


class Sender(_Part):
    login: Text = ""
    type: Text = ""


class Event(_Part):
    """What all events share."""

    action: Word | None = None
    repository: Repository | None = None
    sender: Sender | None = None


class Head(_Part):
    sha: Sha


class PullRequestPart(_Part):
    number: Number
    head: Head


class PullRequestEvent(Event):
    action: Word
    repository: Repository
    pull_request: PullRequestPart


class IssuePart(_Part):
    number: Number


class CommentPart(_Part):
    id: Number


class IssueCommentEvent(Event):
    action: Word
    repository: Repository
    issue: IssuePart
    comment: CommentPart


class PushEvent(Event):
    repository: Repository
    ref: Text
    after: Sha


class CheckRunPart(_Part):
    head_sha: Sha
    name: Text


class CheckRunEvent(Event):
    action: Word
    repository: Repository
    check_run: CheckRunPart


class PingEvent(Event):
    zen: Text = ""


class InstallationPart(_Part):
    id: Number


class InstallationEvent(Event):
    action: Word
    installation: InstallationPart


EVENTS: Final[dict[str, type[Event]]] = {
    "pull_request": PullRequestEvent,
    "pull_request_review": PullRequestEvent,
    "pull_request_review_comment": PullRequestEvent,
    "issue_comment": IssueCommentEvent,
    "push": PushEvent,
    "check_run": CheckRunEvent,
    "ping": PingEvent,
    "installation": InstallationEvent,
}
"""The events that mean something to this service."""


@dataclass(frozen=True)
class EventSummary:
    """Whom and what an event is about. What it does not say, or says in a shape GitHub does not use, is None."""

    event: str
    action: str | None = None
    repository: str | None = None
    number: int | None = None
    comment_id: int | None = None
    head_sha: str | None = None
    sender: str | None = None
    sender_is_bot: bool = False
    known: bool = False
    """Whether the event is one of EVENTS and has its shape."""


def identify(event: str, body: bytes) -> EventSummary:
    """Read a webhook's body. Raises MalformedEvent if it is no JSON object, and nothing else."""
    known = event in EVENTS
    try:
        return _summary(event, _read(EVENTS.get(event, Event), body), known=known)
    except ValidationError:
        if not known:
            return EventSummary(event)
    try:  # an object of another shape than GitHub's is kept, and looked at no further than this
        return _summary(event, _read(Event, body), known=False)
    except ValidationError:
        return EventSummary(event)


def _read(model: type[Event], body: bytes) -> Event:
    """Raises MalformedEvent, or ValidationError for an object of another shape."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        if any(fault["loc"] for fault in error.errors(include_url=False, include_input=False)):
            raise
    try:  # slower, and takes what pydantic's reader does not: half a surrogate pair in a cut text
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise MalformedEvent(
            "the body is no JSON object", mend="Set the webhook's content type to application/json."
        )
    return model.model_validate(found)


def _summary(event: str, read: Event, *, known: bool) -> EventSummary:
    said: dict[str, Any] = {}
    match read:
        case PullRequestEvent(pull_request=pull):
            said = {"number": pull.number, "head_sha": pull.head.sha}
        case IssueCommentEvent(issue=issue, comment=comment):
            said = {"number": issue.number, "comment_id": comment.id}
        case PushEvent(after=after):
            said = {"head_sha": after}
        case CheckRunEvent(check_run=check):
            said = {"head_sha": check.head_sha}
    return EventSummary(
        event=event,
        action=read.action,
        repository=read.repository.full_name if read.repository else None,
        sender=read.sender.login if read.sender else None,
        sender_is_bot=read.sender is not None and read.sender.type == "Bot",
        known=known,
        **said,
    )
