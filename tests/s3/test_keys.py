"""Any key in the profile extended: written, read, listed and deleted over the socket, by boto3 and by hand."""

from __future__ import annotations

import base64
import json
import re

import pytest
from botocore.exceptions import ClientError

from tests.serving import Gateway, Response

KEYS = [
    "plain/key.txt",
    "a b/c d",
    "user@example.com",
    "part=x+y/file (1).parquet",
    "name=é/日本.txt",
    "~tilde/~",
    "100%2Fpercent",
    "[brackets]{braces}",
    "*?!^",
    "quote'\"<&>",
    "back\\slash|pipe",
    "del\x7f",
    "emoji-🦆",
    "...",
    "dir.csv/",
    "x/(/",
    "a" * 1024,
    "é" * 512,
]


@pytest.fixture(scope="module")
def s3(extended: Gateway):
    return extended.boto3()


def test_any_key_is_written_read_listed_and_deleted(s3, extended_bucket):
    for number, key in enumerate(KEYS):
        body = b"" if key.endswith("/") else b"%d" % number
        s3.put_object(Bucket=extended_bucket, Key=key, Body=body)
    for number, key in enumerate(KEYS):
        body = b"" if key.endswith("/") else b"%d" % number
        got = s3.get_object(Bucket=extended_bucket, Key=key)
        assert got["Body"].read() == body, key
        assert s3.head_object(Bucket=extended_bucket, Key=key)["ContentLength"] == len(body)
    in_order = sorted(KEYS, key=str.encode)
    for pages in ("list_objects", "list_objects_v2"):
        for size in (1000, 3):
            found = s3.get_paginator(pages).paginate(
                Bucket=extended_bucket, PaginationConfig={"PageSize": size}
            )
            assert [entry["Key"] for page in found for entry in page["Contents"]] == in_order
    for key in KEYS:
        listed = s3.list_objects_v2(Bucket=extended_bucket, Prefix=key, MaxKeys=1)
        assert [entry["Key"] for entry in listed["Contents"]] == [key]
    many = s3.delete_objects(Bucket=extended_bucket, Delete={"Objects": [{"Key": key} for key in KEYS[::2]]})
    assert [entry["Key"] for entry in many["Deleted"]] == KEYS[::2]
    for key in KEYS[1::2]:
        s3.delete_object(Bucket=extended_bucket, Key=key)
    assert "Contents" not in s3.list_objects_v2(Bucket=extended_bucket)


def test_a_key_whose_bytes_are_no_utf_8_is_listed_by_its_url(extended, extended_bucket):
    assert extended.request("PUT", f"/{extended_bucket}/a%FFb", b"x").status == 200
    assert extended.request("GET", f"/{extended_bucket}/a%FFb").body == b"x"
    listed = extended.request("GET", f"/{extended_bucket}?list-type=2&encoding-type=url&prefix=a%FF")
    assert listed.element("Key") == "a%FFb"
    assert listed.element("Prefix") == "a%FF"


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ("/a", "begins with a slash"),
        ("a//b", "empty element"),
        ("a//", "empty element"),
        ("./a", "the element '.'"),
        ("a/..", "the element '..'"),
        ("../", "the element '..'"),
        ("a%00b", r"'\x00' is a control character"),
        ("%C3%A9%0A", r"'\n' is a control character"),
    ],
)
def test_what_can_be_no_key_is_refused_by_name(extended, extended_bucket, target, fault):
    put = extended.request("PUT", f"/{extended_bucket}/{target}", b"")
    assert (put.status, put.code) == (400, "InvalidFilePath")
    assert fault in (put.element("Message") or "")
    assert extended.request("GET", f"/{extended_bucket}/{target}").code == "NoSuchKey"
    assert extended.request("HEAD", f"/{extended_bucket}/{target}").status == 404
    assert extended.request("DELETE", f"/{extended_bucket}/{target}").status == 204


