"""Signature Version 4 in the query."""

from __future__ import annotations

import pytest
from botocore.auth import S3SigV4QueryAuth

from s3gw.auth.authority import Credentials
from s3gw.auth.identity import Identity
from s3gw.generated import errors
from s3gw.http.request import Request
from tests.auth.signing import HOST, KEY, SECRET, Keys, ask, by_botocore, now, refusal, sent
from tests.auth.test_v4 import TARGETS


def presigned(target: str = "/m.i/a", method: str = "GET", *, expires: int = 3600, **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return by_botocore(S3SigV4QueryAuth, method, target, named, expires=expires)


def changed(old: str, new: str, *, headers: dict[str, str] | None = None, **options: int) -> Request:
    made = presigned(**options)
    assert old in made.raw_target
    return sent("GET", made.raw_target.replace(old, new), {**made.headers, **(headers or {})})


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_is_signed_as_it_is_sent(target):
    assert ask(presigned(target))


@pytest.mark.parametrize("expires", [1, 604800])
def test_it_is_good_for_a_second_to_a_week(expires):
    made = presigned(expires=expires)
    assert ask(made)
    error = refusal(made, now() + expires + 2)
    assert (error.kind, error.message) == (errors.AccessDenied, "Request has expired")
    assert error.members.keys() == {"x_amz_expires", "expires", "server_time"}
    assert error.members["x_amz_expires"] == str(expires)


def test_a_clock_may_be_off_by_fifteen_minutes():
    assert ask(presigned(), now() - 890)
    error = refusal(presigned(), now() - 910)
    assert (error.kind, error.message) == (errors.AccessDenied, "Request is not yet valid")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("X-Amz-Expires=3600", "X-Amz-Expires=0", "at least 1 second"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=-1", "must be non-negative"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=604801", "less than a week"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=soon", "should be a number"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=1e3", "should be a number"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=%D9%A1", "should be a number"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=", "requires the X-Amz-Algorithm"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=3600&X-Amz-Expires=9", "stands more than once"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=3600&x-amz-expires=9", "stands more than once"),
        ("&X-Amz-SignedHeaders=host", "", "requires the X-Amz-Algorithm"),
        ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=host%3B%E6%97%A5", "must be names of headers"),
        ("X-Amz-Algorithm=AWS4-HMAC-SHA256", "", "requires the X-Amz-Algorithm"),
        ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512", 'only supports "AWS4-HMAC-SHA256"'),
        ("X-Amz-Date=2", "X-Amz-Date=x2", "ISO8601 Long Format"),
        ("X-Amz-Date=2", "X-Amz-Date=0", "ISO8601 Long Format"),
        ("X-Amz-Date=20", "X-Amz-Date=99", "Invalid credential date"),
        ("%2Fus-east-1%2F", "%2F", "the Credential is mal-formed"),
        ("%2Fs3%2F", "%2Fiam%2F", 'incorrect service "iam"'),
        ("aws4_request", "aws4_requests", "incorrect terminal"),
    ],
)
def test_a_malformed_parameter_is_told(old, new, message):
    error = refusal(changed(old, new))
    assert (error.kind, message in error.message) == (errors.AuthorizationQueryParametersError, True), error


def test_signature_version_4a_is_refused_with_what_to_do():
    error = refusal(changed("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"))
    assert (error.kind, "Please use AWS4-HMAC-SHA256" in error.message) == (errors.InvalidRequest, True)


def test_a_header_that_was_not_signed_is_refused_and_named():
    error = refusal(changed("a", "a", headers={"x-amz-meta-b": "1", "x-amz-acl": "private"}))
    assert error.kind is errors.AccessDenied
    assert error.members == {"headers_not_signed": "x-amz-acl, x-amz-meta-b"}


def test_a_header_of_no_meaning_to_s3_need_not_be_signed():
    assert ask(changed("a", "a", headers={"user-agent": "x", "range": "bytes=0-1", "content-type": "a/b"}))


def test_a_signed_header_must_be_sent():
    made = presigned(method="PUT", content_type="text/plain")
    assert ask(made)
    bare = {name: value for name, value in made.headers.items() if name != "content-type"}
    assert refusal(sent("PUT", made.raw_target, bare)).kind is errors.SignatureDoesNotMatch


def test_a_header_in_the_query_is_signed_with_it():
    made = presigned("/m.i/a?x-amz-meta-b=1", "PUT")
    assert ask(made)
    other = sent("PUT", made.raw_target.replace("meta-b=1", "meta-b=2"), {"host": HOST})
    assert refusal(other).kind is errors.SignatureDoesNotMatch


def test_a_session_token_is_that_of_its_key():
    made = by_botocore(S3SigV4QueryAuth, "GET", "/m.i/a", token="t0ken/+=")
    known = Keys({KEY: Credentials(SECRET, Identity("ann"), "t0ken/+=")})
    assert ask(made, authority=known)
    assert refusal(made).kind is errors.InvalidToken
    error = refusal(sent("PUT", made.raw_target, made.headers), authority=known)
    assert "t0ken" not in str(error.members)


def test_a_key_that_is_a_secret_is_in_no_answer():
    keys = Keys(keys_are_secret=True)
    error = refusal(changed("m.i", "m.j"), authority=keys)
    assert error.kind is errors.SignatureDoesNotMatch
    assert KEY not in f"{error} {error.members}"
    assert "string_to_sign" in error.members
