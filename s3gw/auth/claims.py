"""What a signature claims, whichever kind it is, and what is answered where that is not so.

Sources: the pages of AWS on Signature Version 4 and 2 in S3, and S3's own answers.
"""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from s3gw.auth.authority import Authority, Credentials
from s3gw.generated import errors
from s3gw.generated.authentication import CLOCK_SKEW_S
from s3gw.s3_error import S3Error

# What an answer repeats of a text that was signed, in bytes.
_SHOWN = 8192

# Longer than any time is.
_LONGEST_TIME = 64

# Signs for access keys that nobody has, so that they take as long as others.
_NOBODY = secrets.token_hex(32)

_ISO_8601 = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_LAST_MOMENT = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()


class Signed(NamedTuple):
    """A request whose signature is right: `credentials` are whose it is."""

    credentials: Credentials


class Claim(NamedTuple):
    """Whose signature it is said to be.

    Attributes:
        access_key: As it was sent.
        signature: As it was sent.
        token: The session token that was sent with it, None where there was none.
    """

    access_key: str
    signature: str
    token: str | None


def secret_of(credentials: Credentials | None) -> str:
    """Give the secret to verify with; for an unknown key one that nobody has."""
    return _NOBODY if credentials is None else credentials.secret


def is_same(computed: str, claimed: str) -> bool:
    """Compare signatures in constant time."""
    return hmac.compare_digest(computed.encode(), claimed.encode("utf-8", "replace"))


def settle(
    authority: Authority,
    claim: Claim,
    credentials: Credentials | None,
    now: float,
    *,
    is_right: bool,
    text: str,
    canonical: str = "",
) -> Signed:
    """Take a claim whose signature has been compared.

    Args:
        authority: Who knows the credentials.
        claim: See there.
        credentials: Those of its access key, None where it is unknown.
        now: In seconds since 1970.
        is_right: Whether the signature is.
        text: The string to sign, its bytes as latin-1.
        canonical: The canonical request, likewise.

    Raises:
        S3Error: InvalidAccessKeyId, SignatureDoesNotMatch, InvalidToken, ExpiredToken.
    """
    if credentials is None:
        raise _unknown_key(authority, claim)
    if not is_right:
        raise _mismatch(authority, claim, text, canonical)
    if credentials.session_token is None:
        if claim.token:
            raise S3Error(errors.InvalidToken)
    elif not claim.token:  # as AWS has it: without its token nobody knows such a key
        raise _unknown_key(authority, claim)
    elif not is_same(credentials.session_token, claim.token):
        raise S3Error(errors.InvalidToken)
    if credentials.expires is not None and now >= credentials.expires:
        raise S3Error(errors.ExpiredToken)
    return Signed(credentials)


def _unknown_key(authority: Authority, claim: Claim) -> S3Error:
    members = _shown(authority, claim, aws_access_key_id=claim.access_key)
    return S3Error(errors.InvalidAccessKeyId, headers=None, **members)


def _mismatch(authority: Authority, claim: Claim, text: str, canonical: str) -> S3Error:
    members = _shown(
        authority,
        claim,
        aws_access_key_id=claim.access_key,
        string_to_sign=text,
        signature_provided=claim.signature,
        canonical_request=canonical,
    )
    for name in ("string_to_sign", "canonical_request"):
        if name in members:
            members[f"{name}_bytes"] = members[name].encode("latin-1").hex(" ")
            members[name] = members[name].encode("latin-1").decode("utf-8", "replace")
    return S3Error(errors.SignatureDoesNotMatch, headers=None, **members)


def _shown(authority: Authority, claim: Claim, **texts: str) -> dict[str, str]:
    """Choose what may be told: texts that are there and hold no secret, cut to a bound."""
    hidden = [claim.token] if claim.token else []
    if authority.keys_are_secret:
        hidden.append(claim.access_key)
    hidden += [quote(secret, safe="-._~", errors="surrogateescape") for secret in hidden]
    return {
        name: text[:_SHOWN].encode("utf-8", "replace").decode()
        for name, text in texts.items()
        if text and not any(secret in text for secret in hidden)
    }


def moment(text: str) -> float | None:
    """Read a time, in seconds since 1970: ``20130524T000000Z``, or as HTTP has it; None for another text."""
    try:
        is_iso = _ISO_8601.fullmatch(text)
        time = datetime.fromisoformat(text) if is_iso else parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    seconds = (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    return seconds if 0 <= seconds <= _LAST_MOMENT else None


def stamp_of(seconds: float) -> str:
    """Write a time as requests have it: ``20130524T000000Z``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")


def utc(seconds: float) -> str:
    """Write a time as S3's errors do: ``2013-05-24T00:00:00Z``."""
    return datetime.fromtimestamp(min(seconds, _LAST_MOMENT), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=256)  # PERF: clients send the same second again and again
def _moment_and_stamp(text: str) -> tuple[float, str] | None:
    time = moment(text)
    return None if time is None else (time, stamp_of(time))


def sent_at(text: str | None, now: float) -> str:
    """Read the time of a request, as `stamp_of`.

    Raises:
        S3Error: AccessDenied where there is none, RequestTimeTooSkewed.
    """
    found = None if text is None or len(text) > _LONGEST_TIME else _moment_and_stamp(text)
    if text is None or found is None:
        message = "AWS authentication requires a valid Date or x-amz-date header"
        raise S3Error(errors.AccessDenied, message)
    time, stamp = found
    if abs(now - time) > CLOCK_SKEW_S:
        raise S3Error(
            errors.RequestTimeTooSkewed,
            request_time=text[:_SHOWN],
            server_time=utc(now),
            max_allowed_skew_milliseconds=str(CLOCK_SKEW_S * 1000),
        )
    return stamp