@pytest.mark.parametrize(
    "query",
    [
        "prefix=~", "prefix=%ED%A0%80", "prefix=%00", "prefix=//", "prefix=" + "a" * 5000, "delimiter=~", "delimiter=%FF",
        "delimiter=%00", "delimiter=" + "ab" * 2000, "marker=~2&start-after=~2", "marker=%FF%FE&start-after=%FF%FE",
        "marker=%0A&start-after=%0A", "prefix=a~&delimiter=~&start-after=a~~", "max-keys=0&prefix=~",
    ],
)  # fmt: skip
def test_any_text_may_be_a_prefix_a_delimiter_or_a_marker(extended, extended_bucket, query):
    assert extended.request("PUT", f"/{extended_bucket}/a~b", b"").status == 200
    for form in ("", "list-type=2&", "versions&"):
        assert extended.request("GET", f"/{extended_bucket}?{form}{query}").status == 200


def listed(response: Response) -> tuple[list[str], list[str]]:
    """Give the keys and the common prefixes of a listing."""
    text = response.body.decode()
    prefixes = "".join(re.findall(r"<CommonPrefixes>(.*?)</CommonPrefixes>", text))
    return re.findall(r"<Key>(.*?)</Key>", text), re.findall(r"<Prefix>(.*?)</Prefix>", prefixes)


def test_a_folder_marker_is_an_object_and_a_common_prefix(extended, extended_bucket):
    at = f"/{extended_bucket}"
    for key in ("d/", "d/e/", "d/file", "f"):
        assert extended.request("PUT", f"{at}/{key}", b"").status == 200
    head = extended.request("HEAD", f"{at}/d/")
    assert (head.status, head.headers["content-length"]) == (200, "0")
    assert head.headers["content-type"] == "application/octet-stream"
    assert listed(extended.request("GET", f"{at}?list-type=2")) == (["d/", "d/e/", "d/file", "f"], [])
    assert listed(extended.request("GET", f"{at}?list-type=2&delimiter=/")) == (["f"], ["d/"])
    assert listed(extended.request("GET", f"{at}?list-type=2&delimiter=/&prefix=d/")) == (
        ["d/", "d/file"],
        ["d/e/"],
    )
    assert extended.request("HEAD", f"{at}/d").status == 404
    assert extended.request("DELETE", f"{at}/d/").status == 204
    assert extended.request("HEAD", f"{at}/d/").status == 404
    assert listed(extended.request("GET", f"{at}?list-type=2")) == (["d/e/", "d/file", "f"], [])


def test_a_folder_marker_has_no_bytes(extended, extended_bucket):
    announced = extended.request("PUT", f"/{extended_bucket}/d/", b"x")
    assert (announced.status, announced.code) == (400, "InvalidRequest")
    head = f"PUT /{extended_bucket}/d/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunked = extended.raw(head.encode() + b"1\r\nx\r\n0\r\n\r\n")
    assert chunked.startswith(b"HTTP/1.1 400 ")
    assert b"<Code>InvalidRequest</Code>" in chunked
    assert extended.keys(extended_bucket) == []
    assert extended.raw(head.encode() + b"0\r\n\r\n").startswith(b"HTTP/1.1 200 ")
    assert extended.keys(extended_bucket) == ["d/"]


def test_a_key_is_no_file_and_directory_at_once_but_beside_a_marker(extended, extended_bucket):
    at = f"/{extended_bucket}"
    assert extended.request("PUT", f"{at}/a(1)", b"x").status == 200
    assert extended.request("PUT", f"{at}/a(1)/", b"").status == 200
    below = extended.request("PUT", f"{at}/a(1)/b", b"x")
    assert (below.status, below.code) == (400, "InvalidFilePath")
    assert extended.request("GET", f"{at}/a(1)").body == b"x"
    assert extended.keys(extended_bucket) == ["a(1)", "a(1)/"]


def test_a_token_goes_on_behind_a_key_that_is_coded(s3, extended, extended_bucket):
    for key in ("~a", "~b", "é"):
        s3.put_object(Bucket=extended_bucket, Key=key)
    first = s3.list_objects_v2(Bucket=extended_bucket, MaxKeys=1)
    s3.put_object(Bucket=extended_bucket, Key="~aa")
    token = first["NextContinuationToken"]
    rest = s3.list_objects_v2(Bucket=extended_bucket, ContinuationToken=token)
    assert [entry["Key"] for entry in rest["Contents"]] == ["~b", "é"]
    behind = s3.list_objects_v2(Bucket=extended_bucket, StartAfter="~b")
    assert [entry["Key"] for entry in behind["Contents"]] == ["é"]


