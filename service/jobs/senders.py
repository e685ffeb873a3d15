"""How each kind of letter is brought to GitHub. Every one finds what an earlier try left, so none is there twice.


Who sends holds a right that may be taken from it while it sleeps (a paused process, a machine that hangs). So the
right is looked at again right before each write: `sure` raises LeaseLost, and nothing is written. What GitHub cannot
rule out, that a process sleeps between that look and the write itself, is mended afterwards: whoever finds several
comments of ours in one place keeps the oldest and removes the others.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from service.errors import GitHubGone
from service.github.client import Action, Annotation, Check, GitHub, ReleaseDraft, Review, ReviewComment
from service.ledger.outbox import Letter

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sent:
    """What shows the letter now."""

    remote_id: int | None
    url: str | None = None


@dataclass(frozen=True)
class Way:
    """The way to GitHub: its client, and a look at whether we may still write (raises LeaseLost)."""

    client: GitHub
    sure: Callable[[], None]


def send(way: Way, letter: Letter) -> Sent:
    """Have GitHub show the letter's content. Raises GitHubFailed and its kinds, and LeaseLost."""
    return _SENDERS[letter.kind](way, letter, letter.payload)


def _comment(way: Way, letter: Letter, payload: dict[str, Any]) -> Sent:
    """The sticky comment: the one we know, else the oldest with our marker, else a new one."""
    if letter.remote_id is not None:
        try:
            way.sure()
            way.client.edit_comment(letter.repository, letter.remote_id, payload["body"])
        except GitHubGone:
            pass  # somebody deleted it
        else:
            return Sent(letter.remote_id)
    found = _the_one(way, letter, payload)
    if found is None:
        return _new_comment(way, letter, payload)
    way.sure()
    way.client.edit_comment(letter.repository, found, payload["body"])
    return Sent(found)


def _answer(way: Way, letter: Letter, payload: dict[str, Any]) -> Sent:
    """Said once; never said again in other words."""
    found = _the_one(way, letter, payload)
    return _new_comment(way, letter, payload) if found is None else Sent(found)


def _the_one(way: Way, letter: Letter, payload: dict[str, Any]) -> int | None:
    """The oldest comment of ours with this marker; younger ones are removed."""
    found = way.client.find_comments(letter.repository, payload["number"], payload["marker"])
    for double in found[1:]:
        way.sure()
        way.client.delete_comment(letter.repository, double)
    return found[0] if found else None


def _new_comment(way: Way, letter: Letter, payload: dict[str, Any]) -> Sent:
    way.sure()
    return Sent(way.client.create_comment(letter.repository, payload["number"], payload["body"]))


def _reaction(way: Way, letter: Letter, payload: dict[str, Any]) -> Sent:
    way.sure()
    way.client.react(letter.repository, payload["comment_id"], payload["reaction"])
    return Sent(None)


def _check(way: Way, letter: Letter, payload: dict[str, Any]) -> Sent:
    fields = {
        name: value for name, value in payload.items() if name not in {"number", "annotations", "actions"}
    }
    annotations = tuple(Annotation(**annotation) for annotation in payload["annotations"])
    actions = tuple(Action(**action) for action in payload.get("actions", ()))
    check = Check(**fields, annotations=annotations, actions=actions)
    known = letter.remote_id or way.client.find_check(letter.repository, check.head_sha, check.name)
    way.sure()
    return Sent(way.client.write_check(letter.repository, check, known))


def _stray_check(way: Way, letter: Letter, payload: dict[str, Any]) -> Sent:
    """A check run of ours that the ledger knows nothing of."""
    way.sure()
    way.client.close_check(letter.repository, payload["check_id"])
    return Sent(payload["check_id"])


def _review(way: Way, letter: Letter, payload: dict[str, Any]) -> Sent:
    """Asking twice asks once, as long as the review was not given."""
    way.sure()
    try:
        way.client.ask_for_review(letter.repository, payload["number"], payload["reviewer"])
    except GitHubGone as error:  # no collaborator, or not any more: the comment names them all the same
        log.warning("nobody to ask: %s", error)
    return Sent(None)


def _release(way: Way, letter: Letter, payload: dict[str, Any]) -> Sent:
    draft = ReleaseDraft(
        tag=payload["tag"],
        commit=payload["commit"],
        title=payload["title"],
        body=payload["body"],
        assets=tuple(Path(asset) for asset in payload["assets"]),
    )
    way.sure()
    published = way.client.publish_release(letter.repository, draft)
    return Sent(published.id, published.url)


def _withdrawal(way: Way, letter: Letter, payload: dict[str, Any]) -> Sent:
    way.sure()
    with suppress(GitHubGone):  # somebody deleted the release; there is nothing left to mark
        way.client.withdraw_release(
            letter.repository, payload["tag"], title=payload["title"], note=payload["note"]
        )
    return Sent(None)


def _suggestions(way: Way, letter: Letter, payload: dict[str, Any]) -> Sent:
    """What stands already, word for word, is not said again; what is no longer meant, and nobody answered, goes."""
    client, repository, number = way.client, letter.repository, payload["number"]
    wanted = [ReviewComment(**comment) for comment in payload["comments"]]
    standing = [one for one in client.review_comments(repository, number) if payload["marker"] in one.body]
    kept = {
        wish.mark: one
        for wish in wanted
        for one in standing
        if one.line is not None and wish.mark in one.body
    }
    missing = tuple(wish for wish in wanted if wish.mark not in kept)
    sent = letter.remote_id
    way.sure()
    if missing:
        review = Review(head_sha=payload["head_sha"], body=payload["body"], comments=missing)
        sent = client.create_review(repository, number, review)
    keep = {one.id for one in kept.values()}
    for one in standing:
        if one.id not in keep and not one.answered:
            with suppress(GitHubGone):
                client.delete_review_comment(repository, one.id)
    return Sent(sent)


def _sarif(way: Way, letter: Letter, payload: dict[str, Any]) -> Sent:
    way.sure()
    way.client.upload_sarif(letter.repository, payload["commit"], payload["ref"], payload["sarif"])
    return Sent(None)


_SENDERS: Final[dict[str, Callable[[Way, Letter, dict[str, Any]], Sent]]] = {
    "comment": _comment,
    "answer": _answer,
    "reaction": _reaction,
    "check": _check,
    "review": _review,
    "stray-check": _stray_check,
    "release": _release,
    "withdrawal": _withdrawal,
    "sarif": _sarif,
    "suggestions": _suggestions,
}
