"""Whatever is not supported answers NotImplemented and harms nothing."""

from __future__ import annotations

from urllib.parse import quote
from xml.sax.saxutils import unescape

import pytest

from s3gw.generated.routes import PROFILES
from tests.sdk import model, sdk_request

OPERATIONS = PROFILES["classic"].operations
UNSUPPORTED = [
    operation for operation in OPERATIONS if operation.support is None and operation.twin_of is None
]
BEYOND_MODEL = {
    "PostObject": ("POST", "/{bucket}"),
    "CorsPreflight": ("OPTIONS", "/{bucket}/{key}"),
    "DeleteSession": ("DELETE", "/{bucket}?s3gw-session"),
    "PostSession": ("POST", "/{bucket}?s3gw-session"),
}


@pytest.mark.parametrize("operation", UNSUPPORTED, ids=lambda operation: operation.name)
def test_an_unsupported_operation_is_501_names_itself_and_changes_nothing(gateway, bucket, operation):
    key = "dir/a.txt"
    assert gateway.request("PUT", f"/{bucket}/{key}", b"kept").status == 200
    if operation.name in model().operation_names:
        request = sdk_request(operation.name, bucket, key)
        method, target, headers, body = (
            request.method,
            request.target,
            request.headers,
            request.body,
        )
    else:
        method, target = BEYOND_MODEL[operation.name]
        target, headers, body = target.format(bucket=bucket, key=key), {}, b""
    answer = gateway.request(method, target, body or b"a body that nobody uses", headers)
    assert (answer.status, answer.code) == (501, "NotImplemented")
    message = answer.element("Message")
    assert operation.name in message
    assert operation.feature in message
    assert operation.instead is None or operation.instead in unescape(message)
    kept = gateway.request("GET", f"/{bucket}/{key}")
    assert (kept.status, kept.body) == (200, b"kept")
    listing = gateway.request("GET", f"/{bucket}?list-type=2")
    assert listing.body.count(b"<Contents>") == 1


@pytest.mark.parametrize("name", sorted(model().operation_names))
def test_no_operation_of_the_model_is_run_as_another(gateway, bucket, name):
    """The log says which one was run, be it a read or a write."""
    key = "dir/a.txt"
    gateway.request("PUT", f"/{bucket}/{key}", b"kept")
    by_name = {operation.name: operation for operation in OPERATIONS}
    expected = by_name[by_name[name].twin_of or name]
    request = sdk_request(name, bucket, key)
    answer = gateway.request(request.method, request.target, request.body, request.headers)
    line = gateway.log_line(answer.headers["x-amz-request-id"])
    assert line.split()[2] == expected.name
    if expected.support is None:
        assert answer.status == 501
    if expected.support is None or request.method in ("GET", "HEAD"):
        assert gateway.request("GET", f"/{bucket}/{key}").body == b"kept"


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize("target", ["/{bucket}/a?unheard-of", "/{bucket}?unheard-of="])
def test_an_unknown_sub_resource_of_a_write_is_501_and_named(gateway, bucket, method, target):
    gateway.request("PUT", f"/{bucket}/a", b"kept")
    answer = gateway.request(method, target.format(bucket=bucket), b"x")
    assert (answer.status, answer.code) == (501, "NotImplemented")
    assert "unheard-of" in answer.element("Message")
    assert gateway.request("GET", f"/{bucket}/a").body == b"kept"


def test_an_unknown_sub_resource_of_a_read_is_ignored(gateway, bucket):
    gateway.request("PUT", f"/{bucket}/a", b"kept")
    assert gateway.request("GET", f"/{bucket}/a?unheard-of").body == b"kept"
    assert gateway.request("HEAD", f"/{bucket}/a?unheard-of").status == 200


