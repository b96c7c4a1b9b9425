"""Signature Version 4, in the header Authorization; and what its other places have in common with that.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from s3gw.auth import canonical
from s3gw.auth.authority import Authority
from s3gw.auth.chunks import ChunkSigner
from s3gw.auth.claims import Claim, Signed, is_same, secret_of, sent_at, settle
from s3gw.generated import errors
from s3gw.generated.authentication import (
    MUST_SIGN,
    PAYLOADS,
    REGION,
    SCHEME,
    SERVICES,
    SESSION,
    TERMINATOR,
    V4A_PAYLOAD,
)
from s3gw.generated.wire import HEADER_PREFIX
from s3gw.http.request import Request
from s3gw.s3_error import S3Error, invalid_argument

_SHA256 = "x-amz-content-sha256"
_SHA256_HEX = re.compile(r"[0-9a-fA-F]{64}")
_DATE = re.compile(r"[0-9]{8}")
_SCOPE_PARTS = 4
_LONGEST_REGION = 128
# What an error repeats of a part that is wrong: less than a key that somebody has put there.
_SHOWN = 16
_PARTS = frozenset(("Credential", "SignedHeaders", "Signature"))
# What is remembered of a client is no longer than this.
_LONGEST = 2048

_EXPECTED = f'"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/{TERMINATOR}"'


class Scope(NamedTuple):
    """A credential, taken apart. `text` is what is signed of it."""

    access_key: str
    date: str
    region: str
    service: str
    text: str


class SignedHeaders(NamedTuple):
    """Names of the headers that are signed, in their order and as a set; `text` is what is signed of them."""

    names: tuple[str, ...]
    known: frozenset[str]
    text: str


class MalformedScope(Exception):
    """Why a credential cannot be one; `region` is what was expected, where it is about that."""

    def __init__(self, message: str, region: str | None = None) -> None:
        super().__init__(message)
        self.region = {} if region is None else {"region": region}


def scope_of(credential: str) -> Scope:
    """Take a credential apart: region and service are what the client names. Raise MalformedScope."""
    return (_scope_of if len(credential) <= _LONGEST else _scope_of.__wrapped__)(credential)


@lru_cache(maxsize=1024)
def _scope_of(credential: str) -> Scope:
    access_key, *parts = credential.rsplit("/", 4)  # a key may hold slashes
    if (
        not access_key
        or len(parts) != _SCOPE_PARTS
        or not credential.isascii()
        or not _DATE.fullmatch(parts[0])
    ):
        raise MalformedScope(f"the Credential is mal-formed; expecting {_EXPECTED}.")
    date, region, service, terminator = parts
    if terminator != TERMINATOR:
        raise MalformedScope(
            f'incorrect terminal "{terminator[:_SHOWN]}". This endpoint uses "{TERMINATOR}".'
        )
    if service not in SERVICES:
        raise MalformedScope(
            f'incorrect service "{service[:_SHOWN]}". This endpoint belongs to "{SERVICES[0]}".'
        )
    if not region or len(region) > _LONGEST_REGION:
        raise MalformedScope(f"the region '{region[:_SHOWN]}' is wrong; expecting '{REGION}'", REGION)
    return Scope(access_key, date, region, service, "/".join(parts))


def signed_headers(text: str) -> SignedHeaders:
    """Take the names of signed headers apart, which ``;`` divides. Raise ValueError where one is repeated."""
    names = tuple(text.split(";"))
    known = frozenset(names)
    if len(known) < len(names):
        raise ValueError("a header is named more than once in SignedHeaders.")
    return SignedHeaders(names, known, text)


def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """Derive the key of a day, a region and a service."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


