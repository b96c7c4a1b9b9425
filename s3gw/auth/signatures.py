"""From a signed request to its credentials."""

from __future__ import annotations

from typing import NamedTuple

from s3gw.auth.authority import Authority, Credentials
from s3gw.http.request import Request


class Signed(NamedTuple):
    """A request whose signature is right: `credentials` are whose it is."""

    credentials: Credentials


def verify(request: Request, authority: Authority, now: float) -> Signed | None:  # noqa: ARG001
    """Verify the signature of a request, of which no body is read yet; None where it has none."""
    return None
