"""Durable 202s for signed webhooks of 24 kB, against a bare ASGI no-op on the same server and core.

No-op and service alternate, round by round: a ratio compares neighbours in time. The server has one core, and what
makes the load, the broker and PostgreSQL share another. Workers are told of what arrived as they always are.
"""

import os
import secrets
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

import uvicorn
from pydantic import SecretStr
from rich.console import Console
from sqlalchemy import Engine, func, select, text

from pipelines.errors import OutsideFailed
from pipelines.processes import free_port
from service.cli.benches.ingest_load import Request, p99, payload, rate
from service.cli.benches.result import BenchOptions, BenchResult, Figure, environment
from service.cli.broker import broker_command
from service.cli.stack import answers, inherited
from service.cli.supervisor import ProcessSpec, Supervisor
from service.ledger.migrations import upgrade
from service.ledger.session import make_engine, read_scope
from service.ledger.tables import Delivery
from service.settings import Settings

ROUNDS: Final = 5
SECONDS: Final = 1.5
BODY_BYTES: Final = 24_000
_GOALS: Final = {"durable_over_noop": "at least 0.5", "p99_ms_at_half_load": "at most 50"}
_UNITS: Final = {"durable_over_noop": "of the no-op's requests/s", "p99_ms_at_half_load": "ms"}


@dataclass(frozen=True)
class _Server:
    """One that is up; `engine` is its ledger's, None for the no-op."""

    name: str
    port: int
    request: Request
    engine: Engine | None


@dataclass
class _Measured:
    ratios: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)


def run(console: Console, options: BenchOptions) -> BenchResult:
    """About a minute and a half; exits 3 without PostgreSQL (GRAFT_DATABASE_URL, or pgserver) or Valkey."""
    del options
    with tempfile.TemporaryDirectory(prefix="graft-bench-") as folder, ExitStack() as stack:
        servers = stack.enter_context(_servers(Path(folder), console))
        measured = {name: _Measured() for name in servers if name != "noop"}
        noop_rates: list[float] = []
        for number in range(1, ROUNDS + 1):
            for name, found in measured.items():
                noop = rate(servers["noop"].port, servers["noop"].request, SECONDS)
                noop_rates.append(noop)
                _round(servers[name], found, noop)
                console.print(
                    f"round {number}/{ROUNDS} {name}: {found.rates[-1]:.0f}/s durable, {noop:.0f}/s no-op, "
                    f"p99 {found.p99_ms[-1]:.1f} ms at half load"
                )
    extra = {f"requests_per_s_{name}": f"{median(found.rates):.0f}" for name, found in measured.items()}
    extra["requests_per_s_noop"] = f"{median(noop_rates):.0f}"
    return BenchResult(
        name="ingest",
        figures=dict(_figures(measured)),
        peers={"uvicorn": uvicorn.__version__},
        environment=environment() | extra | {"body_bytes": str(BODY_BYTES)},
    )


def _round(server: _Server, found: _Measured, noop: float) -> None:
    reached = rate(server.port, server.request, SECONDS)
    found.rates.append(reached)
    found.ratios.append(reached / noop)
    found.p99_ms.append(1000 * p99(server.port, server.request, SECONDS, per_second=reached / 2))
    _empty(server, at_least=len(found.rates))


def _empty(server: _Server, *, at_least: int) -> None:
    """Keep the disk's use bounded, having made sure that what was answered is there."""
    assert server.engine is not None  # noqa: S101 - the no-op keeps nothing
    with read_scope(server.engine) as session:
        kept = session.scalar(select(func.count()).select_from(Delivery)) or 0
    if kept < at_least:
        raise OutsideFailed("nothing_kept", f"{server.name} kept nothing", mend="Look at the server's log.")
    with server.engine.begin() as connection:
        connection.execute(text("DELETE FROM deliveries"))