class Signer:
    """Signs with a `key`. PERF: it is taken in once, which costs as much as to sign a text."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self._begun = hmac.new(key, digestmod="sha256")

    def sign(self, text: str) -> str:
        """Sign a text, its bytes as latin-1."""
        begun = self._begun.copy()
        begun.update(text.encode("latin-1"))
        return begun.hexdigest()


@lru_cache(maxsize=1024)
def signer_of(secret: str, date: str, region: str, service: str) -> Signer:
    """Sign with the key of a day, a region and a service."""
    return Signer(signing_key(secret, date, region, service))


def verify_text(
    authority: Authority, scope: Scope, signature: str, token: str | None, text: str, now: float
) -> Signed:
    """Verify the signature of any text, its bytes as latin-1. Raise S3Error as `settle`."""
    credentials = authority.credentials(scope.access_key)
    signer = signer_of(secret_of(credentials), scope.date, scope.region, scope.service)
    is_right = is_same(signer.sign(text), signature)
    claim = Claim(scope.access_key, signature, token)
    return settle(authority, claim, credentials, now, is_right=is_right, text=text)


def verify_header(request: Request, authority: Authority, now: float, authorization: str) -> Signed:
    """Verify a request by its header Authorization, of which this is what follows the scheme.

    Raises:
        S3Error: AuthorizationHeaderMalformed, InvalidRequest, InvalidArgument, AccessDenied,
            RequestTimeTooSkewed, and what `settle` raises.
    """
    front, mark, signature = authorization.rpartition(", Signature=")
    if not mark or "," in signature:  # in another order, or with other spaces
        parts = _parts(authorization)
        signature = parts.pop("Signature")
        front = ",".join("=".join(part) for part in parts.items())
    scope, signed = (_claimed if len(front) <= _LONGEST else _claimed.__wrapped__)(front)
    headers = request.headers
    stamp = sent_at(headers.get("x-amz-date", headers.get("date")), now)
    if not stamp.startswith(scope.date):
        raise _malformed(
            f'Invalid credential date "{scope.date}". This date is not the same as X-Amz-Date: "{stamp[:8]}".'
        )
    if _SHA256 not in headers:
        raise S3Error(errors.InvalidRequest, f"Missing required header for this request: {_SHA256}")
    check_signed(request, signed)
    claim = Claim(scope.access_key, signature, headers.get(SESSION))
    return verify(request, authority, now, claim, scope, stamp, signed)


# PERF: a client sends the same all day
@lru_cache(maxsize=1024)
def _claimed(front: str) -> tuple[Scope, SignedHeaders]:
    """Give the scope and the signed headers, of what stands before a signature."""
    parts = _parts(f"{front},Signature=")
    scope = _scope(parts["Credential"])
    try:
        return scope, signed_headers(parts["SignedHeaders"])
    except ValueError as error:
        raise _malformed(str(error)) from error


def _parts(authorization: str) -> dict[str, str]:
    pairs = [part.strip(" \t").partition("=")[::2] for part in authorization.split(",")]
    parts = dict(pairs)
    if len(parts) != len(pairs) or parts.keys() != _PARTS:
        raise _malformed(
            "the authorization header requires three components: Credential, SignedHeaders, and Signature."
        )
    return parts


def _scope(credential: str) -> Scope:
    try:
        return scope_of(credential)
    except MalformedScope as error:
        raise _malformed(str(error), **error.region) from error


def _malformed(what: str, **members: str) -> S3Error:
    return S3Error(
        errors.AuthorizationHeaderMalformed,
        f"The authorization header is malformed; {what}",
        headers=None,
        **members,
    )


def check_signed(request: Request, signed: SignedHeaders, *, excepted: str = "") -> None:
    """Demand that headers are signed which a stranger must not add. Raise S3Error AccessDenied.

    Those that stand in the query are signed with it.
    """
    unsigned = [
        name
        for name in request.headers.keys() - signed.known
        if (name.startswith(HEADER_PREFIX) or name == "host" or name in MUST_SIGN)
        and name not in request.moved
        and name != excepted
    ]
    if unsigned:
        raise not_signed(unsigned)


def not_signed(headers: Iterable[str]) -> S3Error:
    """Make the refusal of headers that must be signed and are not."""
    message = "There were headers present in the request which were not signed"
    return S3Error(errors.AccessDenied, message, headers_not_signed=", ".join(sorted(headers))[:1024])


def payload_of(request: Request, default: str) -> str:
    """Give what stands for the body in a canonical request. Raise S3Error InvalidArgument, InvalidRequest."""
    payload = request.headers.get(_SHA256, default)
    if payload in PAYLOADS or _SHA256_HEX.fullmatch(payload):
        return payload
    if payload.startswith(V4A_PAYLOAD):
        raise unsupported()
    message = f"{_SHA256} must be {', '.join(PAYLOADS)}, or a valid sha256 value."
    raise invalid_argument(_SHA256, payload, message)


def unsupported() -> S3Error:
    """Make the refusal of SigV4A."""
    message = f"The authorization mechanism you have provided is not supported. Please use {SCHEME}."
    return S3Error(errors.InvalidRequest, message)


def verify(
    request: Request,
    authority: Authority,
    now: float,
    claim: Claim,
    scope: Scope,
    stamp: str,
    signed: SignedHeaders,
    *,
    without: str | None = None,
) -> Signed:
    """Verify a signature by all forms of its request, and have its chunks verified if they are signed.

    Args:
        request: The request.
        authority: Who knows the credentials.
        now: In seconds since 1970.
        claim: What it says of its signature.
        scope: What it says of its credential.
        stamp: When it was signed, as ``20130524T000000Z``.
        signed: The signed headers.
        without: The parameter, in lower case, that is not signed.
    """
    payload = payload_of(request, PAYLOADS[0])
    credentials = authority.credentials(scope.access_key)
    signer = signer_of(secret_of(credentials), scope.date, scope.region, scope.service)
    head = f"{SCHEME}\n{stamp}\n{scope.text}\n"
    is_right, told, text = False, "", ""
    is_whole = signed.known <= request.headers.keys() and signed.known.isdisjoint(request.moved)
    for form in canonical.bounded(_forms(request, signed, payload, without)):
        attempt = head + hashlib.sha256(form.encode("latin-1")).hexdigest()
        is_right = is_same(signer.sign(attempt), claim.signature) and is_whole
        if is_right:
            break
        told, text = told or form, text or attempt
    settled = settle(authority, claim, credentials, now, is_right=is_right, text=text, canonical=told)
    if payload.startswith(f"STREAMING-{SCHEME}"):
        has_trailer = payload.endswith("-TRAILER")
        request.chunk_signer = ChunkSigner(
            signer.key, stamp, scope.text, claim.signature, has_trailer=has_trailer
        )
    return settled


def _forms(request: Request, signed: SignedHeaders, payload: str, without: str | None) -> Iterator[str]:
    """Give the canonical requests that mean this one, the usual one first."""
    end = f"\n{signed.text}\n{payload}"
    path, _, query = request.raw_target.partition("?")
    queries = canonical.queries(query, without=without)
    # PERF: most requests are signed as they are sent, and need no look at what else they could be
    get = request.headers.get
    block = "".join([f"{name}:{get(name, '')}\n" for name in signed.names])
    yield f"{request.method}\n{path}\n{queries[0]}\n{block}{end}"
    choices = (canonical.paths(request), queries, *(_values(request, name) for name in signed.names))
    for path, query, *values in itertools.product(*choices):
        block = "".join([f"{name}:{value}\n" for name, value in zip(signed.names, values, strict=True)])
        yield f"{request.method}\n{path}\n{query}\n{block}{end}"


def _values(request: Request, name: str) -> tuple[str, ...]:
    if name == "host":
        return tuple(request.hosts())
    return canonical.values(request.headers.get(name, ""))
