"""Who we are to GitHub: an App, or a token.

An App signs a short-lived JSON Web Token with its key, and gets with it an installation token for one repository,
narrowed to the permissions that are used.
PyGithub's `AppAuth` signs; its `AppInstallationAuth` is not used, since it renews only 20 seconds before the end
(a clone takes longer) and cannot narrow the token to one repository.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from github import Auth, Github
from github.Requester import Requester

from service.errors import GitHubBusy, GitHubFailed, GitHubGone, NotInstalled
from service.github import moves, rights
from service.github.speaking import speaking

RENEW_BEFORE: Final = timedelta(minutes=5)
"""An installation token lives for an hour; one that ends sooner than this is not handed out any more."""
LOOK_AGAIN_AFTER: Final = timedelta(days=1)
"""An owner may grant more, or suspend; a lookup is not believed for longer. Nothing waits for it: see `_issue`."""
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
class Installation:
    """The App on one account. `permissions` are what the account granted it."""

    id: int
    permissions: Mapping[str, str]
    settings_url: str
    suspended: bool
    found_at: datetime


@dataclass(frozen=True)
class _Issued:
    token: str
    expires_at: datetime


class AppCredentials:
    """A GitHub App by its id and its private key (PEM), which is asked for at each use. Threads may share it.

    Each repository's installation is looked up once and kept; one that is gone or suspended is said to be so
    (NotInstalled), and bars its own repositories alone.
    """

    is_app = True

    def __init__(
        self,
        app_id: int,
        key: Callable[[], str],
        connect: Connect,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._app = Auth.AppAuth(app_id, key, jwt_expiry=JWT_SECONDS, jwt_issued_at=-CLOCK_DRIFT_SECONDS)
        self._connect = connect
        self._now = now
        self._issued: dict[str, _Issued] = {}
        self._installations: dict[str, Installation] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        """One a repository, so that a slow answer about one holds up no other."""

    def for_repository(self, repository: str) -> Auth.Auth:
        return _InstallationAuth(self, repository)

    def for_itself(self) -> Auth.Auth:
        return self._app

    def token(self, repository: str) -> str:
        """A token for this repository alone, good for five minutes at least. Raises as every call to GitHub does."""
        with self._locks[repository]:
            issued = self._issued.get(repository)
            if issued is None or issued.expires_at - self._now() < RENEW_BEFORE:
                issued = self._issued[repository] = self._issue(repository)
            return issued.token

    def installation(self, repository: str) -> Installation:
        """Where the App is installed for this repository. Raises NotInstalled when it is not, or is suspended."""
        with self._locks[repository]:
            return self._installation(repository)

    def _installation(self, repository: str) -> Installation:
        known = self._installations.get(repository)
        if known is not None and self._now() - known.found_at < LOOK_AGAIN_AFTER:
            return known
        try:
            found = self._look_up(repository)
        except GitHubGone as error:
            raise NotInstalled(
                f"the App is not installed on {repository}",
                mend="Install it there (docs/operating.md), or take the repository out of GRAFT_REPOSITORIES.",
            ) from error
        installation = Installation(
            id=int(found["id"]),
            permissions=dict(found["permissions"]),
            settings_url=str(found.get("html_url", "")),
            suspended=found.get("suspended_at") is not None,
            found_at=self._now(),
        )
        if installation.suspended:
            raise NotInstalled(
                f"the App's installation for {repository} is suspended",
                mend=f"Whoever suspended it can lift that: {installation.settings_url}",
            )
        self._installations[repository] = installation
        return installation

    def _look_up(self, repository: str) -> Any:
        requester = self._requester()
        with (
            speaking(f"installation for {repository}"),
            moves.noticed(repository, lambda number: moves.named_for_app(requester, number)),
        ):
            return requester.requestJsonAndCheck("GET", f"/repos/{repository}/installation")[1]

    def _issue(self, repository: str) -> _Issued:
        installation = self._installation(repository)
        wanted = {
            "repositories": [repository.partition("/")[2]],
            "permissions": rights.granted(installation.permissions),
        }
        try:
            with speaking(f"token for {repository}"):
                _, made = self._requester().requestJsonAndCheck(
                    "POST", f"/app/installations/{installation.id}/access_tokens", input=wanted
                )
        except GitHubBusy:
            raise
        except GitHubFailed:
            # It was taken away, suspended, or has other permissions now: the next try finds out which.
            self._installations.pop(repository, None)
            raise
        return _Issued(made["token"], datetime.fromisoformat(made["expires_at"]))

    def _requester(self) -> Requester:
        return self._connect(self._app).requester

    def renew(self, repository: str) -> bool:
        """Forget what is known of the installation: it may have been made anew."""
        with self._locks[repository]:
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
