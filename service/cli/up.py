"""`graft up`: the service on this machine, until Ctrl-C."""

import os
import signal
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from service.cli.stack import GitHubAccess, Stack, StackOptions
from service.errors import Misconfigured
from service.settings import Settings, get_settings

if TYPE_CHECKING:
    from service.github.standin.driver import StandIn


def up(
    *,
    local: Annotated[bool, typer.Option(help="Start the stand-in too, with a sample taxonomy.")] = False,
    home: Annotated[Path, typer.Option(help="Where everything is kept.")] = Path(".graft"),
    recipe: Annotated[str | None, typer.Option(help="Overrides GRAFT_RECIPE.")] = None,
    port: Annotated[int, typer.Option(help="Port of the web process; 0 takes a free one.")] = 8000,
    mirror: Annotated[list[str] | None, typer.Option(help="URL=REPO: read documents from REPO.")] = None,
) -> None:
    """Run web, workers, schedule and broker; settings come from GRAFT_* variables (docs/operating.md)."""
    console = Console(highlight=False)
    settings = get_settings()
    home = home.resolve()
    options = StackOptions(
        home=home,
        shared=home,
        recipe=recipe or settings.recipe,
        mirrors=settings.mirrors | _parsed(mirror or []),
        database_url=settings.database_url,
        write_interval=settings.github_write_interval,
        lease_seconds=settings.lease_seconds,
        heartbeat_seconds=settings.heartbeat_seconds,
        sweep_seconds=settings.sweep_seconds,
        port=port,
        more=_passed_on(settings),
    )
    # With the stand-in there is one; GitHub may be between an old one and a new one.
    given = [one.get_secret_value() for one in settings.webhook_secrets][: 1 if local else None]
    secret = ",".join(given) or None
    if not (local or secret):
        settings.require_webhook_secrets()
    stack = Stack(options, webhook_secret=secret)
    signal.signal(signal.SIGTERM, _stop)
    standin: StandIn | None = None
    try:
        if local:
            # Loaded when asked for: with a real GitHub this process needs nothing to speak to one.
            from service.cli.journey.world import access, start_sample

            standin = start_sample(home / "stand-in", stack)
            console.print(f"the stand-in for GitHub: {standin.base_url}/{standin.seeded.repository}")
        stack.start(
            access(standin) if standin else _real(settings),
            say=lambda name: console.print(f"starting {name}"),
        )
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


def _passed_on(settings: Settings) -> dict[str, str]:
    """What was set besides, for the processes; with the variables that stages may see."""
    more = {
        "GRAFT_MAX_ATTEMPTS": str(settings.max_attempts),
        "GRAFT_STOP_GRACE_SECONDS": str(settings.stop_grace_seconds),
        "GRAFT_RELEASE_SCHEDULE": settings.release_schedule,
        "GRAFT_STAGE_ENVIRONMENT": ",".join(settings.stage_environment),
        "GRAFT_LOG_JSON": str(settings.log_json).lower(),
        "GRAFT_KEEP_DELIVERIES_DAYS": str(settings.keep_deliveries_days),
        "GRAFT_KEEP_ARTIFACTS_DAYS": str(settings.keep_artifacts_days),
        "GRAFT_KEEP_RELEASES": str(settings.keep_releases),
    }
    return more | {name: os.environ[name] for name in settings.stage_environment if name in os.environ}


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
