"""Every request is dispatched to exactly its operation; nothing unknown runs as something else."""

from __future__ import annotations

import io
from urllib.parse import quote

import pytest

from s3gw.generated.routes import PROFILES
from s3gw.http.request import Request
from s3gw.http.target import parse
from s3gw.s3_error import S3Error
from tests.sdk import model, sdk_request

BUCKET, KEY = "master.images", "dir/a.txt"
BEYOND_MODEL = {
    "PostObject": ("POST", f"/{BUCKET}"),
    "CorsPreflight": ("OPTIONS", f"/{BUCKET}/{KEY}"),
    "DeleteSession": ("DELETE", f"/{BUCKET}?s3gw-session=1"),
    "PostSession": ("POST", f"/{BUCKET}?s3gw-session"),
}
TWINS = {
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "GetBucketNotification": "GetBucketNotificationConfiguration",
    "ListDirectoryBuckets": "ListBuckets",
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
    "PutBucketNotification": "PutBucketNotificationConfiguration",
}


OPERATIONS = PROFILES["classic"].operations


def dispatched(method: str, target: str, headers: dict[str, str] | None = None) -> str:
    """Name the operation that answers a request, or the code of the error that does."""
    request = Request(method, target, {n.lower(): v for n, v in (headers or {}).items()}, io.BytesIO())
    try:
        found = request.locate()
        return PROFILES["classic"].resolve(found.level, method, found.query, request.headers).name
    except S3Error as error:
        return error.kind.code


def test_the_catalogue_has_every_operation_of_the_model_and_our_own():
    assert sorted(operation.name for operation in OPERATIONS) == sorted(
        [*model().operation_names, *BEYOND_MODEL]
    )
    assert len(OPERATIONS) == 120


@pytest.mark.parametrize("name", sorted(model().operation_names))
def test_a_request_as_the_sdk_serialises_it_is_its_operation(name):
    request = sdk_request(name, BUCKET, KEY)
    assert dispatched(request.method, request.target, request.headers) == TWINS.get(name, name)


@pytest.mark.parametrize("name", sorted(BEYOND_MODEL))
def test_what_the_model_lacks_is_dispatched_too(name):
    assert dispatched(*BEYOND_MODEL[name]) == name


