"""The processes that a storm happens to: the whole service, a GitHub for it, and a clock that can be set back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from service.cli.journey.world import access, start_sample
from service.cli.stack import Stack, StackOptions
from service.github.standin.driver import StandIn
from service.ledger.session import make_engine
from service.settings import Settings

LEASE_SECONDS = 3.0
"""Short, so that what a killed worker held is soon free; a stopped one sleeps longer than this now and then."""
_ANY_NUMBER = 1_000_000


@dataclass(frozen=True)
class House:
    stack: Stack
    standin: StandIn
    engine: Engine
    settings: Settings
    clock: Path
    """Holds the seconds by which the service's clock is off."""

    @property
    def repository(self) -> str:
        return self.settings.repositories[0]


@contextmanager
def house(home: Path, *, database_url: str, recipe: str, shared: Path) -> Iterator[House]:
    """Everything up, with short leases and pauses; everything down again at the end."""
    home.mkdir(parents=True, exist_ok=True)
    clock = home / "clock-offset"
    clock.write_text("0")
    stack = Stack(_options(home, clock, database_url=database_url, recipe=recipe, shared=shared))
    stack.supervisor.fast_deaths = _ANY_NUMBER  # it is we who kill
    standin: StandIn | None = None
    engine: Engine | None = None
    try:
        standin = start_sample(home / "stand-in", stack)
        settings = stack.start(access(standin), say=lambda _: None)
        engine = make_engine(settings)
        yield House(stack, standin, engine, settings, clock)
    finally:
        stack.stop()
        if engine is not None:
            engine.dispose()
        if standin is not None:
            standin.stop()


def _options(home: Path, clock: Path, *, database_url: str, recipe: str, shared: Path) -> StackOptions:
    return StackOptions(
        home=home,
        shared=shared,
        recipe=recipe,
        database_url=database_url,
        write_interval=0.01,
        lease_seconds=LEASE_SECONDS,
        heartbeat_seconds=LEASE_SECONDS / 5,
        sweep_seconds=2.0,
        more={
            "GRAFT_CLOCK_OFFSET_FILE": str(clock),
            "GRAFT_LOOK_SECONDS": "1",
            "GRAFT_RETRY_SECONDS": "0.3",
            "GRAFT_STOP_GRACE_SECONDS": "2",
            "GRAFT_MAX_ATTEMPTS": "1000",  # whoever is killed that often is not to blame here
            "GRAFT_GITHUB_WRITES_A_MINUTE": str(_ANY_NUMBER),
            "GRAFT_GITHUB_WRITES_AN_HOUR": str(_ANY_NUMBER),
            "GRAFT_RELEASE_SCHEDULE": "",
        },
    )
