"""PyGithub's exceptions and the network's become ours: gone, busy, failed."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

import requests
from github import GithubException

from service.errors import GitHubBusy, GitHubFailed, GitHubGone

_GONE: Final = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_LIMITED: Final = {HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
_NETWORK_SECONDS: Final = 10.0
_SERVER_SECONDS: Final = 20.0
_LIMIT_SECONDS: Final = 60.0
"""What GitHub's documentation asks for when a limit is met and no header says how long it lasts."""
_LONGEST_SECONDS: Final = 3700.0
_LONGEST_REASON: Final = 300
_MENDS: Final = {
    HTTPStatus.UNAUTHORIZED: "Check GRAFT_GITHUB_APP_ID and GRAFT_GITHUB_APP_KEY_FILE, or GRAFT_GITHUB_TOKEN.",
    HTTPStatus.FORBIDDEN: "Check which repositories the App is installed on, and its permissions.",
}


@contextmanager
def speaking(what: str, *, now: Callable[[], float] = time.time) -> Iterator[None]:
    """Everything that may go wrong while talking to GitHub leaves as GitHubGone, GitHubBusy or GitHubFailed.

    `what` names the call for people. `now` is seconds since 1970, as `X-RateLimit-Reset` counts them.
    """
    try:
        yield
    except GithubException as error:
        raise _translate(what, error, now()) from error
    except (requests.Timeout, requests.ConnectionError) as error:
        raise GitHubBusy(
            f"{what}: no answer ({type(error).__name__})", retry_after=_NETWORK_SECONDS
        ) from error
    except requests.RequestException as error:
        raise GitHubBusy(f"{what}: the answer broke off", retry_after=_NETWORK_SECONDS) from error
    except ValueError as error:  # PyGithub could not read the answer as JSON
        raise GitHubBusy(f"{what}: the answer cannot be read", retry_after=_NETWORK_SECONDS) from error
    except (
        AssertionError,
        RuntimeError,
    ) as error:  # PyGithub's way to refuse a redirect or a foreign address
        raise GitHubFailed(f"{what}: {error}", mend="Check GRAFT_GITHUB_API_URL.") from error


def _translate(what: str, error: GithubException, now: float) -> GitHubFailed:
    status = error.status
    headers = {name.lower(): str(value) for name, value in (error.headers or {}).items()}
    message = f"{what}: {status} {_reason(error.data)}".rstrip()
    if status in _GONE or (
        status == HTTPStatus.UNPROCESSABLE_ENTITY and "no commit found" in message.lower()
    ):
        return GitHubGone(message)
    if _is_limit(status, headers, str(error)):
        return GitHubBusy(message, retry_after=_wait(headers, now, _LIMIT_SECONDS), limited=True)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return GitHubBusy(message, retry_after=_wait(headers, now, _SERVER_SECONDS))
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return GitHubFailed(message, mend="Check GRAFT_GITHUB_API_URL.")
    return GitHubFailed(message, mend=_MENDS.get(HTTPStatus(status), "") if status in _MENDS else "")


def _is_limit(status: int, headers: Mapping[str, str], text: str) -> bool:
    return status == HTTPStatus.TOO_MANY_REQUESTS or (
        status in _LIMITED
        and (
            "retry-after" in headers
            or headers.get("x-ratelimit-remaining") == "0"
            or "rate limit" in text.lower()
        )
    )


def _wait(headers: Mapping[str, str], now: float, otherwise: float) -> float:
    """Seconds, as GitHub says: `Retry-After` first, then the time at which the limit is lifted."""
    told = _number(headers.get("retry-after"))
    if told is None and headers.get("x-ratelimit-remaining") == "0":
        reset = _number(headers.get("x-ratelimit-reset"))
        told = None if reset is None else reset - now
    return otherwise if told is None else min(max(told, 1.0), _LONGEST_SECONDS)


def _number(text: str | None) -> float | None:
    return float(text) if text is not None and re.fullmatch(r"\d{1,12}(\.\d{1,6})?", text) else None


def _reason(data: Any) -> str:
    """What GitHub says went wrong, with the fields it names; never what we sent."""
    if not isinstance(data, Mapping):
        return ""
    faults = data.get("errors")
    details = [
        str(
            fault.get("message") or " ".join(str(fault.get(key, "")) for key in ("resource", "field", "code"))
        )
        if isinstance(fault, Mapping)
        else str(fault)
        for fault in (faults if isinstance(faults, list) else ())
    ]
    return "; ".join([str(data.get("message", "")), *details])[:_LONGEST_REASON]
