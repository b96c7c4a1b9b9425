"""Signature Version 2, in the header Authorization and in the query.

It signs no body and little of the query, as its clients have it.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
"""

from __future__ import annotations

import base64
import hmac
import itertools
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from s3gw.auth import canonical, v4
from s3gw.auth.authority import Authority
from s3gw.auth.claims import Claim, Signed, is_same, secret_of, sent_at, settle, utc
from s3gw.generated import errors
from s3gw.generated.authentication import (
    MUST_SIGN,
    SCHEME,
    SESSION,
    V2_PARAMETERS,
    V2_SIGNED,
    V2_USUALLY_SIGNED,
    V4A_PAYLOAD,
)
from s3gw.generated.wire import HEADER_PREFIX, MOVED_HEADERS, WRITES
from s3gw.http.request import Request
from s3gw.s3_error import S3Error, invalid_argument

_SECONDS = re.compile(r"[0-9]{1,15}")
# What an error repeats of a time that is none: less than a key that somebody has put there.
_SHOWN = 16


def verify_text(
    authority: Authority, access_key: str, signature: str, token: str | None, text: str, now: float
) -> Signed:
    """Verify the signature of any text, its bytes as latin-1. Raise S3Error as `settle`."""
    credentials = authority.credentials(access_key)
    is_right = is_same(_sign(secret_of(credentials), text), signature)
    claim = Claim(access_key, signature, token)
    return settle(authority, claim, credentials, now, is_right=is_right, text=text)


def _sign(secret: str, text: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), text.encode("latin-1"), "sha1")).decode()


def verify_header(request: Request, authority: Authority, now: float, authorization: str) -> Signed:
    """Verify a request by its header Authorization, of which this is what follows the scheme.

    Raises:
        S3Error: InvalidArgument, AccessDenied, RequestTimeTooSkewed, and what `settle` raises.
    """
    access_key, _, signature = authorization.strip(" \t").rpartition(":")
    if not access_key or not signature:
        message = "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature"
        raise invalid_argument("Authorization", "", message)
    headers = request.headers
    sent_at(headers.get("x-amz-date", headers.get("date")), now)
    claim = Claim(access_key, signature, headers.get(SESSION))
    date = "" if "x-amz-date" in headers else headers["date"]
    # real clients leave out sub-resources that are younger than they are
    signed = [V2_SIGNED] if request.method in WRITES else [V2_SIGNED, V2_USUALLY_SIGNED]
    return _verify(request, authority, now, claim, date, headers, signed)


def verify_query(request: Request, authority: Authority, now: float) -> Signed:
    """Verify a request that somebody has signed for somebody else.

    Raises:
        S3Error: AccessDenied, and what `settle` raises.
    """
    assert request.target is not None
    query, repeated = request.target.query, request.target.repeated
    if any(not query.get(name) or name in repeated for name in V2_PARAMETERS):
        message = "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
        raise S3Error(errors.AccessDenied, message)
    expires = query["Expires"]
    if not _SECONDS.fullmatch(expires):
        message = f"Invalid date (should be seconds since epoch): {expires[:_SHOWN]}"
        raise S3Error(errors.AccessDenied, message)
    if now > int(expires):
        raise S3Error(
            errors.AccessDenied, "Request has expired", expires=utc(int(expires)), server_time=utc(now)
        )
    headers = request.headers
    unsigned = (MUST_SIGN & headers.keys()) - MOVED_HEADERS  # which are signed
    if unsigned:
        raise v4.not_signed(unsigned)
    if SESSION in query:  # it was a header when it was signed
        token = query[SESSION].encode("utf-8", "surrogateescape").decode("latin-1")
        headers = {**headers, SESSION: token}
    claim = Claim(query["AWSAccessKeyId"], query["Signature"], headers.get(SESSION))
    return _verify(request, authority, now, claim, expires, headers, [V2_SIGNED])


def _verify(
    request: Request,
    authority: Authority,
    now: float,
    claim: Claim,
    date: str,
    headers: dict[str, str],
    signed: list[frozenset[str]],
) -> Signed:
    _refuse_signed_chunks(headers)
    credentials = authority.credentials(claim.access_key)
    is_right, told = False, ""
    for text in canonical.bounded(_forms(request, date, headers, signed)):
        told = told or text
        if is_same(_sign(secret_of(credentials), text), claim.signature):
            is_right = True
            break
    return settle(authority, claim, credentials, now, is_right=is_right, text=told)


def _refuse_signed_chunks(headers: dict[str, str]) -> None:
    """Refuse bodies with signatures of Version 4, which nobody could verify. Raise S3Error."""
    payload = headers.get("x-amz-content-sha256", "")
    if payload.startswith((f"STREAMING-{SCHEME}", V4A_PAYLOAD)):
        raise v4.unsupported()


def _forms(
    request: Request, date: str, headers: dict[str, str], signed: list[frozenset[str]]
) -> Iterator[str]:
    """Give the strings to sign that mean this request, the usual one first.

    None where another request would have the same: nothing is encoded in them, and what stood in the query
    may hold the ends of lines and names.
    """
    standard = (headers.get("content-md5", ""), headers.get("content-type", ""), date)
    names = sorted(name for name in headers if name.startswith(HEADER_PREFIX))
    given = (
        _paths(request),
        _subresources(request, signed),
        *(canonical.values(headers[name]) for name in names),
    )
    choices = [[text for text in texts if "\n" not in text] for texts in given]
    if any("\n" in text for text in standard) or any(
        ":" in name or "\n" in name or not name.isascii() for name in names
    ):
        return
    front = "\n".join((request.method, *standard))
    for path, subresources, *values in itertools.product(*choices):
        block = "".join([f"{name}:{value}\n" for name, value in zip(names, values, strict=True)])
        yield f"{front}\n{block}{path}{subresources}"


def _paths(request: Request) -> tuple[str, ...]:
    """Give the names of what is asked for: ``/bucket/key``, wherever the bucket stands."""
    paths = canonical.paths(request)
    if request.has_bucket_in_host:
        return tuple(f"/{request.bucket}{path}" for path in paths)
    # botocore signs /bucket/ and sends /bucket
    return (*paths, *(f"{path}/" for path in paths if path.count("/") == 1 and path != "/"))


def _subresources(request: Request, signed: list[frozenset[str]]) -> tuple[str, ...]:
    """Give what is signed of the query: decoded, without the ``=`` of no value; and as it was sent."""
    query = request.raw_target.partition("?")[2]
    if not query:
        return ("",)
    forms: dict[str, None] = {}
    for names in signed:
        # a name that is encoded is the same name to whoever reads it
        sent = sorted(
            (_decode(name), equals, value)
            for name, equals, value in (part.partition("=") for part in query.split("&"))
            if _decode(name) in names
        )
        decoded = "&".join(f"{name}={_decode(value)}" if value else name for name, _, value in sent)
        if sum(part.partition("=")[0] in names for part in decoded.split("&")) == len(sent):
            forms[f"?{decoded}" if decoded else ""] = None
        as_sent = "&".join(name + equals + value for name, equals, value in sent)
        forms[f"?{as_sent}" if as_sent else ""] = None
    return tuple(forms)


def _decode(text: str) -> str:
    return unquote_to_bytes(text.encode("latin-1")).decode("latin-1")
