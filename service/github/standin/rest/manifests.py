"""The last step of the App manifest flow."""

from __future__ import annotations

from fastapi import APIRouter

from service.github.standin import manifests
from service.github.standin.call import CallNow, Json, TransactionRoute
from service.github.standin.shapes import people

router = APIRouter(route_class=TransactionRoute)


@router.post("/app-manifests/{code}/conversions", status_code=201)
def convert(call: CallNow, code: str) -> Json:
    """Asked without credentials: the code is the proof, and works once."""
    app, key = manifests.exchange(call.session, call.world, code)
    call.record("app.converted", app.slug)
    shape = people.integration(app, call.links, installations=0)
    return shape | {
        "client_secret": f"standin{app.id:033d}",
        "webhook_secret": app.hook_secret,
        "pem": key,
    }
