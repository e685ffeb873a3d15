"""From settings to the client."""

from functools import partial
from pathlib import Path
from typing import Final

from github import Auth, Github

from service.errors import Misconfigured
from service.github.app_key import KeyFile
from service.github.auth import AppCredentials, Credentials, TokenCredentials
from service.github.moves import never
from service.github.pygithub_client import PyGithubClient
from service.settings import Settings

TIMEOUT_SECONDS: Final = 20
USER_AGENT: Final = "graftlab"


def connect(settings: Settings) -> PyGithubClient:
    """The client that the settings name. Nothing is asked of GitHub before its first use.

    Raises Misconfigured when there is neither an App nor a token, or when the App's key cannot be read.
    """
    return PyGithubClient(
        credentials(settings),
        partial(open_github, settings.github_api_url),
        web_url=settings.github_web_url,
        more_url=settings.public_url,
    )


def open_github(api_url: str, auth: Auth.Auth | None) -> Github:
    """PyGithub for this API, as somebody or as nobody. It neither waits nor repeats, and goes nowhere it is sent:
    when to write and when to try again, the outbox decides.
    """
    return Github(
        auth=auth,
        base_url=api_url.rstrip("/"),
        timeout=TIMEOUT_SECONDS,
        user_agent=USER_AGENT,
        per_page=100,
        retry=never(),
        seconds_between_requests=None,
        seconds_between_writes=None,
        lazy=True,
    )


def credentials(settings: Settings) -> Credentials:
    """Who the settings say we are to GitHub. Raises Misconfigured as `connect` does."""
    if settings.github_app_id is not None:
        github = partial(open_github, settings.github_api_url)
        return AppCredentials(settings.github_app_id, _key(settings.github_app_key_file), github)
    if settings.github_token is not None and settings.github_token.get_secret_value():
        return TokenCredentials(settings.github_token.get_secret_value())
    raise Misconfigured(
        "no credentials for GitHub are configured",
        mend="Set GRAFT_GITHUB_APP_ID and GRAFT_GITHUB_APP_KEY_FILE, or GRAFT_GITHUB_TOKEN.",
    )


def _key(file: Path | None) -> KeyFile:
    if file is None:
        raise Misconfigured(
            "GRAFT_GITHUB_APP_ID is set, and the App's key is not",
            mend="Set GRAFT_GITHUB_APP_KEY_FILE to the private key (PEM) that GitHub gave you for the App.",
        )
    return KeyFile(file)
