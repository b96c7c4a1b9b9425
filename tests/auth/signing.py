"""Signed requests as clients make them, and an authority that knows the keys of AWS's own examples."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import BaseSigner
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from s3gw.auth.authority import Credentials
from s3gw.auth.claims import Signed
from s3gw.auth.identity import Identity
from s3gw.auth.signatures import verify
from s3gw.http.request import Request
from s3gw.s3_error import S3Error

KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
HOST = "gw.example.com:30600"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@dataclass
class Keys:
    """An authority in memory."""

    known: dict[str, Credentials] = field(default_factory=lambda: {KEY: Credentials(SECRET, Identity("ann"))})
    keys_are_secret: bool = False
    is_quick: bool = True
    account: str = "0" * 12
    anonymous: Identity = field(default_factory=lambda: Identity("", is_anonymous=True))

    def credentials(self, access_key: str) -> Credentials | None:
        return self.known.get(access_key)

    def confirm(self, credentials: Credentials) -> Identity:
        return credentials.identity


def at(stamp: str) -> float:
    """Give the seconds since 1970 of a time like ``20130524T000000Z``."""
    return datetime.fromisoformat(stamp).timestamp()


def now() -> float:
    return datetime.now(UTC).timestamp()


def sent(method: str, target: str, headers: dict[str, str], body: bytes = b"") -> Request:
    """Make the request that a server would make."""
    lower = {name.lower(): value for name, value in headers.items()}
    request = Request(method, target, {"host": HOST, **lower}, io.BytesIO(body))
    request.locate()
    return request


def ask(request: Request, when: float | None = None, authority: Keys | None = None) -> Signed | None:
    return verify(request, authority or Keys(), now() if when is None else when)


def refusal(request: Request, when: float | None = None, authority: Keys | None = None) -> S3Error:
    """Give what a request is refused for."""
    try:
        verified = ask(request, when, authority)
    except S3Error as error:
        return error
    raise AssertionError(f"not refused: {verified}")


def by_botocore(
    signer: type[BaseSigner],
    method: str,
    target: str,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    *,
    token: str | None = None,
    secret: str = SECRET,
    **options: Any,
) -> Request:
    """Have botocore sign a request, and make that which arrives."""
    # a presigner takes a body for a form, and signs none
    content = {} if "Query" in signer.__name__ else body
    request = AWSRequest(method, f"http://{HOST}{target}", headers or {}, content)
    request.context["payload_signing_enabled"] = True
    place = {} if "Hmac" in signer.__name__ else {"service_name": "s3", "region_name": "us-east-1"}
    signer(BotoCredentials(KEY, secret, token), **{**place, **options}).add_auth(request)
    split = urlsplit(request.url)
    raw = split.path + (f"?{split.query}" if split.query else "")
    return sent(method, raw.encode().decode("latin-1"), dict(request.headers.items()), body)
