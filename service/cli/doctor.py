"""`graft doctor`: is each real part here, and if not, what to do."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Annotated

import redis
import typer
from rich.console import Console
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from pipelines.errors import ExitCode, StageError
from pipelines.recipe import load_recipe
from service.errors import ServiceError
from service.settings import get_settings

_GIGABYTE = 1 << 30
_DISK_WANTED = 6
_ENGINES = ("torch", "transformers", "deepspeed", "vllm")

Check = tuple[str, Callable[[], str], str]


def doctor(
    *,
    engines: Annotated[bool, typer.Option(help="Also import the engines, which takes half a minute.")] = True,
) -> None:
    """Check each real part; exit 3 when one is missing."""
    console = Console(highlight=False)
    checks: list[Check] = [
        ("git", _git, "Install git."),
        ("disk", _disk, f"Free {_DISK_WANTED} GB."),
        ("settings", _settings, "Mend the GRAFT_* variables (docs/operating.md)."),
        ("recipe", _recipe, "Set GRAFT_RECIPE to laptop, scripted, node or a YAML file."),
        ("ledger", _ledger, "Start the database, or set GRAFT_DATABASE_URL."),
        ("broker", _broker, "Start Valkey or Redis, or set GRAFT_BROKER_URL; `graft up` brings its own."),
    ]
    if engines:
        checks += [(name, partial(_import, name), "Run `make setup`.") for name in _ENGINES]
    failed = 0
    for name, check, mend in checks:
        try:
            console.print(f"[green]ok[/green]       {name:12} {check()}")
        except (ServiceError, StageError, SQLAlchemyError, redis.RedisError, OSError, RuntimeError) as error:
            failed += 1
            line = str(error).splitlines()[-1] if str(error) else type(error).__name__
            console.print(f"[red]missing[/red]  {name:12} ", end="")
            console.print(f"{line}  {mend}", markup=False)
    raise typer.Exit(ExitCode.OUTSIDE_FAILED if failed else ExitCode.FINE)


def _git() -> str:
    return _output(["git", "--version"])


def _disk() -> str:
    free = shutil.disk_usage(".").free / _GIGABYTE
    if free < _DISK_WANTED:
        raise RuntimeError(f"{free:.1f} GB are free here.")
    return f"{free:.0f} GB free"


def _settings() -> str:
    settings = get_settings()
    return f"home {settings.home}, repositories {', '.join(settings.repositories) or 'none yet'}"


def _recipe() -> str:
    recipe = load_recipe(get_settings().recipe)
    return f"{recipe.name}: tunes {recipe.base_model}"


def _ledger() -> str:
    engine = create_engine(get_settings().ledger_url)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    return engine.dialect.name


def _broker() -> str:
    with redis.Redis.from_url(get_settings().broker_url, socket_timeout=2) as client:
        server = client.info("server")
    return f"{server.get('server_name', 'redis')} {server.get('valkey_version', server['redis_version'])}"


def _import(name: str) -> str:
    # A process of its own: doctor itself stays light, and a crash in an import is one line here.
    return _output([sys.executable, "-W", "ignore", "-c", f"import {name}; print({name}.__version__)"])


def _output(argv: list[str]) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=180)
    if done.returncode:
        raise RuntimeError(done.stderr.strip() or f"status {done.returncode}")
    return done.stdout.strip().splitlines()[-1]
