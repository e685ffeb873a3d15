"""GitHub: who we are there, on which repositories and with which rights, whether its webhooks arrive."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property, partial
from typing import Any, Final

from github import Github

from service.cli.checkup.part import Fault, Note, Part
from service.errors import GitHubGone
from service.github import moves, rights
from service.github.auth import AppCredentials, Credentials
from service.github.connect import credentials, open_github
from service.github.speaking import speaking
from service.settings import Settings

_SKEW: Final = timedelta(seconds=30)
"""GitHub refuses an App's token that is dated more than a minute ahead; ours is dated back by one."""
_SHORTEST_SECRET: Final = 16
_UNAUTHORISED: Final = 401
_CREDENTIALS: Final = "Run `graft app create`, or set GRAFT_GITHUB_APP_ID and GRAFT_GITHUB_APP_KEY_FILE."


def parts(settings: Settings) -> list[Part]:
    ask = partial(_Asking, settings)
    named = [
        Part(repository, partial(_repository, settings, repository), "Install the App on it.")
        for repository in settings.repositories
    ]
    return [
        Part("secret", partial(_secret, settings), "Set GRAFT_WEBHOOK_SECRETS: openssl rand -hex 32."),
        Part("github", lambda: ask().who(), _CREDENTIALS),
        Part("clock", lambda: ask().clock(), "Let a time service set this machine's clock."),
        Part("webhook", lambda: ask().webhook(), "Set it in the App's settings at GitHub."),
        *(named or [Part("repositories", _none, "Set GRAFT_REPOSITORIES=OWNER/NAME.")]),
    ]


def _repository(settings: Settings, name: str) -> str:
    return _Asking(settings).repository(name)


def _none() -> str:
    raise Fault("no repository is served")


def _secret(settings: Settings) -> str:
    secrets = settings.require_webhook_secrets()
    if min(map(len, secrets)) < _SHORTEST_SECRET:
        raise Fault(f"a webhook secret is shorter than {_SHORTEST_SECRET} characters: it can be guessed")
    return f"{len(secrets)} webhook secret{'s, which may be in the middle of a change' if len(secrets) > 1 else ''}"


class _Asking:
    """One question to GitHub."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _credentials(self) -> Credentials:
        return credentials(self._settings)

    def who(self) -> str:
        """The App with its rights and events, or the token's user."""
        if not self._credentials.is_app:
            user, _ = self._get("/user")
            raise Note(f"a token of {user['login']}: it cannot write check runs", "Better: graft app create.")
        app, _ = self._get("/app")
        lacking = rights.lacking(app["permissions"])
        missing = [event for event in rights.EVENTS if event not in app["events"]]
        faults = [f"{level} {name}" for name, level in lacking.items() if name != "members"]
        if faults or missing:
            wants = "; ".join(filter(None, (", ".join(faults), ", ".join(missing))))
            raise Fault(
                f"the App {app['slug']} lacks: {wants}",
                f"Give it these in its settings ({app['html_url']}); owners then accept them.",
            )
        login = f"{app['slug']}[bot]"
        if login != self._settings.bot_login:
            raise Fault(
                f"the App speaks as {login}, the settings say {self._settings.bot_login}",
                f"Set GRAFT_BOT_LOGIN={login}.",
            )
        return f"{login}, with all it needs"

    def clock(self) -> str:
        """GitHub's time is in every answer, also in a refusal's."""
        _, headers = self._get("/meta", as_nobody=True)
        skew = datetime.now(UTC) - parsedate_to_datetime(headers["date"])
        if abs(skew) > _SKEW:
            ahead = "ahead of" if skew > timedelta() else "behind"
            raise Fault(f"this machine is {abs(skew).total_seconds():.0f} s {ahead} GitHub")
        return f"within {_SKEW.seconds} s of GitHub's"

    def webhook(self) -> str:
        """Where GitHub sends deliveries, and whether the newest were taken."""
        if not self._credentials.is_app:
            raise Note("a token cannot see the webhook", "Look in the repository's settings at GitHub.")
        config, _ = self._get("/app/hook/config")
        wanted = f"{self._settings.public_url.rstrip('/')}/webhooks/github"
        if config.get("url") != wanted:
            raise Fault(f"GitHub sends to {config.get('url') or 'nowhere'}, this service is at {wanted}")
        deliveries, _ = self._get("/app/hook/deliveries?per_page=20")
        newest = deliveries[0]["status_code"] if deliveries else None
        if newest == _UNAUTHORISED:
            raise Fault(
                "the newest delivery was refused: the secrets differ",
                "Put the App's webhook secret into GRAFT_WEBHOOK_SECRETS, and restart web.",
            )
        failed = sum(not 200 <= one["status_code"] < 300 for one in deliveries)  # noqa: PLR2004 - HTTP's successes
        if failed:
            raise Note(
                f"{failed} of the newest {len(deliveries)} deliveries failed", "They are asked for again."
            )
        return f"GitHub sends to {wanted}"

    def repository(self, name: str) -> str:
        if isinstance(self._credentials, AppCredentials):
            installation = self._credentials.installation(name)
            lacking = rights.lacking(installation.permissions)
            lacking.pop("members", None)  # without it nobody has a role by a team, which is said elsewhere
            if lacking:
                raise Fault(
                    f"the installation lacks: {', '.join(f'{level} {what}' for what, level in lacking.items())}",
                    f"Its owner accepts them at {installation.settings_url}.",
                )
            self._credentials.token(name)
            return "the App is installed, and gets a token"
        try:
            found, _ = self._get(f"/repos/{name}", of=name)
        except GitHubGone as error:
            raise Fault("the token cannot see it", "Give the token this repository.") from error
        if not found.get("permissions", {}).get("push"):
            raise Fault("the token may not write to it", "Give the token write access.")
        return "the token may write"

    def _get(self, path: str, *, of: str = "", as_nobody: bool = False) -> tuple[Any, Mapping[str, Any]]:
        auth = None if as_nobody else self._credentials.for_itself()
        github: Github = open_github(self._settings.github_api_url, auth)
        try:
            with (
                speaking(f"GitHub's {path.partition('?')[0]}"),
                moves.noticed(of, lambda number: moves.named(github.requester, number)),
            ):
                headers, body = github.requester.requestJsonAndCheck("GET", path)
        finally:
            github.close()
        return body, {name.lower(): value for name, value in headers.items()}
