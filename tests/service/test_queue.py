"""Nudges: messages that nothing depends on, so nothing waits for them."""

import socket

import pytest

from service import queue
from service.settings import Settings


def test_a_broker_that_is_away_holds_up_nobody_who_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = list[float]()
    monkeypatch.setattr("kombu.utils.functional.sleep", pauses.append)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    # Nobody listens there any more.
    with queue.make_app(Settings(broker_url=f"redis://127.0.0.1:{port}/0")) as away:
        monkeypatch.setattr(queue, "app", away)
        assert not queue.nudge("handle_delivery", 1)
    assert pauses == []
