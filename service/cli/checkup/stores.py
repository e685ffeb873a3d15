"""The ledger, the broker, and whether workers listen behind it."""

import time
from functools import partial
from typing import Final

import redis

from service.cli.checkup.part import Fault, Part
from service.cli.here import require_ledger
from service.ledger import deliveries
from service.ledger.backup import dialect_of
from service.ledger.session import make_engine, read_scope
from service.queue import QUEUES, make_app, stage_task
from service.settings import Settings

_SECONDS: Final = 2.0
_LISTENS_WITHIN: Final = 6.0


def parts(settings: Settings) -> list[Part]:
    return [
        Part("ledger", partial(_ledger, settings), "Start the database, or set GRAFT_DATABASE_URL."),
        Part(
            "broker",
            partial(_broker, settings),
            "Start Valkey or Redis, or set GRAFT_BROKER_URL; `graft up` brings its own.",
        ),
    ]


def workers(settings: Settings) -> list[Part]:
    """One part a queue."""
    return [
        Part(
            f"worker {queue}",
            partial(_listens, settings, queue),
            f"Start a worker on the queue `{queue}` (docs/operating.md); its work waits meanwhile, and is not lost.",
        )
        for queue in QUEUES
    ]


def _ledger(settings: Settings) -> str:
    require_ledger(settings)
    engine = make_engine(settings)
    try:
        with read_scope(engine) as session:
            return f"{dialect_of(settings)}, {deliveries.count(session)} deliveries"
    finally:
        engine.dispose()


def _client(settings: Settings) -> redis.Redis:
    return redis.Redis.from_url(settings.broker_url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)


def _broker(settings: Settings) -> str:
    with _client(settings) as client:
        server = client.info("server")
    return f"{server.get('server_name', 'redis')} {server.get('valkey_version', server['redis_version'])}"


def _listens(settings: Settings, queue: str) -> str:
    """A nudge is taken from the queue by whoever listens; it only makes a worker look for work."""
    with _client(settings) as client, make_app(settings) as app:
        client.ping()
        began = time.monotonic()
        task = "sweep" if queue == "control" else stage_task(queue)
        app.send_task(task, args=[0], queue=queue, ignore_result=True, retry=False)
        while client.llen(queue):
            if time.monotonic() - began > _LISTENS_WITHIN:
                raise Fault(f"nobody took a message within {_LISTENS_WITHIN:.0f} s")
            time.sleep(0.05)
    return f"listens, took a message within {max(time.monotonic() - began, 0.1):.1f} s"
