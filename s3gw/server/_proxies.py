"""What a trusted proxy says of the client behind it.

X-Forwarded-For, -Proto, -Host and -Port are what proxies send that are put in front of S3. RFC 7239's
Forwarded says the same, and is not read: a proxy that writes the one passes the other on as a client sent
it, and so anybody could say anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

from s3gw.addressing.hosts import is_host, name_of

# Hops that are looked at, from the nearest on.
_MOST_HOPS = 32
_LONGEST_HOST = 300
_LAST_PORT = 65535


class Origin(NamedTuple):
    """Where a request comes from.

    Attributes:
        address: Of the client.
        scheme: In which it asked.
        port: At which it asked, ``""`` where nobody says it.
    """

    address: str
    scheme: str = "http"
    port: str = ""


class Proxies:
    """The proxies that are trusted, by their addresses."""

    def __init__(self, networks: Sequence[IPv4Network | IPv6Network]) -> None:
        self._networks = networks
        self._trusts = lru_cache(maxsize=1024)(self._is_trusted)

    def origin(self, peer: str, fields: dict[str, str]) -> Origin:
        """Tell where a request comes from; what the peer says counts if it is trusted and well formed.

        Of several values the last one is the peer's own. Host is replaced where the peer was asked
        for another one.

        Args:
            peer: The address at the other end of the connection.
            fields: Of the head, by names in lower case.
        """
        if not self._trusts(peer):
            return Origin(peer)
        scheme = _last(fields, "x-forwarded-proto").lower()
        port = _last(fields, "x-forwarded-port")
        host = _last(fields, "x-forwarded-host")
        # the same name again may have lost the port
        if host and _is_host(host) and name_of(host) != name_of(fields.get("host", "")):
            fields["host"] = host
        return Origin(
            self._client(peer, fields.get("x-forwarded-for", "")),
            scheme if scheme in ("http", "https") else "http",
            port if _is_port(port) else "",
        )

    def _client(self, peer: str, hops: str) -> str:
        """Find the nearest address that is no trusted proxy; behind one that cannot be read is nothing."""
        found = peer
        for hop in reversed(hops.rsplit(",", _MOST_HOPS)[-_MOST_HOPS:]):
            address = _address(hop.strip())
            if address is None or "%" in hop:  # the zone of an address is free text
                break
            found = str(address)
            if not self._trusts(found):
                break
        return found

    def _is_trusted(self, text: str) -> bool:
        address = _address(text)
        return address is not None and any(address in network for network in self._networks)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address, with or without a port; one of IPv4 in IPv6's clothes is the former."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _last(fields: dict[str, str], name: str) -> str:
    return fields.get(name, "").rpartition(",")[2].strip()


def _is_host(text: str) -> bool:
    return len(text) <= _LONGEST_HOST and is_host(text)


def _is_port(text: str) -> bool:
    return (
        text.isascii()
        and text.isdecimal()
        and len(text) <= len(str(_LAST_PORT))
        and 0 < int(text) <= _LAST_PORT
    )
