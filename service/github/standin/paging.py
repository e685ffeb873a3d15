"""Pages of a list, with GitHub's `Link` header."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

from .call import links_of

Item = TypeVar("Item")


class Page:
    """Cuts a list to the page asked for and writes where the others are."""

    def __init__(
        self,
        request: Request,
        response: Response,
        per_page: Annotated[int, Query()] = 30,
        page: Annotated[int, Query()] = 1,
    ) -> None:
        self._request = request
        self._response = response
        self._size = min(max(per_page, 1), 100)
        self._number = max(page, 1)

    def of(self, items: Sequence[Item]) -> Sequence[Item]:
        last = max(1, -(-len(items) // self._size))
        wanted = {
            "prev": self._number - 1 if self._number > 1 else None,
            "next": self._number + 1 if self._number < last else None,
            "last": last if self._number < last else None,
            "first": 1 if self._number > 1 else None,
        }
        links = [f'<{self._url(number)}>; rel="{rel}"' for rel, number in wanted.items() if number]
        if links:
            self._response.headers["Link"] = ", ".join(links)
        start = (self._number - 1) * self._size
        return items[start : start + self._size]

    def _url(self, number: int) -> str:
        query: dict[str, Any] = dict(self._request.query_params) | {"page": number}
        path = self._request.url.replace(query="").path
        return f"{links_of(self._request).api}{path}?" + urlencode(query)


PageNow = Annotated[Page, Depends()]
