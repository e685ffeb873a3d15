"""Addresses that answers and payloads carry, in the form of a GitHub Enterprise server."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class Links:
    """`site` is where the pages are; `api` is where the client asks: the site itself, or the site + `/api/v3`."""

    site: str
    prefix: str = "/api/v3"

    @property
    def api(self) -> str:
        return self.site + self.prefix

    @property
    def uploads(self) -> str:
        return f"{self.site}/api/uploads"

    def repo(self, full_name: str) -> str:
        return f"{self.api}/repos/{full_name}"

    def page(self, *parts: str | int) -> str:
        return "/".join([self.site, *(quote(str(part), safe="/") for part in parts)])
