"""Buckets are branches: created, listed, found, deleted."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from s3gw.addressing.buckets import BRANCHES
from s3gw.pfs.embedded import EmbeddedPFS
from tests.serving import create_project, serving


def code(call, **parameters) -> str:
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    return refused.value.response["Error"]["Code"]


def test_a_bucket_is_created_found_listed_and_deleted(gateway):
    client = gateway.boto3()
    client.create_bucket(Bucket="live.cycle")
    assert client.head_bucket(Bucket="live.cycle")["ResponseMetadata"]["HTTPStatusCode"] == 200
    (found,) = [b for b in client.list_buckets()["Buckets"] if b["Name"] == "live.cycle"]
    assert abs(found["CreationDate"] - datetime.now(UTC)) < timedelta(minutes=1)
    assert client.delete_bucket(Bucket="live.cycle")["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert code(client.delete_bucket, Bucket="live.cycle") == "NoSuchBucket"
    assert code(client.head_bucket, Bucket="live.cycle") == "404"


def test_to_create_a_bucket_again_is_a_conflict(gateway, bucket):
    answer = gateway.request("PUT", f"/{bucket}")
    assert (answer.status, answer.code) == (409, "BucketAlreadyOwnedByYou")


def test_the_long_name_is_the_same_bucket_and_is_listed_short(gateway, bucket):
    assert gateway.request("HEAD", f"/{bucket}.default").status == 200
    listing = gateway.request("GET", "/").body.decode()
    assert f"<Name>{bucket}</Name>" in listing
    assert f"<Name>{bucket}.default</Name>" not in listing


def test_a_bucket_of_another_project_has_its_long_name(gateway, bucket):
    if gateway.pachd:
        assert gateway.request("PUT", f"/{bucket}.other").code == "NoSuchBucket"
        create_project(gateway.pachd, "other")
    assert gateway.request("PUT", f"/{bucket}.other").status == 200
    assert gateway.request("PUT", f"/{bucket}.other/a", b"x").status == 200
    assert f"<Name>{bucket}.other</Name>" in gateway.request("GET", "/").body.decode()
    assert gateway.request("GET", f"/{bucket}/a").code == "NoSuchKey"


@pytest.mark.parametrize("region", ["", "us-east-1", "PACHYDERM"])
def test_locations_that_are_accepted(gateway, bucket, region):
    name = f"located.{bucket.partition('.')[2]}"
    body = f"<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
    assert gateway.request("PUT", f"/{name}", body.encode()).status == 200
    assert (
        gateway.request("GET", f"/{name}?location").element("LocationConstraint") is None
    )  # it has attributes
    assert b">PACHYDERM</LocationConstraint>" in gateway.request("GET", f"/{name}?location").body


def test_another_location_is_unsupported_and_creates_nothing(gateway):
    client = gateway.boto3()
    refused = code(
        client.create_bucket,
        Bucket="far.away",
        CreateBucketConfiguration={"LocationConstraint": "eu-west-1"},
    )
    assert refused == "NotImplemented"
    assert gateway.request("HEAD", "/far.away").status == 404


@pytest.mark.parametrize(
    ("inside", "feature"),
    [
        ("<Bucket><Type>Directory</Type></Bucket>", "directory buckets"),
        ("<Location><Name>usw2-az1</Name><Type>AvailabilityZone</Type></Location>", "directory buckets"),
        ("<Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags>", "Tagging"),
        ("<LocationConstraint/><Tags><Tag/></Tags>", "Tagging"),
        ("<Tags>x</Tags>", "Tagging"),
    ],
)
def test_what_a_bucket_cannot_have_is_501_and_creates_nothing(gateway, inside, feature):
    body = f"<CreateBucketConfiguration>{inside}</CreateBucketConfiguration>".encode()
    answer = gateway.request("PUT", "/b.wishful", body)
    assert (answer.status, answer.code) == (501, "NotImplemented")
    assert feature in answer.element("Message")
    assert gateway.request("HEAD", "/b.wishful").status == 404


def test_tags_as_boto3_sends_them_create_nothing(gateway):
    client = gateway.boto3()
    tags = {"Tags": [{"Key": "a", "Value": "b"}]}
    assert code(client.create_bucket, Bucket="b.tagged", CreateBucketConfiguration=tags) == "NotImplemented"
    assert (
        code(client.create_bucket, Bucket="b.tagged", BucketNamespace="account-regional") == "NotImplemented"
    )
    assert gateway.request("HEAD", "/b.tagged").status == 404
    assert client.create_bucket(Bucket="b.untagged", BucketNamespace="global")


def test_conditions_of_buckets_are_refused_and_not_dropped(gateway, bucket):
    for method, target, body in (
        ("DELETE", f"/{bucket}", None),
        ("PUT", "/b.conditional", b""),
        ("POST", f"/{bucket}?delete", b"<Delete><Object><Key>a</Key></Object></Delete>"),
    ):
        for condition in ({"If-Match": '"x"'}, {"x-amz-if-match-size": "99"}, {"If-None-Match": "*"}):
            answer = gateway.request(method, target, body, condition)
            assert (answer.status, answer.code) == (501, "NotImplemented")
        (name, value) = next(iter({"x-amz-if-match-last-modified-time": "x"}.items()))
        joined = "&" if "?" in target else "?"
        assert gateway.request(method, f"{target}{joined}{name}={value}", body).status == 501
    assert gateway.request("HEAD", f"/{bucket}").status == 200
    assert gateway.request("HEAD", "/b.conditional").status == 404


def test_directory_buckets_and_object_locks_are_not_pretended(gateway):
    lock = {"x-amz-bucket-object-lock-enabled": "true"}
    assert gateway.request("PUT", "/b.locked", headers=lock).code == "NotImplemented"
    assert (
        gateway.request("PUT", "/b.unlocked", headers={"x-amz-bucket-object-lock-enabled": "false"}).status
        == 200
    )
    assert gateway.request("HEAD", "/b.locked").status == 404


@pytest.mark.parametrize(
    "name",
    ["plain", "a.b.c.d", ".repo", "branch.", "a..b", "br%20anch.repo", "br%C3%A9.repo", "a%2Fb.repo", "x" * 12 + "." ,
     "0123456789ab4cdef0123456789abcde.repo", "b.__filesets__", "b.r.-p", "b." + "r" * 254],
)  # fmt: skip
def test_a_name_that_no_branch_has_is_invalid_to_create_and_else_no_bucket(gateway, name):
    answer = gateway.request("PUT", f"/{name}", b"")
    assert (answer.status, answer.code) == (400, "InvalidBucketName")
    assert "branch.repo" in answer.element("Message")
    for method, target in [
        ("GET", f"/{name}"),
        ("GET", f"/{name}?location"),
        ("PUT", f"/{name}/k"),
        ("GET", f"/{name}/k"),
        ("DELETE", f"/{name}/k"),
        ("DELETE", f"/{name}"),
    ]:
        answer = gateway.request(method, target, b"" if method == "PUT" else None)
        assert (answer.status, answer.code) == (404, "NoSuchBucket"), (method, target)
        assert "branch.repo" in answer.element("Message")
    assert gateway.request("HEAD", f"/{name}").status == 404


def test_a_bucket_that_is_not_there(gateway):
    for method, target in [
        ("GET", "/no.where"),
        ("GET", "/no.where?list-type=2"),
        ("GET", "/no.where?versions"),
        ("GET", "/no.where?location"),
        ("GET", "/no.where?versioning"),
        ("DELETE", "/no.where"),
        ("GET", "/no.where/a"),
        ("PUT", "/no.where/a"),
        ("DELETE", "/no.where/a"),
        ("DELETE", "/no.where/a+b"),
    ]:
        answer = gateway.request(method, target, b"x" if method == "PUT" else None)
        assert (answer.status, answer.code) == (404, "NoSuchBucket"), (method, target)
    delete = b"<Delete><Object><Key>a</Key></Object></Delete>"
    assert gateway.request("POST", "/no.where?delete", delete).code == "NoSuchBucket"


def test_a_bucket_that_holds_files_is_not_deleted(gateway, bucket):
    gateway.request("PUT", f"/{bucket}/a", b"kept")
    answer = gateway.request("DELETE", f"/{bucket}")
    assert (answer.status, answer.code) == (409, "BucketNotEmpty")
    assert gateway.request("GET", f"/{bucket}/a").body == b"kept"


def test_delete_nonempty_buckets_deletes_the_files_too(tmp_path):
    with serving(tmp_path, "--delete-nonempty-buckets") as gateway:
        gateway.request("PUT", "/b.r")
        gateway.request("PUT", "/b.r/a", b"x")
        assert gateway.request("DELETE", "/b.r").status == 204
        assert gateway.request("GET", "/b.r").code == "NoSuchBucket"


def test_buckets_are_listed_by_name_prefix_and_page(gateway):
    client = gateway.boto3()
    names = [f"page.z{number}" for number in range(5)]
    for name in reversed(names):
        client.create_bucket(Bucket=name)
    assert [b["Name"] for b in client.list_buckets(Prefix="page.z")["Buckets"]] == names
    pages = client.get_paginator("list_buckets").paginate(Prefix="page.z", PaginationConfig={"PageSize": 2})
    assert [[b["Name"] for b in page["Buckets"]] for page in pages] == [
        names[:2],
        names[2:4],
        names[4:],
    ]
    assert client.list_buckets(BucketRegion="elsewhere").get("Buckets", []) == []
    assert {"page.z0"} <= {b["Name"] for b in client.list_buckets(BucketRegion="PACHYDERM")["Buckets"]}


def pages_of_buckets(client, size: int, prefix: str = "") -> list[list[str]]:
    pages = client.get_paginator("list_buckets").paginate(Prefix=prefix, PaginationConfig={"PageSize": size})
    return [[bucket["Name"] for bucket in page.get("Buckets", [])] for page in pages]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 1000])
def test_pages_of_buckets_are_the_whole_in_the_order_of_their_names(gateway, bucket, size):
    repo = bucket.partition(".")[2]
    names = [f"{branch}.{repo}" for branch in ("ordered-", "ordered", "ordered-a", "ordered0", "ordered_")]
    for name in names:
        gateway.request("PUT", f"/{name}")
    pages = pages_of_buckets(gateway.boto3(), size, "ordered")
    listed = [name for page in pages for name in page]
    assert [name for name in listed if name in names] == sorted(names)
    assert listed == sorted(set(listed))
    assert {len(page) for page in pages[:-1]} <= {size}
    assert pages[-1]
    whole = [entry["Name"] for entry in gateway.boto3().list_buckets()["Buckets"]]
    assert [name for name in whole if name.startswith("ordered")] == listed


def test_buckets_that_come_and_go_between_pages_hide_no_other(gateway, bucket):
    client, repo = gateway.boto3(), bucket.partition(".")[2]
    names = [f"{repo}{number}.{repo}" for number in range(6)]
    for name in names[1:]:
        client.create_bucket(Bucket=name)
    page = client.list_buckets(MaxBuckets=2, Prefix=repo)
    assert [entry["Name"] for entry in page["Buckets"]] == names[1:3]
    client.create_bucket(Bucket=names[0])
    for name in (names[2], names[3]):  # where the next page goes on, and what it would have begun with
        client.delete_bucket(Bucket=name)
    rest = client.list_buckets(MaxBuckets=2, Prefix=repo, ContinuationToken=page["ContinuationToken"])
    assert [entry["Name"] for entry in rest["Buckets"]] == names[4:]
    assert "ContinuationToken" not in rest


def test_what_the_gateway_keeps_for_itself_is_on_no_page_of_buckets(extended, extended_bucket):
    for _ in range(3):
        extended.request("POST", f"/{extended_bucket}?s3gw-session")
    pages = pages_of_buckets(extended.boto3(), 1, "session-")
    assert pages in ([], [[]])
    extended.request("PUT", f"/session-.{extended_bucket.partition('.')[2]}")
    extended.request("PUT", f"/session-z.{extended_bucket.partition('.')[2]}")
    pages = pages_of_buckets(extended.boto3(), 1, "session-")
    assert [[name.partition(".")[0] for name in page] for page in pages] == [["session-"], ["session-z"]]


@pytest.mark.parametrize("prefix", ["%C3%A9", "%00", "a%20b", "."])
def test_prefixes_that_no_bucket_has(gateway, bucket, prefix):
    answer = gateway.request("GET", f"/?prefix={prefix}")
    assert (answer.status, b"<Name>" in answer.body) == (200, False)


@pytest.mark.parametrize("name", ["\ud800", "\0", "\xe9", "~"])
def test_a_token_may_hold_any_text(gateway, bucket, name):
    token = base64.urlsafe_b64encode(json.dumps([name]).encode()).decode()
    answer = gateway.request("GET", f"/?continuation-token={token}&max-buckets=1")
    assert (answer.status, b"<Name>" in answer.body) == (200, name == "\0")


@pytest.mark.parametrize(
    "query", ["max-buckets=0", "max-buckets=x", "max-buckets=10001", "continuation-token=x"]
)
def test_bad_parameters_of_a_list_of_buckets(gateway, query):
    answer = gateway.request("GET", f"/?{query}")
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_a_bucket_was_never_versioned(gateway, bucket):
    client = gateway.boto3()
    assert "Status" not in client.get_bucket_versioning(Bucket=bucket)
    assert client.head_bucket(Bucket=bucket)["BucketRegion"] == "PACHYDERM"


@pytest.mark.parametrize(
    "body",
    [
        b"<CreateBucketConfiguration>",
        b"no xml",
        b"<Delete/>",
        b'<!DOCTYPE x [<!ENTITY e "us-east-1">]><CreateBucketConfiguration><LocationConstraint>&e;'
        b"</LocationConstraint></CreateBucketConfiguration>",
        b"<!DOCTYPE x><CreateBucketConfiguration/>",
        b"<CreateBucketConfiguration><LocationConstraint/><LocationConstraint/></CreateBucketConfiguration>",
    ],
)
def test_malformed_xml_creates_nothing(gateway, body):
    answer = gateway.request("PUT", "/bad.xml", body)
    assert (answer.status, answer.code) == (400, "MalformedXML")
    assert gateway.request("HEAD", "/bad.xml").status == 404


@pytest.mark.parametrize(
    ("profile", "status", "expected"),
    [("classic", 500, "InternalError"), ("extended", 400, "WriteToOutputBranch")],
)
def test_an_output_branch_is_read_and_not_written_to(tmp_path, profile, status, expected):
    with serving(tmp_path, "--profile", profile) as gateway:
        assert gateway.request("PUT", "/in.put").status == 200
        pfs = EmbeddedPFS(tmp_path, "process")  # what makes output branches is no client of S3
        pfs.create_branch(BRANCHES.place("out.put").branch, [BRANCHES.place("in.put").branch])
        pfs.close()
        for method, target in [("PUT", "/out.put/a"), ("DELETE", "/out.put/a")]:
            answer = gateway.request(method, target, b"x" if method == "PUT" else None)
            assert (answer.status, answer.code) == (status, expected)
            assert "output branch" in answer.element("Message")
        assert gateway.request("GET", "/out.put").status == 200
        answer = gateway.request("DELETE", "/in.put")
        assert (answer.status, answer.code) == (409, "InvalidBucketState")
        assert gateway.request("DELETE", "/out.put").status == 204
        assert gateway.request("DELETE", "/in.put").status == 204
