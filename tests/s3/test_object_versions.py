"""Versions are commits: named, read, listed; removals are delete markers; history stays as it is."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import boto3
import pytest

from tests.serving import Gateway, Response, environment, serving

ID = re.compile("[0-9a-f]{12}4[0-9a-f]{19}")
UNKNOWN = "0123456789ab4def0123456789abcdef"
HISTORY = "History is not changed object by object"


def put(gateway: Gateway, bucket: str, key: str, body: bytes = b"data") -> str:
    answer = gateway.request("PUT", f"/{bucket}/{quote(key)}", body)
    assert answer.status == 200, answer
    return answer.headers["x-amz-version-id"]


def delete(gateway: Gateway, bucket: str, key: str, version: str | None = None) -> Response:
    query = "" if version is None else f"?versionId={version}"
    return gateway.request("DELETE", f"/{bucket}/{quote(key)}{query}")


def removed(gateway: Gateway, bucket: str, key: str) -> str:
    answer = delete(gateway, bucket, key)
    assert (answer.status, answer.headers.get("x-amz-delete-marker")) == (204, "true")
    return answer.headers["x-amz-version-id"]


def get(gateway: Gateway, bucket: str, key: str, version: str | None = None, method: str = "GET") -> Response:
    query = "" if version is None else f"?versionId={version}"
    return gateway.request(method, f"/{bucket}/{quote(key)}{query}")


# --- reads ------------------------------------------------------------------------------------------


def test_each_write_tells_its_version_and_each_can_be_read(extended, extended_bucket):
    versions = {put(extended, extended_bucket, "a", body): body for body in (b"1", b"22", b"1")}
    assert len(versions) == 3
    for version, body in versions.items():
        assert ID.fullmatch(version)
        for method in ("GET", "HEAD"):
            answer = get(extended, extended_bucket, "a", version, method)
            assert (answer.status, answer.headers["content-length"]) == (200, str(len(body)))
            assert answer.headers["x-amz-version-id"] == version
        assert get(extended, extended_bucket, "a", version).body == body
    assert get(extended, extended_bucket, "a").headers["x-amz-version-id"] == list(versions)[-1]


def test_a_copy_and_a_completed_upload_tell_theirs(extended, extended_bucket):
    client, at = extended.boto3(), {"Bucket": extended_bucket}
    put(extended, extended_bucket, "a")
    copied = client.copy_object(**at, Key="b", CopySource={**at, "Key": "a"})["VersionId"]
    id_ = client.create_multipart_upload(**at, Key="c")["UploadId"]
    part = client.upload_part(**at, Key="c", UploadId=id_, PartNumber=1, Body=b"part")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    completed = client.complete_multipart_upload(**at, Key="c", UploadId=id_, MultipartUpload=parts)[
        "VersionId"
    ]
    assert get(extended, extended_bucket, "b", copied).body == b"data"
    assert get(extended, extended_bucket, "c", completed).body == b"part"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("version", "status", "code"),
    [
        ("", 400, "InvalidArgument"),
        ("x", 400, "InvalidArgument"),
        ("NULL", 400, "InvalidArgument"),
        (UNKNOWN.upper(), 400, "InvalidArgument"),
        (UNKNOWN, 404, "NoSuchVersion"),
        ("null", 404, "NoSuchVersion"),
    ],
)
def test_a_version_that_there_is_not(extended, extended_bucket, method, version, status, code):
    put(extended, extended_bucket, "a")
    answer = get(extended, extended_bucket, "a", version, method)
    assert answer.status == status
    if method == "GET":
        assert answer.code == code


def test_a_version_of_another_bucket_is_none_here(extended, extended_bucket):
    other = f"other.{extended_bucket.partition('.')[2]}"
    assert extended.request("PUT", f"/{other}").status == 200
    version = put(extended, other, "a")
    put(extended, extended_bucket, "a")
    assert get(extended, extended_bucket, "a", version).code == "NoSuchVersion"


# --- delete markers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_delete_marker_is_no_object(extended, extended_bucket, method):
    version = put(extended, extended_bucket, "a")
    marker = removed(extended, extended_bucket, "a")
    answer = get(extended, extended_bucket, "a", marker, method)
    assert answer.status == 405
    told = {name: answer.headers.get(name) for name in ("x-amz-delete-marker", "x-amz-version-id", "allow")}
    assert told == {"x-amz-delete-marker": "true", "x-amz-version-id": marker, "allow": "DELETE"}
    current = get(extended, extended_bucket, "a", None, method)
    assert current.status == 404
    # pachd cannot tell which commit removed a file of HEAD
    expected = ("true", marker) if extended.pachd is None else (None, None)
    assert (current.headers.get("x-amz-delete-marker"), current.headers.get("x-amz-version-id")) == expected
    assert get(extended, extended_bucket, "a", version, method).status == 200
    again = put(extended, extended_bucket, "a", b"again")
    assert get(extended, extended_bucket, "a").body == b"again"
    assert get(extended, extended_bucket, "a", again).status == 200


def test_to_delete_nothing_makes_no_marker(extended, extended_bucket):
    answer = delete(extended, extended_bucket, "none")
    assert (answer.status, answer.headers.get("x-amz-delete-marker")) == (204, None)
    assert "x-amz-version-id" not in answer.headers


def test_the_current_version_is_removed_by_its_id_and_older_ones_are_not(extended, extended_bucket):
    first, second = (put(extended, extended_bucket, "a", body) for body in (b"1", b"2"))
    put(extended, extended_bucket, "other")  # HEAD is another commit now
    answer = delete(extended, extended_bucket, "a", first)
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert HISTORY in (answer.element("Message") or "")
    assert "prune" in (answer.element("Message") or "")
    assert get(extended, extended_bucket, "a").body == b"2"
    answer = delete(extended, extended_bucket, "a", second)
    assert (answer.status, answer.headers["x-amz-version-id"]) == (204, second)
    assert "x-amz-delete-marker" not in answer.headers
    assert get(extended, extended_bucket, "a").status == 404
    assert get(extended, extended_bucket, "a", second).body == b"2"  # the history has it still


def test_a_marker_is_of_the_history_too(extended, extended_bucket):
    put(extended, extended_bucket, "a")
    marker = removed(extended, extended_bucket, "a")
    assert delete(extended, extended_bucket, "a", marker).status == 403


@pytest.mark.parametrize(("version", "status"), [(UNKNOWN, 204), ("null", 204), ("", 400), ("x", 400)])
def test_to_delete_a_version_that_there_is_not(extended, extended_bucket, version, status):
    put(extended, extended_bucket, "a")
    answer = delete(extended, extended_bucket, "a", version)
    assert answer.status == status
    assert answer.headers.get("x-amz-version-id") == (version if status == 204 else None)
    assert get(extended, extended_bucket, "a").status == 200


def test_a_version_is_not_removed_in_the_place_of_a_newer_one(extended, extended_bucket):
    """Writers and removers of versions at one time: what is there at the end was written last."""
    for number in range(5):
        version = put(extended, extended_bucket, "a", b"old %d" % number)
        with ThreadPoolExecutor(2) as pool:
            removal = pool.submit(delete, extended, extended_bucket, "a", version)
            pool.submit(put, extended, extended_bucket, "a", b"new %d" % number).result()
            assert removal.result().status in (204, 403)
        assert get(extended, extended_bucket, "a").body == b"new %d" % number


def test_deletes_of_many_tell_each_result(extended, extended_bucket):
    old = put(extended, extended_bucket, "b", b"old")
    versions = {key: put(extended, extended_bucket, key) for key in "abc"}
    objects = [
        {"Key": "a"},
        {"Key": "b", "VersionId": versions["b"]},
        {"Key": "c", "VersionId": UNKNOWN},
        {"Key": "b", "VersionId": old},
        {"Key": "c", "VersionId": "x"},
    ]
    client = extended.boto3()
    answer = client.delete_objects(Bucket=extended_bucket, Delete={"Objects": objects})
    marker = answer["Deleted"][0]["DeleteMarkerVersionId"]
    assert answer["Deleted"] == [
        {"Key": "a", "DeleteMarker": True, "DeleteMarkerVersionId": marker},
        {"Key": "b", "VersionId": versions["b"]},
        {"Key": "c", "VersionId": UNKNOWN},
    ]
    errors = [(error["Key"], error["VersionId"], error["Code"]) for error in answer["Errors"]]
    assert errors == [("b", old, "AccessDenied"), ("c", "x", "InvalidArgument")]
    assert extended.keys(extended_bucket) == ["c"]
    quiet = client.delete_objects(
        Bucket=extended_bucket,
        Delete={"Quiet": True, "Objects": [{"Key": "c"}, {"Key": "b", "VersionId": old}]},
    )
    assert "Deleted" not in quiet
    assert [error["Code"] for error in quiet["Errors"]] == ["AccessDenied"]


def test_many_keys_go_in_one_commit(extended, extended_bucket):
    keys = [f"k{number:04d}" for number in range(100 if extended.pachd else 1000)]
    opened = extended.request("POST", f"/{extended_bucket}?s3gw-session").headers["x-s3gw-session"]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda key: session_put(extended, extended_bucket, key, opened), keys))
    assert extended.request("POST", f"/{extended_bucket}?s3gw-session={opened}").status == 200
    answer = extended.boto3().delete_objects(
        Bucket=extended_bucket, Delete={"Objects": [{"Key": key} for key in keys]}
    )
    assert len({entry["DeleteMarkerVersionId"] for entry in answer["Deleted"]}) == 1
    assert [entry["Key"] for entry in answer["Deleted"]] == keys
    assert extended.keys(extended_bucket) == []


def session_put(gateway: Gateway, bucket: str, key: str, session: str) -> None:
    assert gateway.request("PUT", f"/{bucket}/{key}", b"x", {"x-s3gw-session": session}).status == 200


# --- ListObjectVersions -----------------------------------------------------------------------------

Told = tuple[str, str, bool, bool]


def pages(gateway: Gateway, bucket: str, size: int, **more: str) -> Iterator[dict]:
    """Read the pages of ListObjectVersions, each of `size` entries at the most."""
    client, markers = gateway.boto3(), {}
    while True:
        page = client.list_object_versions(Bucket=bucket, MaxKeys=size, **more, **markers)
        entries = sum(len(page.get(name, [])) for name in ("Versions", "DeleteMarkers", "CommonPrefixes"))
        assert entries <= size
        yield page
        if not page["IsTruncated"]:
            return
        markers = {"KeyMarker": page["NextKeyMarker"]}
        if "NextVersionIdMarker" in page:
            markers["VersionIdMarker"] = page["NextVersionIdMarker"]


def told(gateway: Gateway, bucket: str, size: int = 1000, **more: str) -> tuple[list[Told], list[str]]:
    """Give key, version, whether it is the latest and whether a marker of all; and the common prefixes."""
    listed: list[Told] = []
    groups: list[str] = []
    for page in pages(gateway, bucket, size, **more):
        for name in ("Versions", "DeleteMarkers"):
            listed += [
                (entry["Key"], entry["VersionId"], entry["IsLatest"], name == "DeleteMarkers")
                for entry in page.get(name, [])
            ]
        groups += [group["Prefix"] for group in page.get("CommonPrefixes", [])]
    return listed, groups


@pytest.fixture(scope="module")
def history(extended) -> tuple[str, list[Told]]:
    """A bucket with a history, and what its versions are, in order."""
    bucket = f"history.runx-history-{random.randrange(10**9)}"
    assert extended.request("PUT", f"/{bucket}").status == 200
    made: dict[str, list[tuple[str, bool]]] = {}

    def write(key: str, body: bytes = b"") -> None:
        made.setdefault(key, []).insert(0, (put(extended, bucket, key, body), False))

    def remove(key: str) -> None:
        made[key].insert(0, (removed(extended, bucket, key), True))

    for number, key in enumerate(["a", "a/", "a b+(é)", "d/x", "d/y/z", "d|1", "d|2", "e~", "z"]):
        if key != "a":  # that cannot be beside a/
            write(key, b"" if key.endswith("/") else b"first %d" % number)
    write("z", b"second")
    remove("z")
    write("z", b"third")
    remove("d/x")
    write("e~", b"second")
    remove("d|2")
    expected = [
        (key, version, number == 0, is_marker)
        for key in sorted(made, key=str.encode)
        for number, (version, is_marker) in enumerate(made[key])
    ]
    return bucket, expected


def test_versions_are_listed_by_key_and_the_newest_first(extended, history):
    bucket, expected = history
    assert sorted(told(extended, bucket)[0]) == sorted(expected)
    whole = extended.request("GET", f"/{bucket}?versions").body.decode()
    in_order = re.findall("<(Version|DeleteMarker)>.*?<VersionId>(.*?)</VersionId>", whole)
    assert [(version, kind == "DeleteMarker") for kind, version in in_order] == [
        (version, is_marker) for _, version, _, is_marker in expected
    ]
    answer = extended.request("GET", f"/{bucket}?versions&encoding-type=url")
    keys = re.findall("<Key>(.*?)</Key>", answer.body.decode())
    assert quote("a b+(é)", safe="/-_.~") in keys
    versions = [entry for entry in expected if not entry[3]]
    assert told(extended, bucket)[0][: len(versions)] == versions


@pytest.mark.parametrize("size", [*range(1, 8), 14, 15, 16])
def test_pages_of_any_size_are_the_whole(extended, history, size):
    bucket, expected = history
    listed, _ = told(extended, bucket, size)
    assert sorted(listed) == sorted(expected)
    if size == 1:
        assert listed == expected


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize(
    ("prefix", "delimiter", "keys", "groups"),
    [
        ("", "/", {"a b+(é)", "d|1", "d|2", "e~", "z"}, ["a/", "d/"]),
        ("d/", "/", {"d/x"}, ["d/y/"]),
        ("d", "", {"d/x", "d/y/z", "d|1", "d|2"}, []),
        ("a/", "", {"a/"}, []),
        ("a/", "/", {"a/"}, []),
        ("a", "", {"a/", "a b+(é)"}, []),
        ("a b+(", "", {"a b+(é)"}, []),
        ("e~", "", {"e~"}, []),
        ("", "|", {"a/", "a b+(é)", "d/x", "d/y/z", "e~", "z"}, ["d|"]),
        ("none", "/", set(), []),
    ],
)
def test_prefix_and_delimiter_are_of_keys(extended, history, size, prefix, delimiter, keys, groups):
    bucket, expected = history
    more = {"Prefix": prefix, **({"Delimiter": delimiter} if delimiter else {})}
    listed, found = told(extended, bucket, size, **more)
    assert sorted(listed) == sorted(entry for entry in expected if entry[0] in keys)
    assert found == groups


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("version-id-marker=" + UNKNOWN, 400),
        ("key-marker=a&version-id-marker=x", 400),
        ("max-keys=-1", 400),
        ("max-keys=x", 400),
        ("encoding-type=x", 400),
        ("max-keys=0", 200),
        ("key-marker=&version-id-marker=", 200),
    ],
)
def test_markers_and_limits_are_judged(extended, history, query, status):
    answer = extended.request("GET", f"/{history[0]}?versions&{query}")
    assert (answer.status, answer.code) == (status, None if status == 200 else "InvalidArgument")
    if query == "max-keys=0":
        assert answer.element("IsTruncated") == "false"


def test_a_bucket_that_is_empty_or_missing(extended, extended_bucket):
    assert told(extended, extended_bucket) == ([], [])
    answer = extended.request("GET", "/no.where?versions")
    assert (answer.status, answer.code) == (404, "NoSuchBucket")


def test_a_key_with_many_versions_is_listed_by_pages(extended, extended_bucket):
    many = 300 if extended.pachd is None else 20
    made = [put(extended, extended_bucket, "a", b"%d" % number) for number in range(many)]
    put(extended, extended_bucket, "b")
    listed, _ = told(extended, extended_bucket, 7)
    assert [version for key, version, *_ in listed if key == "a"] == made[::-1]


# --- buckets that are commits -----------------------------------------------------------------------


def test_a_commit_is_a_bucket_to_be_read(extended, extended_bucket):
    put(extended, extended_bucket, "dir/b", b"b")
    first = put(extended, extended_bucket, "a", b"first")
    put(extended, extended_bucket, "a", b"second")
    put(extended, extended_bucket, "c", b"c")
    commit = f"{first}.{extended_bucket}"
    assert get(extended, commit, "a").body == b"first"
    assert extended.keys(commit) == ["a", "dir/b"]
    assert extended.request("GET", f"/{commit}?list-type=2&delimiter=/").element("Prefix") is not None
    assert extended.request("HEAD", f"/{commit}").status == 200
    listed, groups = told(extended, commit, 1, Delimiter="/")
    assert [(key, is_latest) for key, _, is_latest, _ in listed] == [("a", True)]
    assert groups == ["dir/"]
    for method, target in (
        ("PUT", "a"), ("DELETE", "a"), ("POST", "a?uploads"), ("POST", "?delete"), ("POST", "?s3gw-session"),
        ("PUT", "a?tagging"),
    ):  # fmt: skip
        answer = extended.request(method, f"/{commit}/{target}", b"<x/>")
        assert (answer.status, answer.code) == (403, "AccessDenied"), (method, target)
    for missing in (f"{UNKNOWN}.{extended_bucket}", f"{first}.no.where"):
        for target in (f"/{missing}/a", f"/{missing}?versions", f"/{missing}/a?versionId={first}"):
            assert extended.request("GET", target).code == "NoSuchBucket", target


def test_a_repo_is_its_branch_master(extended, extended_bucket):
    repo = extended_bucket.removeprefix("master.")
    version = put(extended, repo, "a")
    assert get(extended, extended_bucket, "a", version).status == 200
    assert extended.keys(repo) == ["a"]


# --- what tools do to empty a bucket ------------------------------------------------------------------


def filled(gateway: Gateway, bucket: str) -> None:
    for key in ("a", "b", "dir/c"):
        put(gateway, bucket, key, b"1")
        put(gateway, bucket, key, b"2")
    removed(gateway, bucket, "b")


def test_object_versions_delete_and_then_delete(extended, extended_bucket):
    filled(extended, extended_bucket)
    bucket = boto3.resource(
        "s3",
        endpoint_url=extended.url,
        aws_access_key_id="a",
        aws_secret_access_key="b",
        region_name="us-east-1",
    ).Bucket(extended_bucket)
    bucket.object_versions.delete()
    assert extended.keys(extended_bucket) == []
    bucket.delete()
    assert extended.request("HEAD", f"/{extended_bucket}").status == 404


def test_keys_deleted_one_by_one_and_then_the_bucket(extended, extended_bucket):
    filled(extended, extended_bucket)
    assert extended.request("DELETE", f"/{extended_bucket}").code == "BucketNotEmpty"
    for key in extended.keys(extended_bucket):
        removed(extended, extended_bucket, key)
    assert extended.request("DELETE", f"/{extended_bucket}").status == 204


# --- after a prune ----------------------------------------------------------------------------------


def test_what_has_lost_its_commit_is_the_version_null(tmp_path: Path):
    folder = tmp_path / "pfs"
    with serving(folder, "--profile", "extended") as gateway:
        assert gateway.request("PUT", "/images").status == 200
        for body in (b"first", b"kept"):
            put(gateway, "images", "a", body)
        put(gateway, "images", "old", b"noncurrent")
        put(gateway, "images", "x")
        put(gateway, "images", "old", b"current")
        command = [sys.executable, "-m", "s3gw", "prune", "--data", str(folder), "--keep-commits", "2"]
        subprocess.run(command, check=True, capture_output=True, env=environment())
        listed, _ = told(gateway, "images", 1)
        current = get(gateway, "images", "old").headers["x-amz-version-id"]
        assert [(key, version, latest) for key, version, latest, _ in listed if key != "x"] == [
            ("a", "null", True),
            ("old", current, True),
            ("old", "null", False),
        ]
        for version in (None, "null"):
            answer = get(gateway, "images", "a", version)
            assert (answer.body, answer.headers["x-amz-version-id"]) == (b"kept", "null")
        assert get(gateway, "images", "old", "null").body == b"noncurrent"
        assert delete(gateway, "images", "old", "null").status == 403
        assert get(gateway, "images", "old").body == b"current"
        assert delete(gateway, "images", "a", "null").headers["x-amz-version-id"] == "null"
        assert get(gateway, "images", "a").status == 404