def test_only_the_five_pairs_are_twins():
    assert {operation.name: operation.twin_of for operation in OPERATIONS if operation.twin_of} == TWINS


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        # an empty value, parameters of signatures and cache busters never change the route
        ("PUT", "/b.r/k?tagging=", "PutObjectTagging"),
        ("PUT", "/b.r/k?tagging=1", "PutObjectTagging"),
        ("PUT", "/b.r/k?x-id=PutObject", "PutObject"),
        ("PUT", "/b.r/k?x-id=PutObject&x-id=PutObject", "PutObject"),
        ("PUT", "/b.r/k?X-Amz-Signature=aa&X-Amz-Expires=60&X-Amz-SignedHeaders=host", "PutObject"),
        ("PUT", "/b.r/k?AWSAccessKeyId=a&Signature=b&Expires=1", "PutObject"),
        ("PUT", "/b.r/k?Expires", "PutObject"),
        ("PUT", "/b.r/k?cache=buster", "PutObject"),
        ("GET", "/b.r?list-type=2&x-id=ListObjectsV2", "ListObjectsV2"),
        ("GET", "/b.r?list-type=1", "ListObjects"),
        ("GET", "/b.r?list-type=", "ListObjects"),
        ("GET", "/b.r?prefix=acl", "ListObjects"),
        ("GET", "/b.r?id=5", "ListObjects"),
        ("GET", "/b.r?", "ListObjects"),
        ("GET", "/b.r?&&", "ListObjects"),
        # repeated parameters
        ("PUT", "/b.r/k?tagging&tagging", "PutObjectTagging"),
        ("GET", "/b.r?acl&acl=", "GetBucketAcl"),
        # names percent-encoded
        ("PUT", "/b.r/k?%74agging", "PutObjectTagging"),
        ("PUT", "/b.r/k?TAGGING", "NotImplemented"),
        # a key named like a sub-resource, a slash, an encoded slash, a question mark
        ("PUT", "/b.r/tagging", "PutObject"),
        ("PUT", "/b.r/acl", "PutObject"),
        ("PUT", "/b.r/k%3Ftagging", "PutObject"),
        ("GET", "/b.r/", "ListObjects"),
        ("PUT", "/b.r/", "CreateBucket"),
        ("PUT", "/b.r//", "PutObject"),
        ("PUT", "/b%2Er/k", "PutObject"),
        ("GET", "/b.r%2Fk", "ListObjects"),
        ("GET", "//", "ListObjects"),
        ("GET", "/?x-id=ListBuckets", "ListBuckets"),
        # absolute form
        ("GET", "http://example.com/b.r/k?acl", "GetObjectAcl"),
        ("GET", "http://example.com", "ListBuckets"),
        ("GET", "HTTP://example.com/", "ListBuckets"),
        ("GET", "ftp://example.com/", "InvalidURI"),
        ("GET", "k", "InvalidURI"),
        # unknown sub-resources: 501 on writes, ignored on reads
        ("PUT", "/b.r/k?unheard-of", "NotImplemented"),
        ("PUT", "/b.r/k?unheard-of=", "NotImplemented"),
        ("DELETE", "/b.r/k?unheard-of", "NotImplemented"),
        ("DELETE", "/b.r?unheard-of", "NotImplemented"),
        ("POST", "/b.r?unheard-of", "NotImplemented"),
        ("PUT", "/b.r?unheard-of", "NotImplemented"),
        ("GET", "/b.r/k?unheard-of", "GetObject"),
        ("HEAD", "/b.r/k?unheard-of", "HeadObject"),
        # a HEAD of what only has a GET is neither of the two
        ("HEAD", "/b.r/k?acl", "MethodNotAllowed"),
        ("HEAD", "/b.r/k?tagging=", "MethodNotAllowed"),
        ("HEAD", "/b.r/k?tagging=1", "MethodNotAllowed"),
        ("HEAD", "/b.r/k?uploadId=u", "MethodNotAllowed"),
        ("HEAD", "/b.r/k?%61cl", "MethodNotAllowed"),
        ("HEAD", "/b.r?acl", "MethodNotAllowed"),
        ("HEAD", "/b.r?versions", "MethodNotAllowed"),
        ("HEAD", "/b.r?location", "MethodNotAllowed"),
        ("HEAD", "/b.r?uploads", "MethodNotAllowed"),
        ("HEAD", "/b.r?policy&x-id=HeadBucket", "MethodNotAllowed"),
        ("HEAD", "/b.r/k?policy", "HeadObject"),  # an object has none
        ("HEAD", "/b.r?list-type=2", "HeadBucket"),
        ("HEAD", "/b.r/k?partNumber=1", "HeadObject"),
        ("HEAD", "/b.r/k?versionId=null", "HeadObject"),
        ("HEAD", "/b.r/k?response-content-type=a", "HeadObject"),
        # headers that a presigner moved into the query
        ("PUT", "/b.r/k?x-amz-copy-source=", "CopyObject"),
        ("PUT", "/b.r/k?X-Amz-Copy-Source=b.r%2Fo&X-Amz-Signature=a", "CopyObject"),
        ("PUT", "/b.r/k?uploadId=u&partNumber=1&x-amz-copy-source=b.r/o", "UploadPartCopy"),
        ("PUT", "/b.r/k?x-amz-meta-a=b", "PutObject"),
        ("PUT", "/b.r/k?x-amz-acl", "PutObject"),
        # broken percent-encoding
        ("GET", "/b.r/a%zz", "InvalidURI"),
        ("GET", "/b.r/a%", "InvalidURI"),
        ("GET", "/b.r/a%4", "InvalidURI"),
        ("GET", "/b%2.r", "InvalidURI"),
        ("PUT", "/b.r/k?a=%zz", "InvalidURI"),
        # a sub-resource of another level or method is no plain write either, even with a value
        ("PUT", "/b.r/k?policy", "NotImplemented"),
        ("PUT", "/b.r/k?policy=1", "NotImplemented"),
        ("DELETE", "/b.r/k?uploads", "NotImplemented"),
        ("DELETE", "/b.r?delete", "NotImplemented"),
        ("DELETE", "/b.r/k?acl", "NotImplemented"),
        ("PUT", "/b.r/k?versionId", "NotImplemented"),
        ("DELETE", "/b.r/k?versionId=null", "DeleteObject"),
        ("DELETE", "/b.r/k?versionId=", "DeleteObject"),
        # half of an operation, or two at once
        ("PUT", "/b.r/k?uploadId=u", "InvalidArgument"),
        ("PUT", "/b.r/k?partNumber=1", "InvalidArgument"),
        ("PUT", "/b.r/k?acl&tagging", "InvalidArgument"),
        ("GET", "/b.r?acl&policy", "InvalidArgument"),
        ("GET", "/b.r/k?partNumber=1", "GetObject"),
        # what S3 has not
        ("POST", "/", "MethodNotAllowed"),
        ("PUT", "/", "MethodNotAllowed"),
        ("POST", "/b.r/k", "MethodNotAllowed"),
        ("PATCH", "/b.r/k", "MethodNotAllowed"),
    ],
)
def test_routes(method, target, expected):
    assert dispatched(method, target) == expected


