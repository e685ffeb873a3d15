"""Who we are to GitHub: an App, or a token.

An App signs a short-lived JSON Web Token with its key, and gets with it an installation token for one repository.
PyGithub's `AppAuth` signs; its `AppInstallationAuth` is not used, since it renews only 20 seconds before the end
(a clone takes longer) and cannot narrow the token to one repository.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from github import Auth, Github

from service.github.speaking import speaking

RENEW_BEFORE: Final = timedelta(minutes=5)
"""An installation token lives for an hour; one that ends sooner than this is not handed out any more."""
JWT_SECONDS: Final = 9 * 60
CLOCK_DRIFT_SECONDS: Final = 60
"""GitHub advises to date the token back by this, and takes none that lasts longer than ten minutes."""

Connect = Callable[[Auth.Auth], Github]


class Credentials(Protocol):
    """What the client needs of either."""

    @property
    def is_app(self) -> bool: ...

    def for_repository(self, repository: str) -> Auth.Auth:
        """What reads and writes `owner/name`; its `token` is never older than it may be."""
        ...

    def for_itself(self) -> Auth.Auth:
        """What asks who we are, and (an App) which webhooks failed."""
        ...

    def renew(self, repository: str) -> bool:
        """What was in use has been refused. True when there may be better to be had by asking again."""
        ...


class TokenCredentials:
    """A user's token: the same for everything."""

    is_app = False

    def __init__(self, token: str) -> None:
        self._auth = Auth.Token(token)

    def for_repository(self, repository: str) -> Auth.Auth:  # noqa: ARG002 - a token is not narrowed
        return self._auth

    def for_itself(self) -> Auth.Auth:
        return self._auth

    def renew(self, repository: str) -> bool:  # noqa: ARG002 - there is but the one
        return False


@dataclass(frozen=True)
class _Issued:
    token: str
    expires_at: datetime


class AppCredentials:
    """A GitHub App by its id and private key (PEM). Threads may share it."""

    is_app = True

    def __init__(
        self,
        app_id: int,
        key: str,
        connect: Connect,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._app = Auth.AppAuth(app_id, key, jwt_expiry=JWT_SECONDS, jwt_issued_at=-CLOCK_DRIFT_SECONDS)
        self._connect = connect
        self._now = now
        self._issued: dict[str, _Issued] = {}
        self._installations: dict[str, int] = {}
        self._lock = threading.Lock()

    def for_repository(self, repository: str) -> Auth.Auth:
        return _InstallationAuth(self, repository)

    def for_itself(self) -> Auth.Auth:
        return self._app

    def token(self, repository: str) -> str:
        """A token for this repository alone, good for five minutes at least. Raises as every call to GitHub does."""
        with self._lock:
            issued = self._issued.get(repository)
            if issued is None or issued.expires_at - self._now() < RENEW_BEFORE:
                issued = self._issued[repository] = self._issue(repository)
            return issued.token

    def _issue(self, repository: str) -> _Issued:
        with speaking(f"token for {repository}"):
            requester = self._connect(self._app).requester
            if repository not in self._installations:
                _, found = requester.requestJsonAndCheck("GET", f"/repos/{repository}/installation")
                self._installations[repository] = int(found["id"])
            _, made = requester.requestJsonAndCheck(
                "POST",
                f"/app/installations/{self._installations[repository]}/access_tokens",
                input={"repositories": [repository.partition("/")[2]]},
            )
            return _Issued(made["token"], datetime.fromisoformat(made["expires_at"]))

    def renew(self, repository: str) -> bool:
        """Forget what is known of the installation: it may have been made anew."""
        with self._lock:
            self._installations.pop(repository, None)
            return self._issued.pop(repository, None) is not None


class _InstallationAuth(Auth.Auth):
    """PyGithub asks it for the token before every request."""

    def __init__(self, app: AppCredentials, repository: str) -> None:
        self._credentials = app
        self._repository = repository

    @property
    def token_type(self) -> str:
        return "token"

    @property
    def token(self) -> str:
        return self._credentials.token(self._repository)

    @property
    def _masked_token(self) -> str:
        return "token (oauth token removed)"
