"""`POST /webhooks/github`: verify, record, nudge, 202.

202  recorded (or recorded before and not handled yet); a worker is told
200  nothing is left to do: a ping, an event of no meaning here (kept all the same), or one that was handled
400  no delivery id, no event, or no JSON object; 401 unsigned or wrongly signed; 408 too slow; 413 too large
503  the ledger does not take it now; GitHub lists the delivery as failed, and it is asked for again

Nothing is stored before the signature is found right.
"""

import asyncio
import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect

from service.github.events import EventSummary, MalformedEvent, identify
from service.github.signature import HEADER, Verifier
from service.ledger import deliveries
from service.ledger.session import Nudge, session_scope
from service.ledger.tables import Delivery
from service.logging import bound

log = logging.getLogger(__name__)
router = APIRouter(tags=["webhooks"])

LARGEST: Final = 25 * 1024 * 1024
"""GitHub sends no larger payload."""
SLOWEST_SECONDS: Final = 30
TASK: Final = "handle_delivery"
_EVENT = re.compile(r"[a-z_]{1,60}")
_DELIVERY = re.compile(r"[A-Za-z0-9-]{1,100}")


class _Refused(Exception):
    """An answer, not a failure of ours."""

    def __init__(self, status: HTTPStatus, message: str, mend: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.mend = mend


@dataclass(frozen=True)
class _Received:
    delivery_id: str
    event: str
    body: bytes


@dataclass(frozen=True)
class _Kept:
    row_id: int
    handled: bool
    summary: EventSummary


@router.post("/webhooks/github")
async def receive(request: Request) -> JSONResponse:
    """Take one delivery. All that could block runs in a thread; the broker is told after the answer has left."""
    state = request.app.state
    try:
        received = await _read(request, state.webhook_secrets)
        if received.event == "ping":
            return _answer(HTTPStatus.OK, "pong")
        kept = await run_in_threadpool(_record, state.engine, received)
    except _Refused as refused:
        log.warning("webhook refused: %s", refused.message)
        return _answer(refused.status, refused.message, mend=refused.mend)
    if kept.handled:
        return _answer(HTTPStatus.OK, "handled before")
    nudge: Nudge = state.nudge
    background = BackgroundTask(_tell, nudge, kept.row_id)
    if not kept.summary.known:
        return _answer(HTTPStatus.OK, "kept; it means nothing here", background)
    return _answer(HTTPStatus.ACCEPTED, "recorded", background)


async def _read(request: Request, secrets: tuple[bytes, ...]) -> _Received:
    """The whole body, once it is sure who sent it. Raises _Refused."""
    signature = request.headers.get(HEADER)
    if signature is None:
        raise _Refused(
            HTTPStatus.UNAUTHORIZED,
            f"there is no {HEADER}",
            "Give the webhook a secret, the one this service has.",
        )
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > LARGEST:
        raise _too_large()
    verifier = Verifier(secrets)
    body = bytearray()
    try:
        async with asyncio.timeout(SLOWEST_SECONDS):
            async for chunk in request.stream():
                if len(body) + len(chunk) > LARGEST:
                    raise _too_large()
                verifier.update(chunk)
                body += chunk
    except TimeoutError:
        raise _Refused(HTTPStatus.REQUEST_TIMEOUT, f"the body took more than {SLOWEST_SECONDS} s") from None
    except ClientDisconnect:
        raise _Refused(HTTPStatus.BAD_REQUEST, "the sender went away before the body was whole") from None
    if not verifier.matches(signature):
        raise _Refused(
            HTTPStatus.UNAUTHORIZED,
            f"{HEADER} does not fit the body",
            "The secret there and here must be the same.",
        )
    event = request.headers.get("X-GitHub-Event", "")
    delivery_id = request.headers.get("X-GitHub-Delivery", "")
    if not _EVENT.fullmatch(event) or not _DELIVERY.fullmatch(delivery_id):
        raise _Refused(HTTPStatus.BAD_REQUEST, "X-GitHub-Event and X-GitHub-Delivery must both be there")
    return _Received(delivery_id, event, bytes(body))


def _too_large() -> _Refused:
    return _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {LARGEST:,} bytes")


def _record(engine: Engine, received: _Received) -> _Kept:
    """Keep the delivery, durably. Raises _Refused when it cannot be read, or not be kept."""
    try:
        summary = identify(received.event, received.body)
    except MalformedEvent as error:
        raise _Refused(HTTPStatus.BAD_REQUEST, error.message, error.mend) from error
    with bound(delivery=received.delivery_id, repository=summary.repository, number=summary.number):
        try:
            with session_scope(engine) as session:
                row_id, created = deliveries.record(
                    session,
                    delivery_id=received.delivery_id,
                    event=received.event,
                    action=summary.action,
                    repository=summary.repository,
                    body=received.body,
                    now=datetime.now(UTC),
                )
                handled = not created and session.get_one(Delivery, row_id).processed_at is not None
        except SQLAlchemyError as error:
            log.exception("delivery not recorded")
            raise _Refused(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "the ledger cannot be written",
                "GET /readyz says what is wrong.",
            ) from error
        log.info(
            "delivery %s: %s %s", "recorded" if created else "repeated", received.event, summary.action or ""
        )
    return _Kept(row_id, handled, summary)


def _tell(nudge: Nudge, row_id: int) -> None:
    """A broker that is down loses nothing: the sweeper finds the row."""
    try:
        nudge(TASK, row_id)
    except Exception:
        log.exception("nudge not sent: %s(%d); the sweeper will find the row", TASK, row_id)


def _answer(
    status: HTTPStatus, message: str, background: BackgroundTask | None = None, *, mend: str = ""
) -> JSONResponse:
    body: dict[str, Any] = {"message": message} | ({"mend": mend} if mend else {})
    return JSONResponse(body, status_code=status, background=background)
