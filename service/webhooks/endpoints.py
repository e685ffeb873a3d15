"""`POST /webhooks/github`: verify, record, nudge, 202.

202  recorded (or recorded before and not handled yet); a worker is told
200  nothing is left to do: a ping, an event of no meaning here (kept all the same), or one that was handled
400  no delivery id, no event, or no JSON object; 401 unsigned or wrongly signed; 408 too slow; 413 too large
503  the ledger does not take it now; GitHub lists the delivery as failed, and it is asked for again

Nothing is stored before the signature is found right, and nothing is answered 202 before it is on the disk.
"""

import json
import logging
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import BaseModel
from sqlalchemy import Engine
from starlette.types import Message, Receive, Scope, Send

from service.github.events import MalformedEvent
from service.github.signature import HEADER
from service.headers import RAW_HEADERS
from service.ledger.session import Nudge
from service.webhooks.reading import Refused, Room, read
from service.webhooks.recorder import Kept, NotKept, Overfull, Recorder
from service.webhooks.ringer import Ringer

log = logging.getLogger(__name__)

PATH: Final = "/webhooks/github"
TASK: Final = "handle_delivery"


@dataclass(slots=True)
class Door:
    """What the endpoint needs, one for an app: it is found under `app.state.door`."""

    secrets: tuple[bytes, ...]
    recorder: Recorder
    ringer: Ringer
    room: Room = field(default_factory=Room)

    @classmethod
    def of(cls, secrets: tuple[bytes, ...], engine: Engine, nudge: Nudge) -> "Door":
        return cls(secrets, Recorder(engine), Ringer(nudge))

    def close(self) -> None:
        self.recorder.close()
        self.ringer.close()


class Answer(BaseModel):
    """What was done with a delivery; `mend` says what to do next when it was refused."""

    message: str
    mend: str | None = None


async def receive_delivery(scope: Scope, receive: Receive, send: Send) -> None:
    """Take one delivery. The ledger is written by another thread; the broker is told after the answer has left."""
    door: Door = scope["app"].state.door
    try:
        with door.room.share() as share:
            received = await read(scope, receive, door.secrets, share)
            kept = None if received.event == "ping" else await door.recorder.keep(received)
    except Refused as refused:
        log.warning("webhook refused: %s", refused.message)
        await _send(send, _answer(refused.status, refused.message, refused.mend))
    except MalformedEvent as error:
        log.warning("webhook refused: %s", error.message)
        await _send(send, _answer(HTTPStatus.BAD_REQUEST, error.message, error.mend))
    except (NotKept, Overfull) as error:
        await _send(send, _NOT_KEPT if isinstance(error, NotKept) else _OVERFULL)
    else:
        await _send(send, _PONG if kept is None else _answer_to(kept))
        if kept is not None and not kept.processed:
            door.ringer.ring(TASK, kept.row_id)


def _answer_to(kept: Kept) -> tuple[Message, Message]:
    if kept.processed:
        return _HANDLED
    return _RECORDED if kept.known else _MEANINGLESS


def _answer(status: HTTPStatus, message: str, mend: str = "") -> tuple[Message, Message]:
    body = json.dumps(Answer(message=message, mend=mend or None).model_dump(exclude_none=True)).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *RAW_HEADERS,
    ]
    return (
        {"type": "http.response.start", "status": int(status), "headers": headers},
        {"type": "http.response.body", "body": body},
    )


_PONG: Final = _answer(HTTPStatus.OK, "pong")
_HANDLED: Final = _answer(HTTPStatus.OK, "handled before")
_MEANINGLESS: Final = _answer(HTTPStatus.OK, "kept; it means nothing here")
_RECORDED: Final = _answer(HTTPStatus.ACCEPTED, "recorded")
_NOT_KEPT: Final = _answer(
    HTTPStatus.SERVICE_UNAVAILABLE, "the ledger cannot be written", "GET /readyz says what is wrong."
)
_OVERFULL: Final = _answer(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "too many deliveries wait already",
    "The delivery is asked for again later.",
)


async def _send(send: Send, answer: tuple[Message, Message]) -> None:
    start, body = answer
    await send(dict(start))
    await send(dict(body))


class _Plain(APIRoute):
    """Described as every other, but served as plain ASGI: what a request object and its checks cost is a large part of
    what a whole delivery does.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.app = receive_delivery


def _header(name: str, pattern: str, meaning: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "header", "required": True, "description": meaning, "schema": schema}


_DESCRIPTION: Final[dict[str, Any]] = {
    "parameters": [
        _header("X-GitHub-Event", "^[a-z_]{1,60}$", "The event's name."),
        _header("X-GitHub-Delivery", "^[A-Za-z0-9-]{1,100}$", "The same for every attempt at one delivery."),
        _header(HEADER, "^sha256=[0-9a-f]{64}$", "HMAC of the raw body under the webhook's secret."),
    ],
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
}
_MEANINGS: Final = {
    200: "Nothing is left to do: a ping, an event of no meaning here (kept all the same), or one that was handled.",
    202: "Recorded, durably.",
    400: "No delivery id, no event, no JSON object, or the sender went away.",
    401: "Unsigned, or wrongly signed.",
    408: "The body took too long.",
    413: "Larger than GitHub's largest payload.",
    503: "Not recorded: the ledger cannot be written now, or too much arrives at once.",
}

router = APIRouter(tags=["webhooks"], route_class=_Plain)


@router.post(
    PATH,
    status_code=202,
    responses={code: {"model": Answer, "description": meaning} for code, meaning in _MEANINGS.items()},
    openapi_extra=_DESCRIPTION,
)
def receive() -> Answer:
    """Take one delivery of GitHub's."""
    raise NotImplementedError  # `_Plain` serves `receive_delivery`
