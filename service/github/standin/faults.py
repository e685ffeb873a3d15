"""Trouble on order: what an admin asked to go wrong, how often, and where."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ApiKind = Literal[
    "403",
    "404",
    "500",
    "502",
    "500-after",
    "403-retry-after",
    "429",
    "timeout",
    "timeout-after",
    "drop-connection",
]
HookKind = Literal["drop-webhook", "duplicate-webhook", "delay-webhook"]


class Fault(BaseModel):
    """One order. For requests, `match` is a path's beginning (without `/api/v3`); for webhooks, an event's name.

    `500-after`, `timeout-after` and `drop-connection` do the work first and then hide the answer: the client
    cannot know whether its write happened.
    """

    model_config = ConfigDict(extra="forbid")
    kind: ApiKind | HookKind
    times: int = Field(default=1, ge=1)
    match: str = ""
    method: str | None = None
    credential: str = Field(
        default="", description="The beginning of the token: `standin_installation_` means the App alone."
    )
    share: float = Field(default=1.0, gt=0, le=1, description="It hits this share of what it fits, evenly.")
    seconds: float = Field(
        default=1.0, ge=0, le=600, description="How long timeouts, delays and retries last."
    )


class Faults:
    """The orders still open, in the order they were given."""

    def __init__(self) -> None:
        self._open: list[Fault] = []
        self._met: dict[int, int] = {}
        self._done: Counter[str] = Counter()
        self._lock = threading.Lock()

    def order(self, fault: Fault) -> None:
        with self._lock:
            self._open.append(fault.model_copy())

    def clear(self) -> None:
        with self._lock:
            self._open.clear()
            self._met.clear()

    def open(self) -> list[Fault]:
        with self._lock:
            return [fault.model_copy() for fault in self._open]

    def done(self) -> dict[str, int]:
        """How often each kind has happened."""
        with self._lock:
            return dict(self._done)

    def for_request(self, method: str, path: str, credential: str = "") -> Fault | None:
        return self._take(
            lambda f: (
                not f.kind.endswith("webhook")
                and path.startswith(f.match)
                and f.method in (None, method)
                and credential.startswith(f.credential)
            )
        )

    def for_webhook(self, event: str) -> Fault | None:
        return self._take(lambda f: f.kind.endswith("webhook") and event.startswith(f.match))

    def _is_hit(self, fault: Fault) -> bool:
        met = self._met[id(fault)] = self._met.get(id(fault), 0) + 1
        return int(met * fault.share) > int((met - 1) * fault.share)

    def _take(self, wanted: Callable[[Fault], bool]) -> Fault | None:
        with self._lock:
            for fault in self._open:
                if wanted(fault) and self._is_hit(fault):
                    self._done[fault.kind] += 1
                    fault.times -= 1
                    if fault.times == 0:
                        self._open.remove(fault)
                    return fault
        return None
