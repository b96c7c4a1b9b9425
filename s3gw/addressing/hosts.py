"""The bucket in the name of a host: ``master.images.s3.example.com`` where s3.example.com is a domain."""

from __future__ import annotations

import re
from collections.abc import Sequence

# RFC 3986, 3.2.2 and 3.2.3: a name or an address in brackets, and a port.
_HOST = re.compile(
    r"(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*(?::[0-9]*)?|\[[0-9A-Fa-f:.]+\](?::[0-9]*)?"
)
# RFC 1123, 2.1; a last label of digits alone would make it an address.
_DOMAIN = re.compile(r"(?!.*(?:^|\.)[0-9]+\Z)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_LONGEST = 253

# What a host that is asked by http or https need not say.
_DEFAULT_PORTS = ("443", "80")


class Domains:
    """The domains below which each bucket has a host of its own.

    Args:
        names: In any case, with or without a trailing dot; none of them: buckets stand in paths alone.

    Raises:
        ValueError: One is no domain; the message says so.
    """

    def __init__(self, names: Sequence[str] = ()) -> None:
        found = {name.lower().removesuffix(".") for name in names}
        for name in found:
            if len(name) > _LONGEST or ".." in name or not _DOMAIN.fullmatch(name):
                raise ValueError(
                    f"{name!r} is no domain: write a name such as s3.example.com, without a port"
                )
        self._names = sorted(found, key=len, reverse=True)  # of two that fit the longer one wins

    def __bool__(self) -> bool:
        return bool(self._names)

    def bucket(self, host: str) -> str | None:
        """Find the bucket in the value of a Host header: all that stands before a domain, in lower case.

        None where that is a domain itself, or no name below one: buckets stand in the path there.
        """
        name = name_of(host)
        for domain in self._names:
            if name == domain:
                return None
            if name.endswith(f".{domain}"):
                return name[: -len(domain) - 1]
        return None


# Where each bucket stands in the path.
NO_DOMAINS = Domains()


def is_host(text: str) -> bool:
    """Tell whether a text can be the value of a Host header, which may be empty."""
    return _HOST.fullmatch(text) is not None


def name_of(host: str) -> str:
    """Give the name of a host as it is compared: in lower case, without its port and the root's dot."""
    return _split(host)[0].lower().removesuffix(".")


def _split(host: str) -> tuple[str, str]:
    """Take the value of a Host header apart: name or address, and the port, ``""`` where there is none."""
    end = host.find("]") + 1  # an address of IPv6 has colons of its own
    name, _, port = host[end:].partition(":")
    return host[:end] + name, port


def with_port(host: str, port: str) -> str:
    """Add the port that a proxy was asked at to a host that has none."""
    name, own = _split(host)
    return host if own or port in ("", *_DEFAULT_PORTS) else f"{name}:{port}"


def spellings(host: str, port: str) -> list[str]:
    """Give the values of a Host header that a client may have signed, the likeliest first.

    Proxies, and the libraries of clients, add a port and take it away; a host is the same with another.

    Args:
        host: As it has arrived.
        port: At which a proxy was asked, ``""`` where none says it.
    """
    name, _ = _split(host)
    ports = [port, *_DEFAULT_PORTS] if port else [*_DEFAULT_PORTS]
    return list(dict.fromkeys([host, name, *(f"{name}:{each}" for each in ports)]))
