"""`graft up`: the service on this machine, until Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console

from service.cli.stack import GitHubAccess, Stack, StackOptions, inherited
from service.errors import Misconfigured
from service.settings import Settings, get_settings

if TYPE_CHECKING:
    from service.github.standin.driver import StandIn

_OF_OTHERS: Final = frozenset(
    {
        *("webhook_secrets", "github_app_id", "github_app_key_file", "github_token"),
        *("home", "broker_url", "recipe", "mirrors"),
    }
)
"""Settings that not every process may know, and those that are decided here."""
_LOCAL: Final = frozenset({"public_url", "repositories", "github_api_url", "github_web_url", "bot_login"})
"""With the stand-in these are its own."""
_READ_RECIPE: Final = """
import sys
from pipelines.errors import StageError
from pipelines.recipe import load_recipe
try:
    load_recipe(sys.argv[1])
except StageError as error:
    sys.exit(error.message)
"""


def up(
    *,
    local: Annotated[bool, typer.Option(help="Start the stand-in too, with a sample taxonomy.")] = False,
    home: Annotated[
        Path | None, typer.Option(help="Where everything is kept; without, GRAFT_HOME, else .graft.")
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(help="A shipped recipe or a YAML file; without, GRAFT_RECIPE.")
    ] = None,
    port: Annotated[
        int, typer.Option(help="Port of the web process; 0 takes a free one.", min=0, max=65_535)
    ] = 8000,
    mirror: Annotated[list[str] | None, typer.Option(help="URL=REPO: read documents from REPO.")] = None,
) -> None:
    """Run the service on this machine.

    Web, workers, schedule and a broker of their own, until Ctrl-C. Settings come from GRAFT_* variables, or from the
    file that GRAFT_SETTINGS names (docs/operating.md).
    """
    console = Console(highlight=False, soft_wrap=True)
    settings = get_settings()
    real = None if local else _real(settings)
    if real is not None:
        settings.require_webhook_secrets()
    home = _home(home, settings).resolve()
    chosen = recipe or settings.recipe
    _require_recipe(chosen)
    options = StackOptions(
        home=home,
        shared=home,
        recipe=chosen,
        mirrors=settings.mirrors | _parsed(mirror or []),
        database_url=settings.database_url,
        port=port,
        more=_passed_on(settings, local=local),
    )
    stack = Stack(options, webhook_secret=_secrets(settings, local=local))
    signal.signal(signal.SIGTERM, _stop)
    standin: StandIn | None = None
    try:
        if real is None:
            # Loaded when asked for: with a real GitHub this process needs nothing to speak to one.
            from service.cli.journey.world import access, start_sample

            standin = start_sample(home / "stand-in", stack)
            console.print(f"the stand-in for GitHub: {standin.base_url}/{standin.seeded.repository}")
            real = access(standin)
        stack.start(real, say=lambda name: console.print(f"starting {name}"))
        console.print(f"GraftLab is up: {stack.web_url}   (Ctrl-C stops it; logs are in {home / 'logs'})")
        while True:
            stack.tick()
            time.sleep(0.5)
    except KeyboardInterrupt:
        console.print("stopping")
    finally:
        stack.stop()
        if standin is not None:
            standin.stop()


def _parsed(mirrors: list[str]) -> dict[str, str]:
    if not mirrors:
        return {}
    from service.cli.run import parse_mirrors

    return parse_mirrors(mirrors)


def _secrets(settings: Settings, *, local: bool) -> str | None:
    """With the stand-in there is one; GitHub may be between an old one and a new one."""
    given = [one.get_secret_value() for one in settings.webhook_secrets]
    return ",".join(given[:1] if local else given) or None


def _home(named: Path | None, settings: Settings) -> Path:
    """Who only tries it finds everything below where they stand; who set a home finds it there."""
    return named or (settings.home if "home" in settings.model_fields_set else Path(".graft"))


def _require_recipe(name: str) -> None:
    """Raises Misconfigured for one that no stage could read. In a child: this process loads no stage's settings."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", _READ_RECIPE, name],
        env=inherited(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Misconfigured(
            done.stderr.strip(), mend="Name laptop, scripted, node or a YAML file: --recipe, or GRAFT_RECIPE."
        )


def _passed_on(settings: Settings, *, local: bool = False) -> dict[str, str]:
    """Every setting that was set and that all processes may know; with the variables that stages may see."""
    left_out = _OF_OTHERS | _LOCAL if local else _OF_OTHERS
    more = {
        f"GRAFT_{name.upper()}": _written(getattr(settings, name))
        for name in sorted(settings.model_fields_set - left_out)
    }
    return more | {name: os.environ[name] for name in settings.stage_environment if name in os.environ}


def _written(value: Any) -> str:
    """A setting as its variable holds it."""
    match value:
        case bool():
            return str(value).lower()
        case tuple():
            return ",".join(value)
        case dict():
            return json.dumps(value)
        case Path():
            return str(value.absolute())
        case _:
            return "" if value is None else str(value)


def _real(settings: Settings) -> GitHubAccess:
    """The GitHub of the settings. Raises Misconfigured without credentials, or without a repository."""
    token = settings.github_token.get_secret_value() if settings.github_token else ""
    is_app = settings.github_app_id is not None and settings.github_app_key_file is not None
    if not (is_app or token) or not settings.repositories:
        raise Misconfigured(
            "there is nobody to speak to GitHub as, or no repository to serve",
            mend="Run `graft app create` and set GRAFT_SETTINGS and GRAFT_REPOSITORIES, or say --local.",
        )
    return GitHubAccess(
        api_url=settings.github_api_url,
        web_url=settings.github_web_url,
        app_id=settings.github_app_id,
        key_file=settings.github_app_key_file.absolute() if settings.github_app_key_file else None,
        bot_login=settings.bot_login,
        repositories=settings.repositories,
        token=token,
    )


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
