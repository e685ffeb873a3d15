"""How each kind of letter is brought to GitHub. Every one finds what an earlier try left, so none is there twice."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from service.errors import GitHubGone
from service.github.client import Annotation, Check, GitHub, ReleaseDraft, Review, ReviewComment
from service.ledger.outbox import Letter


@dataclass(frozen=True)
class Sent:
    """What shows the letter now."""

    remote_id: int | None
    url: str | None = None


def send(client: GitHub, letter: Letter) -> Sent:
    """Have GitHub show the letter's content. Raises GitHubFailed and its kinds."""
    return _SENDERS[letter.kind](client, letter, letter.payload)


def _comment(client: GitHub, letter: Letter, payload: dict[str, Any]) -> Sent:
    """The sticky comment: the one we know, else the one with our marker, else a new one."""
    repository, number = letter.repository, payload["number"]
    if letter.remote_id is not None:
        try:
            client.edit_comment(repository, letter.remote_id, payload["body"])
        except GitHubGone:
            pass  # somebody deleted it
        else:
            return Sent(letter.remote_id)
    found = client.find_comment(repository, number, payload["marker"])
    if found is None:
        return Sent(client.create_comment(repository, number, payload["body"]))
    client.edit_comment(repository, found, payload["body"])
    return Sent(found)


def _answer(client: GitHub, letter: Letter, payload: dict[str, Any]) -> Sent:
    """Said once; never said again in other words."""
    found = client.find_comment(letter.repository, payload["number"], payload["marker"])
    if found is None:
        found = client.create_comment(letter.repository, payload["number"], payload["body"])
    return Sent(found)


def _reaction(client: GitHub, letter: Letter, payload: dict[str, Any]) -> Sent:
    client.react(letter.repository, payload["comment_id"], payload["reaction"])
    return Sent(None)


def _check(client: GitHub, letter: Letter, payload: dict[str, Any]) -> Sent:
    fields = {name: value for name, value in payload.items() if name not in {"number", "annotations"}}
    annotations = tuple(Annotation(**annotation) for annotation in payload["annotations"])
    check = Check(**fields, annotations=annotations)
    known = letter.remote_id or client.find_check(letter.repository, check.head_sha, check.name)
    return Sent(client.write_check(letter.repository, check, known))


def _release(client: GitHub, letter: Letter, payload: dict[str, Any]) -> Sent:
    draft = ReleaseDraft(
        tag=payload["tag"],
        commit=payload["commit"],
        title=payload["title"],
        body=payload["body"],
        assets=tuple(Path(asset) for asset in payload["assets"]),
    )
    published = client.publish_release(letter.repository, draft)
    return Sent(published.id, published.url)


def _suggestions(client: GitHub, letter: Letter, payload: dict[str, Any]) -> Sent:
    """What stands already, word for word, is not said again; what is no longer meant, and nobody answered, goes."""
    repository, number = letter.repository, payload["number"]
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
    if missing:
        review = Review(head_sha=payload["head_sha"], body=payload["body"], comments=missing)
        sent = client.create_review(repository, number, review)
    keep = {one.id for one in kept.values()}
    for one in standing:
        if one.id not in keep and not one.answered:
            with contextlib.suppress(GitHubGone):
                client.delete_review_comment(repository, one.id)
    return Sent(sent)


def _sarif(client: GitHub, letter: Letter, payload: dict[str, Any]) -> Sent:
    client.upload_sarif(letter.repository, payload["commit"], payload["ref"], payload["sarif"])
    return Sent(None)


_SENDERS: Final[dict[str, Callable[[GitHub, Letter, dict[str, Any]], Sent]]] = {
    "comment": _comment,
    "answer": _answer,
    "reaction": _reaction,
    "check": _check,
    "release": _release,
    "sarif": _sarif,
    "suggestions": _suggestions,
}
