"""A delivery as it streams in."""

import asyncio
from http import HTTPStatus
from typing import Any

import pytest

from service.webhooks import reading


async def test_a_body_that_takes_too_long_is_refused_and_its_room_given_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "SLOWEST_SECONDS", 0.01)
    messages: asyncio.Queue[Any] = asyncio.Queue()
    messages.put_nowait({"type": "http.request", "body": b"{", "more_body": True})

    room = reading.Room()
    scope = {"type": "http", "headers": [(b"x-hub-signature-256", b"sha256=0")]}
    with pytest.raises(reading.Refused) as caught, room.share() as share:
        await reading.read(scope, messages.get, (b"secret",), share)
    assert caught.value.status == HTTPStatus.REQUEST_TIMEOUT
    assert room.held == 0
