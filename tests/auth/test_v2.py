"""Signature Version 2, in the header and in the query."""

from __future__ import annotations

import pytest
from botocore.auth import HmacV1Auth, HmacV1QueryAuth

from s3gw.addressing.hosts import Domains
from s3gw.auth.authority import Credentials
from s3gw.auth.identity import Identity
from s3gw.generated import errors
from s3gw.http.request import Request
from tests.auth.signing import HOST, KEY, SECRET, Keys, ask, by_botocore, now, refusal, sent

TARGETS = [
    "/",
    "/m.i?prefix=a%2Fb&delimiter=%2F",
    "/m.i/a//b+c%20d%2F%C3%A9~",
    "/m.i/a?acl",
    "/m.i/a?uploadId=x%2B%2F%3D&partNumber=2",
    "/m.i/a?response-content-disposition=attachment%3B%20filename%3D%22a%20b%22&versionId=0",
    "/m.i?delete",
    "/m.i?versions&prefix=a",
]
SIGNERS = [HmacV1Auth, HmacV1QueryAuth]


def signed(signer: type = HmacV1Auth, target: str = "/m.i/a", method: str = "GET", **headers: str) -> Request:
    return by_botocore(
        signer, method, target, {name.replace("_", "-"): text for name, text in headers.items()}
    )


@pytest.mark.parametrize("signer", SIGNERS)
@pytest.mark.parametrize("target", TARGETS)
def test_a_target_is_signed_as_it_is_sent(signer, target):
    assert ask(signed(signer, target))


@pytest.mark.parametrize("signer", SIGNERS)
@pytest.mark.parametrize("name", ["location", "uploads", "acl", "delete"])
def test_an_empty_value_is_signed_without_its_equals_sign(signer, name):
    """As minio-go signs ``?location`` and sends ``?location=``."""
    made = signed(signer, f"/m.i?{name}")
    before, found, behind = made.raw_target.partition(name)
    assert ask(sent("GET", f"{before}{found}={behind}", made.headers))


CHANGED = [{"x-amz-acl": "private"}, {"content-type": "c/d"}, {"content-md5": ""}, {"x-amz-meta-b": "d"}]


@pytest.mark.parametrize("changes", CHANGED)
def test_headers_are_signed_that_s3_knows(changes):
    md5 = "1B2M2Y8AsgTpgAmY7PhCfg=="
    made = signed(method="PUT", content_type="a/b", x_amz_meta_b="c", content_md5=md5)
    assert ask(made)
    other = sent("PUT", made.raw_target, {**made.headers, **changes})
    assert refusal(other).kind is errors.SignatureDoesNotMatch


@pytest.mark.parametrize("more", ["x-amz-acl=private", "Content-Type=c/d", "x-amz-meta-b=d"])
@pytest.mark.parametrize("signer", SIGNERS)
def test_headers_are_signed_that_stand_in_the_query(signer, more):
    made = signed(signer, method="PUT", x_amz_meta_a="b")
    assert ask(made)
    mark = "&" if "?" in made.raw_target else "?"
    headers = {name: text for name, text in made.headers.items() if name not in made.moved}
    other = sent("PUT", f"{made.raw_target}{mark}{more}", headers)
    assert refusal(other).kind is errors.SignatureDoesNotMatch


@pytest.mark.parametrize("signer", SIGNERS)
@pytest.mark.parametrize("change", ["/m.i/b", "/m.j/a", "/m.i/a/", "//m.i/a"])
def test_another_target_is_wrong(signer, change):
    made = signed(signer)
    error = refusal(sent("GET", made.raw_target.replace("/m.i/a", change, 1), made.headers))
    assert error.kind is errors.SignatureDoesNotMatch
    assert error.members["string_to_sign"].endswith(change)


@pytest.mark.parametrize(
    "more", ["acl", "%61cl", "attributes", "uploads", "versionId=1", "partNumber=1", "renameObject"]
)
@pytest.mark.parametrize("signer", SIGNERS)
def test_a_sub_resource_that_was_not_signed_is_wrong(signer, more):
    made = signed(signer, method="PUT")
    mark = "&" if "?" in made.raw_target else "?"
    assert (
        refusal(sent("PUT", f"{made.raw_target}{mark}{more}", made.headers)).kind
        is errors.SignatureDoesNotMatch
    )


def test_a_bucket_may_be_signed_with_a_slash_behind_it():
    for query in ("", "?acl"):
        made = signed(target=f"/m.i/{query}")
        assert ask(sent("GET", f"/m.i{query}", made.headers))
    made = signed(target="/m.i/a/")
    assert refusal(sent("GET", "/m.i/a", made.headers)).kind is errors.SignatureDoesNotMatch