def test_a_header_tells_a_copy_from_a_put():
    assert dispatched("PUT", "/b.r/k", {"x-amz-copy-source": "b.r/other"}) == "CopyObject"
    assert dispatched("PUT", "/b.r/k?acl", {"x-amz-copy-source": "b.r/other"}) == "PutObjectAcl"


def test_query_and_header_of_one_name_must_agree():
    header = {"x-amz-meta-a": "b"}
    assert dispatched("PUT", "/b.r/k?X-Amz-Meta-A=b", header) == "PutObject"
    assert dispatched("PUT", "/b.r/k?x-amz-meta-a=c", header) == "InvalidArgument"


@pytest.mark.parametrize(
    ("target", "bucket", "key"),
    [
        ("/b.r/a%2Fb", "b.r", "a/b"),
        ("/b.r/a+b", "b.r", "a+b"),
        ("/b.r/a%20b", "b.r", "a b"),
        ("/b.r/%C3%A9", "b.r", "é"),
        ("/b.r/\xc3\xa9", "b.r", "é"),
        ("/b.r/%FF", "b.r", "\udcff"),
        ("/b.r//a", "b.r", "/a"),
        ("/b.r/a/", "b.r", "a/"),
        ("/b.r/a//b", "b.r", "a//b"),
        ("/b.r/../a", "b.r", "../a"),
        ("/b%2Fr/a", "b/r", "a"),
        ("//a", "", "a"),
    ],
)
def test_a_target_is_split_before_it_is_decoded(target, bucket, key):
    assert (parse(target).bucket, parse(target).key) == (bucket, key)


def test_a_query_is_decoded_once_and_its_first_value_wins():
    found = parse("/b.r?prefix=a%2Bb+c&prefix=d&marker=%252F")
    assert found.query == {"prefix": "a+b c", "marker": "%2F"}
    assert found.repeated == {"prefix": ["a+b c", "d"]}
    assert dispatched("GET", "/b.r?prefix=a&prefix=b") == "ListObjects"
    assert dispatched("DELETE", "/b.r/k?versionId=null&versionId=null") == "DeleteObject"
    assert dispatched("DELETE", "/b.r/k?versionId=null&versionId=v") == "InvalidArgument"


def test_a_url_of_eight_kibibytes_is_routed():
    key = "k" * 8192
    assert parse(f"/b.r/{quote(key)}").key == key
    assert dispatched("PUT", f"/b.r/{key}?tagging&cache={key}") == "PutObjectTagging"
