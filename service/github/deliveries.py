"""The App's webhook deliveries. PyGithub knows those of repositories only, so its requester asks."""

from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

import requests.utils
from github.Requester import Requester

_PAGE: Final = 100
_MOST_PAGES: Final = 50


def failed(requester: Requester, since: datetime) -> list[int]:
    """Ids of the newest attempts of all deliveries since then of which no attempt got through; the oldest first.

    GitHub lists attempts, newest first; attempts of one delivery share its `guid`.
    """
    newest: dict[str, int] = {}
    arrived: set[str] = set()
    url: str | None = f"/app/hook/deliveries?per_page={_PAGE}"
    for _ in range(_MOST_PAGES):
        if url is None:
            break
        headers, attempts = requester.requestJsonAndCheck("GET", url)
        for attempt in attempts:
            if datetime.fromisoformat(attempt["delivered_at"]) < since:
                url = None
                break
            if HTTPStatus(200) <= int(attempt["status_code"] or 0) < HTTPStatus(300):
                arrived.add(attempt["guid"])
            newest.setdefault(attempt["guid"], int(attempt["id"]))
        else:
            url = _next(headers)
    return sorted(attempt for guid, attempt in newest.items() if guid not in arrived)


def redeliver(requester: Requester, delivery: int) -> None:
    """Ask GitHub to send it again, under the same delivery id."""
    requester.requestJsonAndCheck("POST", f"/app/hook/deliveries/{delivery:d}/attempts")


def _next(headers: dict[str, Any]) -> str | None:
    links = requests.utils.parse_header_links(headers.get("link", ""))
    return next((str(link["url"]) for link in links if link.get("rel") == "next"), None)
