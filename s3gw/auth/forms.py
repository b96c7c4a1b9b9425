"""Whose a form is: its policy is what was signed, with Version 4 or 2.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
"""

from __future__ import annotations

from collections.abc import Mapping

from s3gw.auth import v2, v4
from s3gw.auth.authority import Authority
from s3gw.auth.claims import Signed, moment, stamp_of
from s3gw.generated.authentication import (
    FORM_MARKS,
    FORM_V2_MARKS,
    SCHEME,
    SESSION,
    V4A_SCHEME,
)
from s3gw.s3_error import S3Error, invalid_argument

_DAY = len("YYYYMMDD")

# Members of an error that repeat the policy.
_OF_POLICY = ("string_to_sign", "string_to_sign_bytes")


def verify_form(fields: Mapping[str, str], authority: Authority, now: float) -> Signed | None:
    """Verify the signature of a form, by its fields; None where it has neither that nor a policy.

    Raises:
        S3Error: InvalidArgument where fields of a signature are missing or cannot be such; as `settle`.
    """
    is_v4, is_v2 = (any(fields.get(name) for name in marks) for marks in (FORM_MARKS, FORM_V2_MARKS))
    if is_v4 and is_v2:
        message = "Only one auth mechanism allowed: leave out the fields of Signature Version 2, or of 4."
        raise invalid_argument("AWSAccessKeyId", "", message)
    if not is_v4 and not is_v2 and "policy" not in fields:
        return None
    for name in ("policy", *(FORM_MARKS if is_v4 else FORM_V2_MARKS).values()):
        if not fields.get(name.lower()):
            raise _missing(name)
    token = fields.get(SESSION)
    try:
        return (_verify if is_v4 else _verify_v2)(fields, authority, token, now)
    except S3Error as error:
        if authority.keys_are_secret or token:  # which the policy holds in base64
            for name in _OF_POLICY:
                error.members.pop(name, None)
        raise


def _missing(name: str) -> S3Error:
    message = (
        f"Bucket POST must contain a field named '{name}'.  "
        "If it is specified, please check the order of the fields."
    )
    return invalid_argument(name, "", message)


def _verify(fields: Mapping[str, str], authority: Authority, token: str | None, now: float) -> Signed:
    algorithm = fields["x-amz-algorithm"]
    if algorithm.startswith(V4A_SCHEME):
        raise v4.unsupported()
    if algorithm != SCHEME:
        raise invalid_argument("x-amz-algorithm", algorithm, f'x-amz-algorithm only supports "{SCHEME}".')
    try:
        scope = v4.scope_of(fields["x-amz-credential"])
    except v4.MalformedScope as error:
        raise invalid_argument("x-amz-credential", "", f"Error parsing x-amz-credential: {error}") from error
    signed_at = moment(fields["x-amz-date"])
    if signed_at is None or stamp_of(signed_at)[:_DAY] != scope.date:
        message = "x-amz-date must be a time like 20260131T235959Z, of the day that x-amz-credential names."
        raise invalid_argument("x-amz-date", fields["x-amz-date"], message)
    return v4.verify_text(authority, scope, fields["x-amz-signature"], token, _bytes(fields["policy"]), now)


def _verify_v2(fields: Mapping[str, str], authority: Authority, token: str | None, now: float) -> Signed:
    access_key = fields["awsaccesskeyid"]
    return v2.verify_text(authority, access_key, fields["signature"], token, _bytes(fields["policy"]), now)


def _bytes(text: str) -> str:
    """Give the bytes of a field as latin-1."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")
