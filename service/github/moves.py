"""A repository that has another name or owner by now. GitHub sends on whoever asks by the former name; nobody goes.

PyGithub follows a 301 by itself, takes the 307 that answers a write for a success, and Git would go on with our
headers. A service that half works under a name that others may take is worse than one that says what to set.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, NoReturn, Self
from urllib.parse import urlsplit

from github import GithubException
from github.Requester import Requester
from urllib3 import BaseHTTPResponse, Retry
from urllib3.connectionpool import ConnectionPool

from service.errors import GitHubFailed, RepositoryMoved
from service.github.speaking import speaking
from service.settings import REPOSITORY_NAME

REDIRECTS: Final = frozenset({301, 302, 307, 308})
_NUMBER: Final = re.compile(r"/repositories/(\d{1,18})(?:/|$)")


class StayHere(Retry):
    """No request is made twice, and none where an answer sends it: that answer is raised as GithubException.

    urllib3 asks it about every answer, before PyGithub has seen it.
    """

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:  # noqa: ARG002 - urllib3's own signature
        return status_code in REDIRECTS

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        if response is not None and response.status in REDIRECTS:
            _refuse(response)
        return super().increment(method, url, response, error, _pool, _stacktrace)


def _refuse(response: BaseHTTPResponse) -> NoReturn:
    response.drain_conn()
    headers = {name.lower(): value for name, value in response.headers.items()}
    raise GithubException(response.status, {"message": "sends us on to another address"}, headers)


def never() -> Retry:
    """What PyGithub is to be given: as without one, and `StayHere`."""
    return StayHere(total=0, read=False)


@contextmanager
def noticed(repository: str, name_of: Callable[[int], str | None]) -> Iterator[None]:
    """Raises RepositoryMoved where GitHub answers that the repository has another name. `name_of` tells by its number
    what it is called now.
    """
    try:
        yield
    except GithubException as error:
        number = _number_in(error)
        if number is None:
            raise
        raise RepositoryMoved(repository, name_of(number)) from error


def _number_in(error: GithubException) -> int | None:
    """The number of the repository that an answer sends to. Of the address nothing else is used, above all no host."""
    if error.status not in REDIRECTS:
        return None
    found = _NUMBER.search(urlsplit(str((error.headers or {}).get("location", ""))).path)
    return None if found is None else int(found[1])


def named(requester: Requester, number: int) -> str | None:
    """What the repository is called now; None where that cannot be seen."""
    try:
        with speaking(f"repository {number}"):
            _, told = requester.requestJsonAndCheck("GET", f"/repositories/{number}")
    except GitHubFailed:
        return None
    return _name_in(told)


def named_for_app(requester: Requester, number: int) -> str | None:
    """The same, asked with an App's key, which may not read repositories: a token for one tells its name."""
    try:
        with speaking(f"installation for repository {number}"):
            _, found = requester.requestJsonAndCheck("GET", f"/repositories/{number}/installation")
            _, made = requester.requestJsonAndCheck(
                "POST",
                f"/app/installations/{int(found['id'])}/access_tokens",
                input={"repository_ids": [number], "permissions": {"metadata": "read"}},
            )
    except GitHubFailed:
        return None
    repositories = made.get("repositories") if isinstance(made, Mapping) else None
    return _name_in(repositories[0]) if repositories else None


def _name_in(told: Any) -> str | None:
    name = told.get("full_name") if isinstance(told, Mapping) else None
    return name if isinstance(name, str) and REPOSITORY_NAME.fullmatch(name) else None