@pytest.mark.parametrize(
    ("header", "value", "feature"),
    [
        ("x-amz-server-side-encryption", "AES256", "Encryption"),
        ("x-amz-server-side-encryption-customer-algorithm", "AES256", "Encryption"),
        ("x-amz-object-lock-mode", "GOVERNANCE", "Object locks"),
        ("x-amz-server-side-encryption-customer-key", "a2V5", "Encryption"),
        ("x-amz-server-side-encryption-customer-key-MD5", "a2V5", "Encryption"),
        ("x-amz-object-lock-event-hold", "ON", "Object locks"),
        ("x-amz-write-offset-bytes", "4", "Appending"),
        ("x-amz-write-offset-bytes", "0", "Appending"),
        ("x-amz-if-match-size", "4", "directory buckets"),
        ("x-amz-if-match-last-modified-time", "Thu, 01 Jan 2026 00:00:00 GMT", "directory buckets"),
        ("x-amz-copy-source-if-match", "x", "Object copying"),
        ("x-amz-rename-source", "x", "Renaming"),
        ("x-amz-website-redirect-location", "/b", "Website configuration"),
    ],
)
def test_a_header_that_asks_for_an_unsupported_feature_is_501(gateway, bucket, header, value, feature):
    gateway.request("PUT", f"/{bucket}/a", b"kept")
    answer = gateway.request("PUT", f"/{bucket}/a", b"new", {header: value})
    assert (answer.status, answer.code) == (501, "NotImplemented")
    assert feature in answer.element("Message")
    assert header.lower() in answer.element("Message")
    presigned = gateway.request("PUT", f"/{bucket}/a?{header}={quote(value)}", b"new")
    assert (presigned.status, presigned.code) == (501, "NotImplemented")
    assert gateway.request("GET", f"/{bucket}/a").body == b"kept"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("x-amz-server-side-encryption", ""),
        ("x-amz-object-lock-legal-hold", "OFF"),
        ("x-amz-server-side-encryption-bucket-key-enabled", "false"),
    ],
)
def test_a_header_that_says_no_asks_for_nothing(gateway, bucket, header, value):
    assert gateway.request("PUT", f"/{bucket}/a", b"new", {header: value}).status == 200


@pytest.mark.parametrize("header", ["x-amz-copy-source", "X-Amz-Copy-Source"])
@pytest.mark.parametrize("value", ["", "=", "=b.r/o"])
def test_a_presigned_copy_is_a_copy(gateway, bucket, header, value):
    gateway.request("PUT", f"/{bucket}/a", b"kept")
    answer = gateway.request("PUT", f"/{bucket}/a?{header}{value}&X-Amz-Signature=s", b"")
    assert (answer.status, answer.code) == (501, "NotImplemented")
    assert "CopyObject" in answer.element("Message")
    assert gateway.request("GET", f"/{bucket}/a").body == b"kept"


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "PROPFIND", "BREW"])
@pytest.mark.parametrize("target", ["/", "/{bucket}", "/{bucket}/a"])
def test_a_method_that_s3_has_not_is_405(gateway, bucket, method, target):
    answer = gateway.request(method, target.format(bucket=bucket))
    assert (answer.status, answer.code) == (405, "MethodNotAllowed")
    assert "GET" in answer.headers["allow"]
    assert answer.element("Method") == method


@pytest.mark.parametrize(
    ("method", "target", "kind"),
    [
        ("PUT", "/", "SERVICE"),
        ("DELETE", "/", "SERVICE"),
        ("POST", "/", "SERVICE"),
        ("POST", "/{bucket}/a", "OBJECT"),
    ],
)
def test_a_method_that_this_level_has_not_is_405(gateway, bucket, method, target, kind):
    answer = gateway.request(method, target.format(bucket=bucket), b"")
    assert (answer.status, answer.code) == (405, "MethodNotAllowed")
    assert (answer.element("Method"), answer.element("ResourceType")) == (method, kind)
    assert method not in answer.headers["allow"]


@pytest.mark.parametrize(
    ("target", "allowed"),
    [
        ("/{bucket}?acl", "GET, PUT"),
        ("/{bucket}?versions", "GET"),
        ("/{bucket}?policy", "DELETE, GET, PUT"),
        ("/{bucket}/a?tagging", "DELETE, GET, PUT"),
        ("/{bucket}/a?torrent", "GET"),
        ("/{bucket}/none?acl", "GET, PUT"),
    ],
)
def test_a_head_of_a_sub_resource_is_405_and_says_what_is_allowed(gateway, bucket, target, allowed):
    gateway.request("PUT", f"/{bucket}/a", b"x")
    answer = gateway.request("HEAD", target.format(bucket=bucket))
    assert (answer.status, answer.headers["allow"], answer.body) == (405, allowed, b"")
