"""The handlers as functions: a typed request in, a typed result out, on a PFS and without HTTP."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from s3gw.context import Context
from s3gw.generated.parsers import CreateBucketConfiguration, Delete, ObjectIdentifier
from s3gw.generated.requests import (
    CreateBucketRequest,
    DeleteBucketRequest,
    DeleteObjectRequest,
    DeleteObjectsRequest,
    GetBucketLocationRequest,
    GetObjectRequest,
    HeadBucketRequest,
    ListBucketsRequest,
    ListObjectsRequest,
    ListObjectsV2Request,
    ListObjectVersionsRequest,
    PutObjectRequest,
)
from s3gw.http.body import Body
from s3gw.operations import buckets, listing, objects
from s3gw.operations.pending import Pending
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch, BranchNotEmpty, BranchNotFound, FileNotFound
from s3gw.s3_error import S3Error

BRANCH = Branch("images", "master")
PLACE: dict[str, Any] = {"bucket": "master.images", "branch": BRANCH}
UNCONDITIONAL: dict[str, Any] = {
    "if_match": None,
    "if_modified_since": None,
    "if_none_match": None,
    "if_unmodified_since": None,
}
OVERRIDES: dict[str, Any] = dict.fromkeys(
    (
        "response_cache_control",
        "response_content_disposition",
        "response_content_encoding",
        "response_content_language",
        "response_content_type",
        "response_expires",
    )
)


@pytest.fixture
def context(tmp_path) -> Iterator[Context]:
    pfs = EmbeddedPFS(tmp_path, "process")
    pfs.create_branch(BRANCH)
    yield Context(pfs, region="here")
    pfs.close()


def made(context: Context, outcome: Any) -> Any:
    """Make the change that a handler has left to its caller."""
    if not isinstance(outcome, Pending):
        return outcome
    (change,) = context.pfs.change_all([(outcome.branch, outcome.edits)])
    return outcome.end(change)


def put(
    context: Context, key: str, content: bytes, headers: dict[str, str] | None = None, **conditions: str
) -> Any:
    body = Body({"content-length": str(len(content)), **(headers or {})}, io.BytesIO(content))
    request = PutObjectRequest(**PLACE, key=key, body=body, **{**UNCONDITIONAL, **conditions})
    return made(context, objects.put_object(context, request))


def get_request(key: str, **given: Any) -> GetObjectRequest:
    rest = {"part_number": None, "version_id": None, "if_range": None, "range": None}
    return GetObjectRequest(**PLACE, key=key, **{**rest, **UNCONDITIONAL, **OVERRIDES, **given})


def get(context: Context, key: str, **given: Any) -> Any:
    return objects.get_object(context, get_request(key, **given))


def refusal(call: Any, *arguments: Any, **given: Any) -> tuple[str, dict[str, str]]:
    with pytest.raises(S3Error) as refused:
        call(*arguments, **given)
    return refused.value.kind.code, refused.value.members


def test_what_is_put_is_got(context):
    result = put(context, "a/b.txt", b"hello", {"x-amz-checksum-crc32": "NhCmhg=="})
    assert (result.etag, result.checksum_crc32) == ("5d41402abc4b2a76b9719d911017c592", "NhCmhg==")
    got = get(context, "a/b.txt")
    assert (got.status, got.content_length, got.content_type) == (200, 5, "text/plain")
    assert b"".join(got.body) == b"hello"
    head = objects.head_object(context, get_request("a/b.txt"))
    assert head == replace(got, body=None)


def test_a_put_changes_nothing_until_its_change_is_made(context):
    body = Body({"content-length": "1"}, io.BytesIO(b"x"))
    pending = objects.put_object(context, PutObjectRequest(**PLACE, key="a", body=body, **UNCONDITIONAL))
    assert isinstance(pending, Pending)
    with pytest.raises(FileNotFound):
        get(context, "a")
    made(context, pending)
    assert get(context, "a").content_length == 1


def test_a_body_that_breaks_its_promise_is_no_change(context):
    assert refusal(put, context, "a", b"x", {"x-amz-checksum-crc32": "AAAAAA=="})[0] == "BadDigest"
    with pytest.raises(FileNotFound):
        get(context, "a")


@pytest.mark.parametrize(
    ("given", "status", "content"),
    [
        ({"range": "bytes=1-2"}, 206, b"el"),
        ({"range": "bytes=-2"}, 206, b"lo"),
        ({"range": "bytes=0-0", "if_range": '"other"'}, 200, b"hello"),
        ({"part_number": 1}, 206, b"hello"),
    ],
)
def test_a_part_of_an_object(context, given, status, content):
    put(context, "a", b"hello")
    got = get(context, "a", **given)
    assert (got.status, b"".join(got.body), got.content_length) == (status, content, len(content))


def test_a_range_outside_tells_what_was_asked_and_what_there_is(context):
    put(context, "a", b"hello")
    code, members = refusal(get, context, "a", range="bytes=5-")
    assert (code, members) == ("InvalidRange", {"range_requested": "bytes=5-", "actual_object_size": "5"})


def test_conditions_tell_which_one_failed(context):
    etag = put(context, "a", b"one").etag
    for given, failed in (
        ({"if_match": '"x"'}, "If-Match"),
        ({"if_unmodified_since": "Sat, 01 Jan 2000 00:00:00 GMT"}, "If-Unmodified-Since"),
    ):
        assert refusal(get, context, "a", **given) == ("PreconditionFailed", {"condition": failed})
        assert refusal(put, context, "a", b"two", **given) == ("PreconditionFailed", {"condition": failed})
    assert get(context, "a", if_none_match=etag).status == 304
    assert refusal(put, context, "a", b"two", if_none_match=etag)[1] == {"condition": "If-None-Match"}
    assert refusal(put, context, "b", b"two", if_match="*")[0] == "NoSuchKey"


def test_a_condition_that_another_writer_broke_meanwhile_tells_it_too(context):
    body = Body({"content-length": "1"}, io.BytesIO(b"x"))
    request = PutObjectRequest(**PLACE, key="a", body=body, **{**UNCONDITIONAL, "if_none_match": "*"})
    pending = objects.put_object(context, request)
    put(context, "a", b"other")
    assert refusal(made, context, pending) == ("PreconditionFailed", {"condition": "If-None-Match"})
    assert b"".join(get(context, "a").body) == b"other"


def test_a_delete_is_idempotent_and_judges_conditions(context):
    put(context, "a", b"x")

    def delete(key: str, **given: Any) -> Any:
        request = DeleteObjectRequest(**PLACE, key=key, version_id=None, **{**UNCONDITIONAL, **given})
        return made(context, objects.delete_object(context, request))

    assert refusal(delete, "a", if_none_match="*")[1] == {"condition": "If-None-Match"}
    assert delete("a") is delete("a") is delete("no*path") is None
    with pytest.raises(FileNotFound):
        get(context, "a")


def test_many_are_deleted_with_a_result_for_each(context):
    put(context, "a", b"x")
    document = Delete(
        [ObjectIdentifier("a"), ObjectIdentifier("b", version_id="v"), ObjectIdentifier("k" * 1025)]
    )
    result = objects.delete_objects(context, DeleteObjectsRequest(**PLACE, document=document))
    assert [entry.key for entry in result.deleted] == ["a"]
    assert [entry.code for entry in result.error] == ["NoSuchVersion", "KeyTooLongError"]


def test_listings_are_pages_of_one_commit(context):
    for key in ("a", "b/1", "b/2", "c"):
        put(context, key, b"x")
    request = ListObjectsV2Request(
        **PLACE, prefix="", delimiter="/", encoding_type=None, continuation_token=None,
        fetch_owner=False, max_keys=2, start_after="",
    )  # fmt: skip
    first = listing.list_objects_v2(context, request)
    assert ([o.key for o in first.contents], [p.prefix for p in first.common_prefixes]) == (["a"], ["b/"])
    put(context, "d", b"written meanwhile")
    rest = listing.list_objects_v2(
        context, replace(request, continuation_token=first.next_continuation_token)
    )
    assert ([o.key for o in rest.contents], rest.is_truncated) == (["c"], False)
    code, members = refusal(listing.list_objects_v2, context, replace(request, continuation_token="x"))
    assert (code, members) == (
        "InvalidArgument",
        {"argument_name": "continuation-token", "argument_value": "x"},
    )


def test_the_first_form_of_a_listing_names_a_marker_only_with_a_delimiter(context):
    for key in "abc":
        put(context, key, b"x")
    request = ListObjectsRequest(**PLACE, prefix="", delimiter="", encoding_type=None, marker="", max_keys=2)
    assert listing.list_objects(context, request).next_marker is None
    assert listing.list_objects(context, replace(request, delimiter="/")).next_marker == "b"


def test_every_file_is_a_version(context):
    put(context, "a", b"x")
    request = ListObjectVersionsRequest(
        **PLACE, prefix="", delimiter="", encoding_type=None, key_marker="", max_keys=5, version_id_marker=""
    )
    (version,) = listing.list_object_versions(context, request).version
    assert (version.key, version.version_id, version.is_latest) == ("a", "null", True)
    assert abs(version.last_modified - datetime.now(UTC)) < timedelta(minutes=1)


def test_buckets_are_made_found_listed_and_deleted(context):
    other: dict[str, Any] = {"bucket": "b.r", "branch": Branch("r", "b")}
    made = buckets.create_bucket(context, CreateBucketRequest(**other, document=None))
    assert made.location == "/b.r"
    far = CreateBucketRequest(**other, document=CreateBucketConfiguration("eu-west-1"))
    assert refusal(buckets.create_bucket, context, far)[0] == "NotImplemented"
    everything = ListBucketsRequest(prefix="", max_buckets=1, continuation_token=None, bucket_region=None)
    page = buckets.list_buckets(context, everything)
    assert [bucket.name for bucket in page.bucket] == ["b.r"]
    rest = buckets.list_buckets(context, replace(everything, continuation_token=page.continuation_token))
    assert [bucket.name for bucket in rest.bucket] == ["master.images"]
    assert buckets.head_bucket(context, HeadBucketRequest(**other)).bucket_region == "here"
    assert buckets.get_bucket_location(context, GetBucketLocationRequest(**other)).text == "here"
    buckets.delete_bucket(context, DeleteBucketRequest(**other))
    with pytest.raises(BranchNotFound):
        buckets.head_bucket(context, HeadBucketRequest(**other))


def test_a_bucket_that_holds_files_is_deleted_only_where_that_is_allowed(context):
    put(context, "a", b"x")
    with pytest.raises(BranchNotEmpty):
        buckets.delete_bucket(context, DeleteBucketRequest(**PLACE))
    buckets.delete_bucket(replace(context, delete_nonempty_buckets=True), DeleteBucketRequest(**PLACE))
    with pytest.raises(BranchNotFound):
        buckets.head_bucket(context, HeadBucketRequest(**PLACE))
