"""`graft app create`: a GitHub App for this service, made by GitHub's manifest flow with one click."""

import ipaddress
import os
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import typer
from rich.console import Console

from service.cli.registration.files import keep_key, keep_settings, prepare
from service.cli.registration.server import Registration, Wish, serving
from service.errors import Misconfigured, ServiceError
from service.github.manifest import LONGEST_NAME, NewApp, convert
from service.settings import Settings, get_settings, read_settings, repositories_of

app = typer.Typer(help="The GitHub App that this service speaks as.", no_args_is_help=True)

_LASTS_MINUTES: Final = 60
"""GitHub's code is good for an hour; who has not confirmed by then begins again."""


class NotRegistered(ServiceError):
    """Nobody confirmed at GitHub."""


@app.callback()
def _group() -> None:
    """With a callback, a single command keeps its name."""


@app.command()
def create(
    *,
    org: Annotated[str, typer.Option(help="The organisation that owns the App; without, your account.")] = "",
    url: Annotated[
        str, typer.Option(help="Where GitHub reaches this service; without, GRAFT_PUBLIC_URL.")
    ] = "",
    name: Annotated[str, typer.Option(help="Its name: all Apps of a GitHub have different ones.")] = "",
    repository: Annotated[
        list[str] | None, typer.Option(help="OWNER/NAME of a taxonomy to serve; may be repeated.")
    ] = None,
    settings_file: Annotated[
        Path | None,
        typer.Option("--settings", help="Where its settings go; without, GRAFT_SETTINGS or graftlab.env."),
    ] = None,
    public: Annotated[bool, typer.Option(help="Let other accounts install it too.")] = False,
    port: Annotated[int, typer.Option(help="Port of the page on this machine; 0 takes a free one.")] = 0,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page.")] = True,
) -> None:
    """Make the App at GitHub, with one click.

    Its number, private key and webhook secret are written where the service finds them.
    """
    console = Console(highlight=False, soft_wrap=True)
    repositories = _repositories(repository or [])
    named = os.environ.get("GRAFT_SETTINGS")
    # The file that the variable names may be what is written here.
    settings = get_settings() if not named or Path(named).exists() else read_settings(None)
    place = (settings_file or Path(named or "graftlab.env")).absolute()
    wish = Wish(
        web_url=settings.github_web_url.rstrip("/"),
        org=org,
        name=name or f"GraftLab {org}".strip()[:LONGEST_NAME],
        url=_reachable(url or settings.public_url, settings.github_web_url),
        public=public,
    )
    key_file = prepare(place)

    def finish(code: str) -> NewApp:
        made = convert(settings.github_api_url, code)
        keep_key(key_file, made.key)
        keep_settings(place, _values(made, settings, wish, key_file, repositories))
        return made

    made = _register(console, Registration(wish, finish), port, open_browser=open_browser)
    _say_what_next(console, made, place, key_file, served=bool(repositories or settings.repositories))


def _register(console: Console, registration: Registration, port: int, *, open_browser: bool) -> NewApp:
    try:
        with serving(registration, port):
            console.print(f"Open {registration.address}/ in a browser that is signed in to GitHub.")
            if open_browser and _has_display():
                webbrowser.open(f"{registration.address}/")
            console.print(f"Waiting for {_LASTS_MINUTES} minutes; Ctrl-C gives up, and then nothing is made.")
            registration.done.wait(_LASTS_MINUTES * 60)
    except OSError as error:
        raise Misconfigured(f"port {port} cannot be had: {error}", mend="Give another --port.") from error
    if registration.failure is not None:
        raise registration.failure
    if registration.made is None:
        raise NotRegistered("nobody confirmed at GitHub", mend="Begin again: graft app create.")
    return registration.made


def _repositories(names: list[str]) -> tuple[str, ...]:
    """Raises Misconfigured before anything is made, for what the service would not start with."""
    try:
        return repositories_of(names)
    except ValueError as error:
        raise Misconfigured(str(error), mend="Say --repository OWNER/NAME, once for each.") from error


def _reachable(url: str, web_url: str) -> str:
    """The URL for GitHub's webhooks; raises Misconfigured for one that GitHub cannot reach."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Misconfigured(
            f"{url!r} is no address of a service", mend="It looks like https://graft.example.org."
        )
    if _is_loopback(parts.hostname) and not _is_loopback(urlsplit(web_url).hostname or ""):
        raise Misconfigured(
            f"GitHub cannot reach {url}: that is this machine",
            mend="Say --url https://YOUR.HOST, or set GRAFT_PUBLIC_URL; a tunnel's address will do for trying.",
        )
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _values(
    made: NewApp, settings: Settings, wish: Wish, key_file: Path, repositories: Sequence[str]
) -> dict[str, str]:
    values = {
        "GRAFT_GITHUB_APP_ID": str(made.id),
        "GRAFT_GITHUB_APP_KEY_FILE": str(key_file),
        "GRAFT_WEBHOOK_SECRETS": made.webhook_secret,
        "GRAFT_BOT_LOGIN": made.bot_login,
        "GRAFT_PUBLIC_URL": wish.url,
    }
    if settings.github_api_url != Settings.model_fields["github_api_url"].default:
        values["GRAFT_GITHUB_API_URL"] = settings.github_api_url
        values["GRAFT_GITHUB_WEB_URL"] = settings.github_web_url
    if repositories:
        values["GRAFT_REPOSITORIES"] = ",".join(repositories)
    return values


def _has_display() -> bool:
    """Whether a browser can show itself; a terminal's own browsers would fill the terminal."""
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _say_what_next(console: Console, made: NewApp, place: Path, key_file: Path, *, served: bool) -> None:
    steps = [f"Install it on the taxonomy's repository: {made.install_url}"]
    if not served:
        steps.append(f"Name the repository in {place}: GRAFT_REPOSITORIES=OWNER/NAME")
    steps += [
        f"Start: GRAFT_SETTINGS={place} graft up",
        f"While it runs, look whether all is there: GRAFT_SETTINGS={place} graft doctor --home .graft",
    ]
    console.print(f"The App {made.name} is made: {made.html_url}", markup=False)
    console.print(
        f"Its settings are in {place}, its private key is in {key_file}; only you can read them.",
        markup=False,
    )
    for number, step in enumerate(steps, 1):
        console.print(f"  {number}. {step}", markup=False)
