"""How to serve, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Literal


class ServerError(Exception):
    """Why nothing is served; one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to serve.

    Attributes:
        host: A name or an address, IPv4 or IPv6.
        port: 0 takes a free one.
        workers: Processes.
        threads: Requests at a time in each worker, of those that need a thread.
        uploads: Large bodies that are received at a time in each worker, besides `threads`. One client
            address has three quarters of them at the most.
        connections: Open at a time in each worker, and no more than half of the descriptors that the
            system allows; for one more, the one that is idle for longest is closed.
        idle_timeout_s: How long a connection may be silent, between requests or within an answer.
        header_timeout_s: How long the head of a request may take from its first byte to its last.
        upload_min_rate: Bytes per second that a body must come with, measured over its whole time
            once that is 30 s.
        admin: Host and port of /healthz and /readyz, if they are wanted.
        log_format: Of the access log and all other lines on standard error.
        trusted_proxies: Addresses of peers whose X-Forwarded-* fields count.
        grace_s: How long SIGTERM waits for what is in flight.
    """

    host: str
    port: int
    workers: int = 1
    threads: int = 8
    uploads: int = 128
    connections: int = 4096
    idle_timeout_s: float = 120.0
    header_timeout_s: float = 10.0
    upload_min_rate: int = 4096
    admin: tuple[str, int] | None = None
    log_format: Literal["json", "text"] = "text"
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    grace_s: float = 30.0
