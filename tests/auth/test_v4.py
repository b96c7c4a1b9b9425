"""Signature Version 4 in the header: what botocore signs is right, and nothing that was changed since."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth
from hypothesis import given, settings
from hypothesis import strategies as st

from s3gw.auth.authority import Credentials
from s3gw.auth.identity import Identity
from s3gw.generated import errors
from s3gw.http.request import Request
from tests.auth.signing import HOST, KEY, SECRET, Keys, ask, by_botocore, now, refusal, sent

TARGETS = [
    "/",
    "/master.images",
    "/master.images/?list-type=2&prefix=a%2Fb&delimiter=%2F",
    "/master.images/a//b",
    "/master.images//a",
    "/master.images/a%2Fb",
    "/master.images/a+b%20c%2Bd",
    "/master.images/%E6%97%A5%C3%A9",
    "/master.images/~a'(b)!*",
    "/master.images/%7Ea%27%28b%29%21%2A",
    "/master.images/%e6%97%a5",
    "/master.images/a/../b/./c/%2e%2e/",
    "/master.images/a?acl",
    "/master.images/a?acl=",
    "/master.images?prefix=&delimiter",
    "/master.images?prefix=b&prefix=a&prefix=",
    "/master.images?a-b=1&a=2&aB=3&A=4",
    "/master.images?prefix=%2B+%20&marker=a=b",
    "/master.images?prefix=%e6%97%a5",
    "/master.images/a?x-id=GetObject",
    "/master.images/a?X-Amz-Meta-A=1",
]


def request(target: str = "/master.images/a", method: str = "GET", **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return by_botocore(S3SigV4Auth, method, target, named)


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_is_signed_as_it_is_sent(target):
    assert ask(request(target))


@pytest.mark.parametrize(
    ("signed", "arrives"),
    [
        ("/m.i/~a", "/m.i/%7Ea"),
        ("/m.i/a%2Bb", "/m.i/a+b"),
        ("/m.i/%E6%97%A5", "/m.i/%e6%97%a5"),
        ("/m.i/%E6%97%A5", "/m.i/日".encode().decode("latin-1")),
        ("/m.i/a%24", "/m.i/a$"),
        ("/m.i?prefix=a%20b", "/m.i?prefix=a+b"),
        ("/m.i?prefix=a%2Fb", "/m.i?prefix=a/b"),
        ("/m.i?b=1&a=2", "/m.i?a=2&b=1"),
        ("/m.i?a=", "/m.i?a"),
        ("/m.i/a//b", "/m.i/a/%2Fb"),
        ("/m.i//a", "/m.i/%2fa"),
        ("/m.i/a", f"http://{HOST}/m.i/a"),
    ],
)
def test_a_target_that_is_written_otherwise_and_means_the_same_is_right(signed, arrives):
    made = request(signed)
    assert ask(sent("GET", arrives, made.headers))


@pytest.mark.parametrize(
    ("signed", "arrives"),
    [
        ("/m.i/a%2Fb", "/m.i/a/b"),
        ("/m.i/a", "/m.i%2Fa"),
        ("/m.i/a%24", "//m.i/a%24"),
        ("/m.i/a//b", "/m.i/a/b"),
        ("/m.i/a", "/m.i/a/"),
        ("/m.i/a%2520b", "/m.i/a%20b"),
        ("/m.i/a%20b", "/m.i/a+b"),
        ("/m.i/b/../a", "/m.i/a"),
        ("/m.i?prefix=a%2Bb", "/m.i?prefix=a+b"),
        ("/m.i?prefix=a%26b", "/m.i?prefix=a&b"),
        ("/m.i?prefix=a", "/m.i?prefix=a&prefix=a"),
        ("/m.i?prefix=a", "/m.i?prefix=a&delete"),
        ("/m.i/a?acl", "/m.i/a"),
        ("/m.i/A", "/m.i/a"),
    ],
)
def test_a_target_that_means_something_else_is_wrong(signed, arrives):
    made = request(signed)
    assert refusal(sent("GET", arrives, made.headers)).kind is errors.SignatureDoesNotMatch


@pytest.mark.parametrize(
    ("signed", "arrives"),
    [
        ("s3.example.com", "s3.example.com:443"),
        ("s3.example.com", "s3.example.com:8080"),
        ("s3.example.com:443", "s3.example.com"),
    ],
)
def test_the_host_is_right_where_a_proxy_has_written_its_port(signed, arrives):
    made = request(host=signed)
    assert ask(sent("GET", made.raw_target, {**made.headers, "host": arrives}))


@pytest.mark.parametrize("arrives", ["evil.example.com", "s3.example.com.evil", "s3.example.com:8081", ""])
def test_another_host_is_wrong(arrives):
    made = request(host="s3.example.com:8080")
    changed = sent("GET", made.raw_target, {**made.headers, "host": arrives})
    assert refusal(changed).kind is errors.SignatureDoesNotMatch


@pytest.mark.parametrize("value", ["a  b", "a\tb", '"a   b"', "a, b", "a,b", ""])
def test_a_header_is_right_however_its_spaces_are_signed(value):
    assert ask(request(x_amz_meta_a=value))


def test_a_header_beyond_ascii_is_signed_as_the_bytes_that_are_sent():
    made = request(x_amz_meta_a="café")
    assert ask(
        sent("GET", made.raw_target, {**made.headers, "x-amz-meta-a": "café".encode().decode("latin-1")})
    )


def test_a_field_that_is_sent_twice_is_signed_with_a_comma_alone():
    made = request(x_amz_object_attributes="ETag,Checksum", if_modified_since="Wed, 25 Nov 2026 00:00:00 GMT")
    assert ask(sent("GET", made.raw_target, {**made.headers, "x-amz-object-attributes": "ETag, Checksum"}))


def test_a_mismatch_tells_what_was_signed():
    made = request("/master.images/a?acl", x_amz_meta_a="1")
    error = refusal(sent("PUT", made.raw_target, made.headers))
    assert error.kind is errors.SignatureDoesNotMatch
    assert error.members["aws_access_key_id"] == KEY
    assert error.members["canonical_request"].startswith("PUT\n/master.images/a\nacl=\nhost:")
    assert error.members["string_to_sign"].startswith("AWS4-HMAC-SHA256\n")
    assert bytes.fromhex(error.members["string_to_sign_bytes"]).decode() == error.members["string_to_sign"]
    assert re.fullmatch("[0-9a-f]{64}", error.members["signature_provided"])
    assert SECRET not in str(error.members)


def test_an_unknown_key_is_told():
    error = refusal(request(), authority=Keys({}))
    assert error.kind is errors.InvalidAccessKeyId
    assert error.members == {"aws_access_key_id": KEY}


def test_a_key_that_is_a_secret_is_in_no_answer():
    for keys in (Keys({}), Keys({KEY: Credentials("other", Identity("ann"))})):
        keys.keys_are_secret = True
        error = refusal(request(x_amz_meta_a=KEY), authority=keys)
        assert KEY not in f"{error} {error.members}"
        assert KEY.encode().hex(" ") not in str(error.members)


@pytest.mark.parametrize("text", [KEY, f"Bearer {KEY}", f"AWS {KEY}", f"AWS4-HMAC-SHA256 {KEY}", f"AWS4-HMAC-SHA256 Credential={KEY},SignedHeaders=a,Signature=b"])  # fmt: skip
def test_an_authorization_that_is_none_is_in_no_answer(text):
    error = refusal(sent("GET", "/m.i/a", {"authorization": text}), authority=Keys(keys_are_secret=True))
    assert KEY not in f"{error} {error.members}"


def test_an_answer_repeats_a_bounded_part_of_the_request():
    made = request(x_amz_meta_a="a" * 100_000)
    error = refusal(sent("PUT", made.raw_target, made.headers))
    assert len(str(error.members)) < 50_000


AUTHORIZATION = "AWS4-HMAC-SHA256 Credential={},SignedHeaders={},Signature={}"


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"x-amz-content-sha256": None}, errors.InvalidRequest, "Missing required header for this request: x-amz-content-sha256"),
        ({"x-amz-content-sha256": "nonsense"}, errors.InvalidArgument, "x-amz-content-sha256 must be "),
        ({"x-amz-content-sha256": "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"}, errors.InvalidRequest, "Please use AWS4-HMAC-SHA256"),
        ({"x-amz-date": None}, errors.AccessDenied, "requires a valid Date or x-amz-date header"),
        ({"x-amz-date": "yesterday"}, errors.AccessDenied, "requires a valid Date or x-amz-date header"),
        ({"x-amz-date": "99991331T000000Z"}, errors.AccessDenied, "requires a valid Date or x-amz-date header"),
        ({"x-amz-date": "00010101T000000Z"}, errors.AccessDenied, "requires a valid Date or x-amz-date header"),
        ({"x-amz-date": "Fri, 31 Dec 9999 23:59:59 -0500"}, errors.AccessDenied, "requires a valid Date or x-amz-date header"),
        ({"x-amz-date": "Fri, 31 Dec 9999 23:59:59 GMT"}, errors.RequestTimeTooSkewed, "too large"),
        ({"x-amz-meta-b": "1"}, errors.AccessDenied, "which were not signed"),
        ({"content-md5": "1B2M2Y8AsgTpgAmY7PhCfg=="}, errors.AccessDenied, "which were not signed"),
        ({"x-amz-security-token": "t"}, errors.AccessDenied, "which were not signed"),
        ({"authorization": "Bearer abc"}, errors.InvalidArgument, "Unsupported Authorization Type"),
        ({"authorization": ""}, errors.InvalidArgument, "Unsupported Authorization Type"),
        ({"authorization": "AWS4-HMAC-SHA256"}, errors.AuthorizationHeaderMalformed, "three components"),
        ({"authorization": "AWS4-HMAC-SHA256 Credential=a, Signature=b"}, errors.AuthorizationHeaderMalformed, "three components"),
        ({"authorization": AUTHORIZATION.format("a/b", "host", "c")}, errors.AuthorizationHeaderMalformed, "the Credential is mal-formed"),
        ({"authorization": AUTHORIZATION.format("/20261125/r/s3/aws4_request", "host", "c")}, errors.AuthorizationHeaderMalformed, "the Credential is mal-formed"),
        ({"authorization": AUTHORIZATION.format("a/today/r/s3/aws4_request", "host", "c")}, errors.AuthorizationHeaderMalformed, "the Credential is mal-formed"),
        ({"authorization": AUTHORIZATION.format("a/20261125/r/s3/aws5_request", "host", "c")}, errors.AuthorizationHeaderMalformed, 'incorrect terminal "aws5_request"'),
        ({"authorization": AUTHORIZATION.format("a/20261125/r/ec2/aws4_request", "host", "c")}, errors.AuthorizationHeaderMalformed, 'incorrect service "ec2"'),
        ({"authorization": AUTHORIZATION.format("a/20261125//s3/aws4_request", "host", "c")}, errors.AuthorizationHeaderMalformed, "the region '' is wrong; expecting 'us-east-1'"),
        ({"authorization": AUTHORIZATION.format("a/20010101/r/s3/aws4_request", "host", "c")}, errors.AuthorizationHeaderMalformed, 'Invalid credential date "20010101"'),
        ({"authorization": "AWS4-ECDSA-P256-SHA256 Credential=a/20261125/s3/aws4_request,SignedHeaders=host,Signature=00"}, errors.InvalidRequest, "Please use AWS4-HMAC-SHA256"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_signature_is_refused_with_the_reason(changes, kind, message):
    headers = {**request().headers, **changes}
    kept = {name: value for name, value in headers.items() if value is not None}
    error = refusal(sent("GET", "/master.images/a", kept))
    assert (error.kind, message in error.message) == (kind, True), error


def test_a_wrong_region_is_told():
    headers = {
        **request().headers,
        "authorization": AUTHORIZATION.format("a/20261125//s3/aws4_request", "h", "c"),
    }
    assert refusal(sent("GET", "/master.images/a", headers)).members == {"region": "us-east-1"}


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "PACHYDERM", "garage", "*"])
def test_the_region_is_what_the_client_names(region):
    assert ask(by_botocore(S3SigV4Auth, "GET", "/m.i/a", region_name=region))


@pytest.mark.parametrize("service", ["s3", "s3express"])
def test_the_service_is_what_clients_of_s3_name(service):
    assert ask(by_botocore(S3SigV4Auth, "GET", "/m.i/a", service_name=service))


@pytest.mark.parametrize("off", [-901, 901, -86400, 86400 * 365])
def test_a_clock_that_is_off_is_told_both_times(off):
    error = refusal(request(), now() - off)
    assert error.kind is errors.RequestTimeTooSkewed
    assert error.members.keys() == {"request_time", "server_time", "max_allowed_skew_milliseconds"}
    assert error.members["max_allowed_skew_milliseconds"] == "900000"


@pytest.mark.parametrize("off", [-890, 890])
def test_a_clock_may_be_off_by_fifteen_minutes(off):
    assert ask(request(), now() - off)


def test_of_header_and_query_only_one_may_be_a_signature():
    made = request()
    for more in ("X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Signature=0", "Signature=a", "AWSAccessKeyId=a"):
        error = refusal(sent("GET", f"/master.images/a?{more}", made.headers))
        assert error.kind is errors.InvalidArgument
        assert error.message.startswith("Only one auth mechanism allowed")


@pytest.mark.parametrize("target", ["/m.i/a", "/m.i/a?x-id=GetObject&Expires=1", "/m.i/a?signature=1"])
def test_what_nothing_marks_as_signed_is_nobody_s(target):
    assert ask(sent("GET", target, {"x-amz-date": "20261125T000000Z"})) is None


def keys(**more: object) -> Keys:
    return Keys({KEY: Credentials(SECRET, Identity("ann"), **more)})  # type: ignore[arg-type]


def test_a_session_token_is_that_of_its_key():
    made = by_botocore(S3SigV4Auth, "GET", "/m.i/a", token="t/+=")
    assert ask(made, authority=keys(session_token="t/+="))
    assert refusal(made, authority=keys(session_token="u")).kind is errors.InvalidToken
    assert refusal(made, authority=keys()).kind is errors.InvalidToken
    assert refusal(request(), authority=keys(session_token="t")).kind is errors.InvalidAccessKeyId


def test_a_token_that_has_ended_is_told():
    made = by_botocore(S3SigV4Auth, "GET", "/m.i/a", token="t")
    assert refusal(made, authority=keys(session_token="t", expires=now() - 1)).kind is errors.ExpiredToken
    assert ask(made, authority=keys(session_token="t", expires=now() + 60))


def test_a_session_token_is_in_no_answer():
    made = by_botocore(S3SigV4Auth, "GET", "/m.i/a", token="t0ken/+=")
    error = refusal(sent("PUT", made.raw_target, made.headers))
    assert "t0ken" not in str(error.members)
    assert b"t0ken".hex(" ") not in str(error.members)


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), max_size=8)
ENCODED = TEXTS.map(lambda text: quote(text, safe="/+~!$'()*,;:@"))
QUERIES = st.lists(st.tuples(TEXTS.map(lambda text: quote(text, safe="")), ENCODED), max_size=4)
VALUES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)
CHANGES = ["method", "path", "query", "date", "host", "body", "header", "dropped"]


@settings(max_examples=150, deadline=None)
@given(ENCODED, QUERIES, VALUES, st.sampled_from(CHANGES))
def test_whatever_botocore_signs_is_right_until_it_is_changed(path, query, value, change):
    parameters = "&".join(f"p{name}={text}" for name, text in query)
    made = by_botocore(
        S3SigV4Auth, "GET", f"/m.i/{path}?{parameters}", {"x-amz-meta-v": value, "range": "bytes=0-1"}
    )
    assert ask(made)
    method, target, headers = made.method, made.raw_target, dict(made.headers)
    raw_path, mark, raw_query = target.partition("?")
    if change == "method":
        method = "HEAD"
    elif change == "path":
        target = f"{raw_path}x{mark}{raw_query}"
    elif change == "query":
        target = f"{raw_path}?{raw_query}{'&' if raw_query else ''}acl"
    elif change == "date":
        headers["x-amz-date"] = headers["x-amz-date"][:-3] + (
            "00Z" if headers["x-amz-date"][-3:] != "00Z" else "01Z"
        )
    elif change == "host":
        headers["host"] = "other.example.com"
    elif change == "body":
        headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD"
    elif change == "header":
        headers["range"] = "bytes=0-2"
    else:
        del headers["x-amz-meta-v"]
    assert refusal(sent(method, target, headers)).kind is errors.SignatureDoesNotMatch