def _figures(measured: Mapping[str, _Measured]) -> Iterator[tuple[str, Figure]]:
    for database, found in measured.items():
        for figure, runs in (("durable_over_noop", found.ratios), ("p99_ms_at_half_load", found.p99_ms)):
            yield (
                f"{figure}_{database}",
                Figure(
                    value=round(median(runs), 3),
                    unit=_UNITS[figure],
                    goal=_GOALS[figure],
                    runs=[round(one, 3) for one in runs],
                ),
            )


@contextmanager
def _servers(folder: Path, console: Console) -> Iterator[dict[str, _Server]]:
    """The no-op, and the service once on each database; all are stopped at the end."""
    before = os.sched_getaffinity(0)
    cores = sorted(before)
    others = set(cores[1:]) or set(cores)
    supervisor = Supervisor(folder)
    with ExitStack() as stack:
        stack.callback(os.sched_setaffinity, 0, before)
        stack.callback(supervisor.stop)
        # A child is born with its parent's cores: the broker and PostgreSQL keep those of the load.
        os.sched_setaffinity(0, others)
        broker = _broker(folder, supervisor)
        databases = {"sqlite": "", "postgresql": stack.enter_context(_postgresql(folder))}
        os.sched_setaffinity(0, cores[:1])
        console.print(f"servers on core {cores[0]}, load on {', '.join(map(str, sorted(others)))}")
        servers = {"noop": _noop(supervisor)}
        for name, url in databases.items():
            servers[name] = _service(folder / name, supervisor, name, url, broker)
        os.sched_setaffinity(0, others)
        yield servers


def _broker(folder: Path, supervisor: Supervisor) -> str:
    port = free_port()
    (folder / "valkey").mkdir()
    supervisor.start(ProcessSpec("valkey", broker_command(port, folder / "valkey"), inherited()))
    return f"redis://127.0.0.1:{port}/0"


@contextmanager
def _postgresql(folder: Path) -> Iterator[str]:
    """A database for the bench alone, in the server that was given or in one of its own."""
    given = os.environ.get("GRAFT_DATABASE_URL", "")
    if given.startswith("postgres"):
        yield given
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # without XDG_RUNTIME_DIR the folder for temporary files will do
            from pgserver.postgres_server import get_server
    except ImportError as error:
        raise OutsideFailed(
            "no_postgresql",
            "there is no PostgreSQL to measure on",
            mend="Set GRAFT_DATABASE_URL to an empty database, or install the package pgserver.",
        ) from error
    server = get_server(folder / "postgresql")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()


def _noop(supervisor: Supervisor) -> _Server:
    port = free_port()
    _serve(supervisor, "noop", "service.cli.benches.ingest_noop:app", port, inherited())
    return _Server("noop", port, Request.to(port, b"unused", payload(BODY_BYTES)), None)


def _service(home: Path, supervisor: Supervisor, name: str, url: str, broker: str) -> _Server:
    port, secret = free_port(), secrets.token_hex(32)
    settings = Settings(home=home, database_url=url, broker_url=broker, webhook_secrets=(SecretStr(secret),))
    upgrade(settings)
    given: dict[str, Any] = {
        "HOME": home,
        "DATABASE_URL": url,
        "BROKER_URL": broker,
        "WEBHOOK_SECRETS": secret,
    }
    env = inherited() | {f"GRAFT_{key}": str(value) for key, value in given.items()}
    _serve(supervisor, name, "service.app:create_app", port, env)
    return _Server(name, port, Request.to(port, secret.encode(), payload(BODY_BYTES)), make_engine(settings))


def _serve(supervisor: Supervisor, name: str, app: str, port: int, env: Mapping[str, str]) -> None:
    """Start the server as `graft up` does."""
    factory = () if app.endswith(":app") else ("--factory",)
    argv = (sys.executable, "-m", "uvicorn", *factory, app, "--port", str(port), "--no-access-log")
    ready = f"http://127.0.0.1:{port}/healthz"
    supervisor.start(ProcessSpec(name, argv, env, ready=lambda: answers(ready)))
