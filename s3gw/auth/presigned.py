"""Signature Version 4 in the query: requests that somebody has signed for somebody else.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from s3gw.auth import v4
from s3gw.auth.authority import Authority
from s3gw.auth.claims import Claim, Signed, moment, utc
from s3gw.generated import errors
from s3gw.generated.authentication import (
    CLOCK_SKEW_S,
    PARAMETERS,
    PRESIGNED_S,
    SCHEME,
    SESSION,
    V4A_SCHEME,
)
from s3gw.http.request import Request
from s3gw.s3_error import S3Error

_STAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_INTEGER = re.compile(r"-?[0-9]{1,18}")


def verify_query(request: Request, authority: Authority, now: float) -> Signed:
    """Verify a presigned request.

    Raises:
        S3Error: AuthorizationQueryParametersError, AccessDenied where its time is over or not yet there,
            and what `v4.verify` raises.
    """
    given = _parameters(request)
    algorithm = given["x-amz-algorithm"]
    if algorithm.startswith(V4A_SCHEME):
        raise v4.unsupported()
    if algorithm != SCHEME:
        raise _malformed(f'X-Amz-Algorithm only supports "{SCHEME}"')
    scope = _scope(given["x-amz-credential"])
    stamp = given["x-amz-date"]
    begin = moment(stamp) if _STAMP.fullmatch(stamp) else None
    if begin is None:
        raise _malformed("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
    if not stamp.startswith(scope.date):
        raise _malformed(
            f'Invalid credential date "{scope.date}". This date is not the same as X-Amz-Date: "{stamp[:8]}".'
        )
    _check_time(begin, _expires(given["x-amz-expires"]), now)
    if not given["x-amz-signedheaders"].isascii():
        raise _malformed("X-Amz-SignedHeaders must be names of headers")
    try:
        signed = v4.signed_headers(given["x-amz-signedheaders"])
    except ValueError as error:
        raise _malformed(str(error)) from error
    # it stands for the body in what is signed, so that nobody can add it
    v4.check_signed(request, signed, excepted="x-amz-content-sha256")
    token = given.get(SESSION, request.headers.get(SESSION))
    claim = Claim(scope.access_key, given["x-amz-signature"], token)
    return v4.verify(request, authority, now, claim, scope, stamp, signed, without="x-amz-signature")


def _parameters(request: Request) -> Mapping[str, str]:
    """Give the parameters of the signature by their names in lower case."""
    assert request.target is not None
    given: dict[str, str] = {}
    for name, value in request.target.query.items():
        lower = name.lower()
        if lower not in PARAMETERS and lower != SESSION:
            continue
        if lower in given or name in request.target.repeated:
            raise _malformed(f"{PARAMETERS.get(lower, name)} stands more than once.")
        given[lower] = value
    if any(not given.get(name) for name in PARAMETERS):
        *names, last = PARAMETERS.values()
        raise _malformed(
            f"Query-string authentication version 4 requires the {', '.join(names)}, and {last} parameters."
        )
    return given


def _scope(credential: str) -> v4.Scope:
    try:
        return v4.scope_of(credential)
    except v4.MalformedScope as error:
        message = f"Error parsing the X-Amz-Credential parameter; {error}"
        raise _malformed(message, **error.region) from error


def _expires(text: str) -> int:
    """Read for how many seconds it is good."""
    if not _INTEGER.fullmatch(text):
        raise _malformed("X-Amz-Expires should be a number")
    expires = int(text)
    if expires < 0:
        raise _malformed("X-Amz-Expires must be non-negative")
    if expires == 0:
        raise _malformed("X-Amz-Expires must be at least 1 second")
    if expires > PRESIGNED_S:
        raise _malformed(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be "
            f"less than {PRESIGNED_S} seconds"
        )
    return expires


def _check_time(begin: float, expires: int, now: float) -> None:
    end = begin + expires
    if begin > now + CLOCK_SKEW_S:
        raise S3Error(
            errors.AccessDenied,
            "Request is not yet valid",
            x_amz_date=str(int(begin * 1000)),
            expires=utc(end),
            server_time=utc(now),
        )
    if now > end:
        raise S3Error(
            errors.AccessDenied,
            "Request has expired",
            x_amz_expires=str(expires),
            expires=utc(end),
            server_time=utc(now),
        )


def _malformed(message: str, **members: str) -> S3Error:
    return S3Error(errors.AuthorizationQueryParametersError, message, headers=None, **members)
