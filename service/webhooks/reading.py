"""One delivery as it streams in: its signature is reckoned on the way, and nothing is believed before that is right."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, NamedTuple, Self

from starlette.types import Receive, Scope

from service.github.signature import HEADER, Verifier
from service.webhooks.patience import Patience

LARGEST: Final = 25 * 1024 * 1024
"""GitHub sends no larger payload."""
MOST_AT_ONCE: Final = 256 * 1024 * 1024
"""Bytes of bodies that may be held at one time: whoever sends has not shown yet that he may."""
SLOWEST_SECONDS: Final = 30
_EVENT = re.compile(r"[a-z_]{1,60}")
_DELIVERY = re.compile(r"[A-Za-z0-9-]{1,100}")
_SIGNATURE: Final = HEADER.lower().encode()


class Refused(Exception):
    """An answer, not a failure of ours."""

    def __init__(self, status: HTTPStatus, message: str, mend: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.mend = mend


class Received(NamedTuple):
    """A delivery whose sender is known."""

    delivery_id: str
    event: str
    body: bytes


@dataclass(slots=True)
class Room:
    """How much of bodies is held in memory, over all requests."""

    most: int = MOST_AT_ONCE
    held: int = 0

    def share(self) -> "_Share":
        """For a `with`: what is taken within the block is given back at its end."""
        return _Share(self)


@dataclass(slots=True)
class _Share:
    room: Room
    taken: int = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.room.held -= self.taken

    def take(self, size: int) -> None:
        """Raises Refused when the body grows too large, or all bodies together do."""
        if self.taken + size > LARGEST:
            raise _too_large()
        if self.room.held + size > self.room.most:
            raise Refused(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "too much is arriving at once",
                "GitHub lists the delivery as failed, and it is asked for again.",
            )
        self.taken += size
        self.room.held += size


async def read(scope: Scope, receive: Receive, secrets: Sequence[bytes], share: _Share) -> Received:
    """The whole body, once it is sure who sent it. Raises Refused."""
    headers: dict[bytes, bytes] = dict(scope["headers"])

    def header(name: bytes) -> str:
        return headers.get(name, b"").decode("latin-1")

    if _SIGNATURE not in headers:
        raise Refused(
            HTTPStatus.UNAUTHORIZED,
            f"there is no {HEADER}",
            "Give the webhook a secret, the one this service has.",
        )
    announced = header(b"content-length")
    if announced.isdecimal() and (len(announced) > len(str(LARGEST)) or int(announced) > LARGEST):
        raise _too_large()
    verifier = Verifier(secrets)
    body = await _body(receive, verifier, share)
    if not verifier.matches(header(_SIGNATURE)):
        raise Refused(
            HTTPStatus.UNAUTHORIZED,
            f"{HEADER} does not fit the body",
            "The secret there and here must be the same.",
        )
    event, delivery_id = header(b"x-github-event"), header(b"x-github-delivery")
    if not _EVENT.fullmatch(event) or not _DELIVERY.fullmatch(delivery_id):
        raise Refused(HTTPStatus.BAD_REQUEST, "X-GitHub-Event and X-GitHub-Delivery must both be there")
    return Received(delivery_id, event, body)


async def _body(receive: Receive, verifier: Verifier, share: _Share) -> bytes:
    chunks: list[bytes] = []
    try:
        with Patience(SLOWEST_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refused(HTTPStatus.BAD_REQUEST, "the sender went away before the body was whole")
                chunk: bytes = message.get("body", b"")
                share.take(len(chunk))
                verifier.update(chunk)
                chunks.append(chunk)
                if not message.get("more_body", False):
                    return b"".join(chunks)
    except TimeoutError:
        raise Refused(HTTPStatus.REQUEST_TIMEOUT, f"the body took more than {SLOWEST_SECONDS} s") from None


def _too_large() -> Refused:
    return Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {LARGEST:,} bytes")
