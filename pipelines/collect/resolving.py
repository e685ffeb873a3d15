"""Which machine a host's name means: looked up once, judged, and then held to.

Without this, whoever rules the name's DNS could let a fetch reach a machine of our own network, or answer with
another address when Git asks again. Behind a proxy the proxy looks names up, and what it may reach is its concern.
"""

import ipaddress
import os
import socket
from collections.abc import Callable, Iterable
from typing import Final
from urllib.request import (  # type: ignore[attr-defined]  # the second is left out of the stubs
    getproxies_environment,
    proxy_bypass_environment,
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Lookup = Callable[[str], Iterable[str]]
"""A host's name -> its addresses; raises OSError when it has none."""

_HTTPS: Final = 443
_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


class NotPublic(ValueError):
    """The name means a machine that is not on the public internet."""


def lookup(host: str) -> list[str]:
    """All addresses of a host, as the machine's resolver tells them."""
    found = socket.getaddrinfo(host, _HTTPS, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def pins(host: str, addresses: Lookup = lookup) -> tuple[str, ...]:
    """`HOST:443:ADDRESS,...` for curl, so that it connects nowhere else; nothing where a proxy stands between.

    Raises NotPublic when any address is not public, OSError when the name cannot be looked up.
    """
    if _proxied(host):
        return ()
    found = list(addresses(host))
    inside = [address for address in found if not is_public(address)]
    if inside or not found:
        raise NotPublic(
            f"{host} means {inside[0] if inside else 'no machine'}, which is not on the public internet"
        )
    shown = ",".join(f"[{address}]" if ":" in address else address for address in found)
    return (f"{host}:{_HTTPS}:{shown}",)


def is_public(address: str) -> bool:
    """Whether an address is a single machine's on the public internet; what cannot be read is not."""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(read, ipaddress.IPv6Address):
        if read in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(read) & 0xFFFF_FFFF)))
        if read not in _UNICAST or read.sixtofour is not None:
            return False
    return read.is_global and not read.is_multicast


def _proxied(host: str) -> bool:
    proxies = getproxies_environment()
    set_up = proxies.get("https") or proxies.get("all") or os.environ.get("ALL_PROXY")
    return bool(set_up) and not proxy_bypass_environment(host)
