"""From a URL that a contributor wrote to the place it is read from: judged first, mirrored after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit


class AddressRefused(ValueError):
    """The URL may not be fetched; the message says why, and what to write."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where Git is sent, and by which protocols; `written` is the contributor's URL in its plain form."""

    written: str
    address: str
    protocols: tuple[str, ...]
    mirrored: bool
    """A mirror is the operator's word, and may lie anywhere; what is not mirrored must be on the public internet."""

    @property
    def host(self) -> str:
        return urlsplit(self.address).netloc


def source_of(url: str, allowed_hosts: Sequence[str], mirrors: Mapping[str, str]) -> Source:
    """Judge `url` as written, then apply the longest mirror whose prefix it has.

    Raises AddressRefused for anything but https to an allowed host without user, password or port.
    """
    written = plain(url)
    parts = urlsplit(written)
    if not written.isascii() or not written.isprintable() or " " in written:
        raise AddressRefused("the URL holds characters that a URL does not; write it plainly")
    if parts.scheme != "https":
        raise AddressRefused("the URL must begin with https://")
    if "@" in parts.netloc or ":" in parts.netloc or parts.query or parts.fragment:
        raise AddressRefused("the URL must name host and path only: no user, port, query or fragment")
    if parts.netloc.casefold() not in {host.casefold() for host in allowed_hosts}:
        raise AddressRefused(
            f"documents are fetched from {', '.join(allowed_hosts)} only, not from {parts.netloc or 'nowhere'}"
        )
    if not parts.path.strip("/") or ".." in parts.path.split("/"):
        raise AddressRefused("the URL must name a repository, as https://HOST/OWNER/NAME")
    for prefix in sorted(mirrors, key=len, reverse=True):
        rest = _below(written, plain(prefix))
        if rest is not None:
            address = mirrors[prefix].rstrip("/") + rest
            return Source(written, address, ("https", "http", "file"), mirrored=True)
    return Source(written, written, ("https",), mirrored=False)


def plain(url: str) -> str:
    """One spelling for one repository: no trailing slash, no `.git`."""
    return url.strip().rstrip("/").removesuffix(".git")


def _below(url: str, prefix: str) -> str | None:
    """What follows `prefix` in `url`, when that ends at a border between parts."""
    if url == prefix:
        return ""
    return url[len(prefix) :] if url.startswith(f"{prefix}/") else None
