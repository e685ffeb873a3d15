"""The stand-in's own paths under `/_standin/`: faults to order, the history of writes, and health. Loopback only."""

from __future__ import annotations

import ipaddress
from hashlib import sha256
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import select

from . import people
from .call import Body, CallNow, TransactionRoute, take
from .errors import ApiError
from .faults import Fault
from .rest import checks
from .tables import Deed, Delivery

Json = dict[str, Any]


def only_loopback(request: Request) -> None:
    """Refuses whoever is not on this machine."""
    host = request.client.host if request.client else ""
    try:
        near = ipaddress.ip_address(host).is_loopback
    except ValueError:
        near = False
    if not near:
        raise ApiError(403, "The stand-in's own paths answer on the loopback interface only.")


router = APIRouter(prefix="/_standin", dependencies=[Depends(only_loopback)], route_class=TransactionRoute)
public = APIRouter(prefix="/_standin")


@public.get("/healthz")
def healthz() -> Json:
    return {"status": "ok"}


@router.post("/faults", status_code=201)
def order_fault(call: CallNow, fault: Fault) -> Fault:
    call.world.faults.order(fault)
    return fault


@router.get("/faults")
def list_faults(call: CallNow) -> list[Fault]:
    return call.world.faults.open()


@router.get("/faults/done")
def faults_done(call: CallNow) -> dict[str, int]:
    """How often each kind has happened since the start."""
    return call.world.faults.done()


@router.delete("/faults", status_code=204)
def clear_faults(call: CallNow) -> None:
    call.world.faults.clear()


@router.get("/history")
def history(call: CallNow, after: int = 0, what: str = "", target: str = "") -> list[Json]:
    """Every write in order; `what` and `target` narrow by their beginning, `after` by number."""
    query = select(Deed).where(Deed.id > after).order_by(Deed.id)
    return [
        {"id": row.id, "at": row.at, "who": row.who, "what": row.what, "target": row.target,
         "body_sha256": row.body_sha256}
        for row in call.session.scalars(query)
        if row.what.startswith(what) and row.target.startswith(target)
    ]  # fmt: skip


@router.get("/deliveries")
def deliveries(call: CallNow, state: str = "") -> list[Json]:
    """Every webhook attempt with its outcome, those still waiting included; `state`: `waiting` or `tried` alone."""
    return [
        {"id": row.id, "guid": row.guid, "event": row.event, "action": row.action, "state": row.state,
         "redelivery": row.redelivery, "status": row.status, "status_code": row.status_code}
        for row in call.session.scalars(select(Delivery).order_by(Delivery.id))
        if row.state.startswith(state)
    ]  # fmt: skip


@router.post("/check-runs/{run_id}/press", status_code=201)
def press_button(call: CallNow, run_id: int, body: Body) -> Json:
    """What GitHub does by its pages alone: press a button of a check run, as whoever's token comes along."""
    checks.press(call, run_id, take(body, "identifier", str, resource="CheckRunAction"))
    return {}


@router.put("/repos/{owner}/{name}/people/{login}")
def appoint(call: CallNow, owner: str, name: str, login: str, body: Body) -> Json:
    """Says who somebody is: `role` and `custom_role` in the repository, `teams` of its owner. Answers with a token.

    What is not named is taken away; an unknown login comes into being.
    """
    return people.appoint(
        call.world,
        call.session,
        call.repo(owner, name),
        login,
        role=take(body, "role", str, resource="Role", default=None),
        custom_role=take(body, "custom_role", str, resource="Role", default=None),
        teams=take(body, "teams", list, resource="Role", default=[]),
    )


@public.get("/avatars/{account_id}.svg")
def avatar(account_id: int) -> Response:
    """Squares in a colour, both from the account's number."""
    digest = sha256(str(account_id).encode()).digest()
    squares = "".join(
        f'<rect x="{x}" y="{y}" width="1" height="1"/>'
        for y in range(5)
        for column in range(3)
        if digest[y * 3 + column] % 2
        for x in {column, 4 - column}
    )
    hue = digest[-1] * 360 // 256
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 7 7">'
        f'<rect x="-1" y="-1" width="7" height="7" fill="hsl({hue} 40% 92%)"/>'
        f'<g fill="hsl({hue} 45% 45%)">{squares}</g></svg>'
    )
    return Response(svg, media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})