def test_other_delimiters_are_those_of_keys(s3, extended_bucket):
    for key in ("2(2", "a2b", "a2é", "aé~", "~x", "("):
        s3.put_object(Bucket=extended_bucket, Key=key)

    def entries(delimiter: str) -> tuple[list[str], list[str]]:
        answer = s3.list_objects_v2(Bucket=extended_bucket, Delimiter=delimiter)
        files = [entry["Key"] for entry in answer.get("Contents", ())]
        return files, [entry["Prefix"] for entry in answer.get("CommonPrefixes", ())]

    assert entries("2") == (["(", "aé~", "~x"], ["2", "a2"])
    assert entries("~") == (["(", "2(2", "a2b", "a2é"], ["aé~", "~"])
    assert entries("(") == (["a2b", "a2é", "aé~", "~x"], ["(", "2("])
    assert entries("é") == (["(", "2(2", "a2b", "~x"], ["a2é", "aé"])


def test_a_commit_is_a_bucket_that_is_read_only(s3, extended, extended_bucket):
    s3.put_object(Bucket=extended_bucket, Key="a", Body=b"first")
    s3.put_object(Bucket=extended_bucket, Key="a(")
    commit = _commit(extended, extended_bucket)
    s3.put_object(Bucket=extended_bucket, Key="a", Body=b"second")
    s3.put_object(Bucket=extended_bucket, Key="b")
    bucket = f"{commit}.{extended_bucket}"
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"first"
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["a", "a("]
    assert [entry["Key"] for entry in s3.list_objects(Bucket=bucket)["Contents"]] == ["a", "a("]
    s3.head_bucket(Bucket=bucket)
    assert extended.request("GET", f"/{bucket}?location").status == 200
    assert extended.request("GET", f"/{bucket}?versioning").status == 200
    for method, target in (("PUT", "/x"), ("DELETE", "/a"), ("DELETE", ""), ("POST", "?delete")):
        refused = extended.request(method, f"/{bucket}{target}", b"x" if method != "DELETE" else None)
        assert (refused.status, refused.code) == (403, "AccessDenied")
        assert f"write to {extended_bucket}." in (refused.element("Message") or "")
    made = extended.request("PUT", f"/{bucket}")
    assert (made.status, made.code) == (400, "InvalidBucketName")
    assert s3.get_object(Bucket=extended_bucket, Key="a")["Body"].read() == b"second"


def test_a_commit_that_the_branch_has_not_is_no_bucket(extended, extended_bucket):
    bucket = f"0123456789ab4def0123456789abcdef.{extended_bucket}"
    assert extended.request("HEAD", f"/{bucket}").status == 404
    for target in (f"/{bucket}/a", f"/{bucket}?list-type=2", f"/{bucket}?location", f"/{bucket}?versioning"):
        assert extended.request("GET", target).code == "NoSuchBucket"


def test_a_token_of_another_commit_leads_nowhere(s3, extended, extended_bucket):
    s3.put_object(Bucket=extended_bucket, Key="a")
    s3.put_object(Bucket=extended_bucket, Key="a(")
    commit = _commit(extended, extended_bucket)
    s3.put_object(Bucket=extended_bucket, Key="b")
    token = s3.list_objects_v2(Bucket=extended_bucket, MaxKeys=1)["NextContinuationToken"]
    with pytest.raises(ClientError, match="InvalidArgument"):
        s3.list_objects_v2(Bucket=f"{commit}.{extended_bucket}", ContinuationToken=token)


def test_a_repo_is_its_branch_master(s3, extended, extended_bucket):
    repo = f"{extended_bucket.partition('.')[2]}y"
    s3.create_bucket(Bucket=repo)
    s3.put_object(Bucket=repo, Key="a", Body=b"x")
    assert s3.get_object(Bucket=f"master.{repo}", Key="a")["Body"].read() == b"x"
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert f"master.{repo}" in names
    assert repo not in names
    s3.delete_object(Bucket=repo, Key="a")
    s3.delete_bucket(Bucket=repo)
    assert extended.request("HEAD", f"/master.{repo}").status == 404


def _commit(gateway: Gateway, bucket: str) -> str:
    """Give the id of the head of a bucket with two keys or more, which a token pins."""
    token = gateway.request("GET", f"/{bucket}?list-type=2&max-keys=1").element("NextContinuationToken")
    commit, _ = json.loads(base64.urlsafe_b64decode(token or ""))
    return commit
