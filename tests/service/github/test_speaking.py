from typing import Any

import pytest
import requests
from github import GithubException, RateLimitExceededException, UnknownObjectException

from service.errors import GitHubBusy, GitHubFailed, GitHubGone
from service.github.speaking import speaking
from service.github.text import LONGEST, cut

NOW = 1_000_000.0


def said(error: Exception) -> GitHubFailed:
    with pytest.raises(GitHubFailed) as caught, speaking("a call", now=lambda: NOW):
        raise error
    assert caught.value.message.startswith("a call: ")
    assert caught.value.__cause__ is error
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        UnknownObjectException(404, {"message": "Not Found"}, {}),
        GithubException(410, {"message": "Gone"}, {}),
        GithubException(422, {"message": "No commit found for SHA: abc"}, {}),
    ],
)
def test_what_is_not_there_is_gone(error: GithubException) -> None:
    assert type(said(error)) is GitHubGone


@pytest.mark.parametrize(
    ("status", "headers", "message", "seconds"),
    [
        (429, {}, "", 60.0),
        (429, {"retry-after": "30"}, "", 30.0),
        (403, {"Retry-After": "7"}, "abuse", 7.0),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(NOW + 90)}, "", 90.0),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(NOW - 90)}, "", 1.0),
        (403, {"x-ratelimit-remaining": "0"}, "", 60.0),
        (
            403,
            {"x-ratelimit-remaining": "12", "x-ratelimit-reset": str(NOW + 9)},
            "secondary rate limit",
            60.0,
        ),
        (429, {"retry-after": "999999"}, "", 3700.0),
        (429, {"retry-after": "soon"}, "", 60.0),
        (500, {}, "", 20.0),
        (503, {"retry-after": "5"}, "", 5.0),
    ],
)
def test_limits_and_hiccups_say_when_to_come_again(
    status: int, headers: dict[str, str], message: str, seconds: float
) -> None:
    error = said(GithubException(status, {"message": message}, headers))
    assert isinstance(error, GitHubBusy)
    assert error.retry_after == seconds


@pytest.mark.parametrize(
    "error",
    [
        requests.Timeout(),
        requests.ConnectionError(),
        requests.exceptions.ChunkedEncodingError(),
        ValueError("no JSON"),
    ],
)
def test_a_network_that_fails_is_busy(error: Exception) -> None:
    assert isinstance(said(error), GitHubBusy)


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (GithubException(401, {"message": "Bad credentials"}, {}), "GRAFT_GITHUB_APP_KEY_FILE"),
        (GithubException(403, {"message": "Resource not accessible by integration"}, {}), "permissions"),
        (GithubException(422, {"message": "Validation Failed"}, {}), ""),
        (AssertionError("evil.example"), "GRAFT_GITHUB_API_URL"),
        (RuntimeError("redirected"), "GRAFT_GITHUB_API_URL"),
    ],
)
def test_the_rest_has_failed_and_says_what_to_check(error: Exception, named: str) -> None:
    failure = said(error)
    assert type(failure) is GitHubFailed
    assert named in failure.mend


def test_a_refusal_tells_the_fields_that_github_names_and_stays_short() -> None:
    errors: list[Any] = [
        {"resource": "Comment", "field": "body", "code": "too_long"},
        {"message": "x" * 1000},
        "y",
    ]
    failure = said(GithubException(422, {"message": "Validation Failed", "errors": errors}, {}))
    assert "Comment body too_long" in failure.message
    assert len(failure.message) < 400
    assert said(RateLimitExceededException(403, None, None)).message


def test_our_own_errors_pass_as_they_are() -> None:
    with pytest.raises(GitHubGone, match="mine"), speaking("a call"):
        raise GitHubGone("mine")


def test_what_is_short_enough_stays_whole() -> None:
    assert cut("x" * LONGEST) == "x" * LONGEST


def test_what_is_too_long_ends_with_a_line_and_closes_what_is_open() -> None:
    body = "<!-- m -->\n<details><summary>s</summary>\n\n```\n" + "a line\n" * 20_000
    short = cut(body, link="https://graft.example/runs/1")
    assert len(short) <= LONGEST
    assert short.startswith("<!-- m -->\n<details>")
    kept, _, end = short.partition("\n```\n")[2].partition("\n```")
    assert set(kept.splitlines()) == {"a line"}
    assert end.startswith("\n\n</details>\n\n")
    assert "[All of it](https://graft.example/runs/1)" in end


def test_one_endless_line_is_cut_too() -> None:
    assert len(cut("x" * 200_000)) <= LONGEST
