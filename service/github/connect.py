"""From settings to the client."""

from functools import partial
from pathlib import Path
from typing import Final

from github import Auth, Github

from service.errors import Misconfigured
from service.github.auth import AppCredentials, Credentials, TokenCredentials
from service.github.pygithub_client import PyGithubClient
from service.settings import Settings

TIMEOUT_SECONDS: Final = 20
USER_AGENT: Final = "graftlab"


def connect(settings: Settings) -> PyGithubClient:
    """The client that the settings name. Nothing is asked of GitHub before its first use.

    Raises Misconfigured when there is neither an App nor a token, or when the App's key cannot be read.
    """
    github = partial(_github, settings.github_api_url.rstrip("/"))
    return PyGithubClient(
        _credentials(settings, github),
        github,
        web_url=settings.github_web_url,
        more_url=settings.public_url,
    )


def _github(api_url: str, auth: Auth.Auth) -> Github:
    """PyGithub without waits and repeats of its own: when to write and when to try again, the outbox decides."""
    return Github(
        auth=auth,
        base_url=api_url,
        timeout=TIMEOUT_SECONDS,
        user_agent=USER_AGENT,
        per_page=100,
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
        lazy=True,
    )


def _credentials(settings: Settings, github: "partial[Github]") -> Credentials:
    if settings.github_app_id is not None:
        return AppCredentials(settings.github_app_id, _key(settings.github_app_key_file), github)
    if settings.github_token is not None and settings.github_token.get_secret_value():
        return TokenCredentials(settings.github_token.get_secret_value())
    raise Misconfigured(
        "no credentials for GitHub are configured",
        mend="Set GRAFT_GITHUB_APP_ID and GRAFT_GITHUB_APP_KEY_FILE, or GRAFT_GITHUB_TOKEN.",
    )


def _key(file: Path | None) -> str:
    if file is None:
        raise Misconfigured(
            "GRAFT_GITHUB_APP_ID is set, and the App's key is not",
            mend="Set GRAFT_GITHUB_APP_KEY_FILE to the private key (PEM) that GitHub gave you for the App.",
        )
    try:
        key = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"the App's key {file} cannot be read: {error}", mend="Check GRAFT_GITHUB_APP_KEY_FILE."
        ) from error
    if "PRIVATE KEY-----" not in key:
        raise Misconfigured(
            f"{file} is not a private key",
            mend="It starts with -----BEGIN RSA PRIVATE KEY-----; check the path.",
        )
    return key
