"""Delivers webhooks: one at a time, in order, each tried once, as GitHub does. Outcomes stay on record."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from .faults import Fault
from .tables import Delivery
from .world import World

TIMEOUT_S = 10.0
_RESPONSE_KEPT = 4000


def signature(secret: str, payload: bytes) -> str:
    """The value of `X-Hub-Signature-256`."""
    return "sha256=" + hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()


def request_headers(row: Delivery) -> dict[str, str]:
    headers = {
        "Accept": "*/*",
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/standin",
        "X-GitHub-Delivery": row.guid,
        "X-GitHub-Event": row.event,
        "X-GitHub-Hook-ID": str(row.app_id),
        "X-GitHub-Hook-Installation-Target-ID": str(row.app_id),
        "X-GitHub-Hook-Installation-Target-Type": "integration",
    }
    if row.app.hook_secret is not None:
        headers["X-Hub-Signature-256"] = signature(row.app.hook_secret, row.payload)
    return headers


class Courier:
    """Waits for `world.deliver` and hands out what is waiting. It sleeps without polling."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def run(self) -> None:
        async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
            self.world.deliver.set()
            while True:
                await self.world.deliver.wait()
                self.world.deliver.clear()
                while (row := await self._next()) is not None:
                    await self._hand_over(client, row)

    async def _next(self) -> Delivery | None:
        with Session(self.world.engine, expire_on_commit=False) as session:
            query = select(Delivery).where(Delivery.state == "waiting").order_by(Delivery.id).limit(1)
            return session.scalar(query)

    async def _hand_over(self, client: httpx.AsyncClient, row: Delivery) -> None:
        fault = self.world.faults.for_webhook(row.event)
        if fault is not None and fault.kind == "delay-webhook":
            await asyncio.sleep(fault.seconds)
        started = time.monotonic()
        code, status, said = await self._post(client, row, fault)
        async with self.world.writing:
            with self.world.session() as session:
                kept = session.get_one(Delivery, row.id)
                kept.state = "tried"
                kept.delivered_at = self.world.now()
                kept.duration = round(time.monotonic() - started, 3)
                kept.status_code, kept.status, kept.response = code, status, said[:_RESPONSE_KEPT]

    async def _post(
        self, client: httpx.AsyncClient, row: Delivery, fault: Fault | None
    ) -> tuple[int, str, str]:
        if fault is not None and fault.kind == "drop-webhook":
            return 502, "failed to connect to host", ""
        times = 2 if fault is not None and fault.kind == "duplicate-webhook" else 1
        try:
            for _ in range(times):
                response = await client.post(row.url, content=row.payload, headers=request_headers(row))
        except httpx.TimeoutException:
            return 504, "timed out", ""
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return 502, "failed to connect to host", str(error)
        if response.is_success:
            return response.status_code, "OK", response.text
        return response.status_code, f"Invalid HTTP Response: {response.status_code}", response.text