def test_clients_may_leave_out_a_young_sub_resource_where_they_read():
    assert ask(signed(target="/m.i?publicAccessBlock"))
    made = signed(target="/m.i?publicAccessBlock", method="PUT")
    assert refusal(made).kind is errors.SignatureDoesNotMatch
    made = signed(HmacV1QueryAuth, "/m.i?publicAccessBlock")
    assert refusal(made).kind is errors.SignatureDoesNotMatch


def test_the_bucket_of_a_host_is_signed():
    made = signed(target="/awsexamplebucket1/photos/puppy.jpg")
    named = {**made.headers, "host": "awsexamplebucket1.s3.example.com"}
    request = sent("GET", "/photos/puppy.jpg", named)
    assert refusal(request).kind is errors.SignatureDoesNotMatch
    request.locate(Domains(["s3.example.com"]))
    assert ask(request)
    other = sent("GET", "/awsexamplebucket1/photos/puppy.jpg", named)
    other.locate(Domains(["s3.example.com"]))
    assert refusal(other).kind is errors.SignatureDoesNotMatch


def test_a_date_is_needed_that_is_near():
    made = signed()
    assert refusal(made, now() + 901).kind is errors.RequestTimeTooSkewed
    bare = {name: text for name, text in made.headers.items() if name != "date"}
    for date in ({}, {"date": "today"}, {"x-amz-date": "today"}):
        error = refusal(sent("GET", "/m.i/a", {**bare, **date}))
        assert (error.kind, error.message) == (
            errors.AccessDenied,
            "AWS authentication requires a valid Date or x-amz-date header",
        )


@pytest.mark.parametrize("text", ["AWS", "AWS a", "AWS a:", "AWS :b"])
def test_a_header_that_is_none_is_refused(text):
    error = refusal(sent("GET", "/m.i/a", {"authorization": text}))
    assert (error.kind, "AwsAccessKeyId:signature" in error.message) == (errors.InvalidArgument, True)


def test_a_presigned_request_ends():
    made = by_botocore(HmacV1QueryAuth, "GET", "/m.i/a", expires=60)
    assert ask(made)
    error = refusal(made, now() + 62)
    assert (error.kind, error.message) == (errors.AccessDenied, "Request has expired")
    assert error.members.keys() == {"expires", "server_time"}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("Signature=a&Expires=1", "requires the Signature, Expires and AWSAccessKeyId parameters"),
        ("Signature=a&AWSAccessKeyId=b", "requires the Signature, Expires and AWSAccessKeyId parameters"),
        ("AWSAccessKeyId=b&Expires=1", "requires the Signature, Expires and AWSAccessKeyId parameters"),
        ("AWSAccessKeyId=b&Expires=9999999999&Expires=1&Signature=c", "requires the Signature, Expires"),
        ("AWSAccessKeyId=b&Expires=soon&Signature=c", "Invalid date (should be seconds since epoch): soon"),
        ("AWSAccessKeyId=b&Expires=-1&Signature=c", "Invalid date (should be seconds since epoch): -1"),
        ("AWSAccessKeyId=b&Expires=1&Signature=c", "Request has expired"),
    ],
)
def test_a_malformed_parameter_is_told(query, message):
    error = refusal(sent("GET", f"/m.i/a?{query}", {}))
    assert (error.kind, message in error.message) == (errors.AccessDenied, True), error


@pytest.mark.parametrize("signer", SIGNERS)
def test_a_session_token_is_signed(signer):
    made = by_botocore(signer, "GET", "/m.i/a", token="t0ken/+=")
    known = Keys({KEY: Credentials(SECRET, Identity("ann"), "t0ken/+=")})
    assert ask(made, authority=known)
    assert refusal(made).kind is errors.InvalidToken
    assert "t0ken" not in str(refusal(sent("PUT", made.raw_target, made.headers), authority=known).members)


@pytest.mark.parametrize("signer", SIGNERS)
def test_a_wrong_secret_and_an_unknown_key_are_told(signer):
    made = by_botocore(signer, "GET", "/m.i/a", secret="another")
    assert refusal(made).kind is errors.SignatureDoesNotMatch
    error = refusal(made, authority=Keys({}))
    assert (error.kind, error.members) == (errors.InvalidAccessKeyId, {"aws_access_key_id": KEY})
    assert KEY not in str(refusal(made, authority=Keys(keys_are_secret=True)).members)


def test_chunks_of_version_4_are_refused():
    made = signed(method="PUT", x_amz_content_sha256="STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
    assert refusal(made).kind is errors.InvalidRequest


def test_a_request_of_another_host_is_right_as_no_host_is_signed():
    made = signed()
    assert made.headers["host"] == HOST
    assert ask(sent("GET", "/m.i/a", {**made.headers, "host": "other"}))
