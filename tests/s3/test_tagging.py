"""Tags of objects: read, replaced and taken away, each time in a new version of the same bytes."""

from __future__ import annotations

from xml.sax.saxutils import escape

import pytest

from tests.serving import Gateway, Response


def document(tags: dict[str, str] | list[tuple[str, str]]) -> bytes:
    pairs = tags.items() if isinstance(tags, dict) else tags
    listed = "".join(
        f"<Tag><Key>{escape(key)}</Key><Value>{escape(value)}</Value></Tag>" for key, value in pairs
    )
    return f"<Tagging><TagSet>{listed}</TagSet></Tagging>".encode()


def tag(gateway: Gateway, target: str, tags: dict[str, str] | list[tuple[str, str]] | bytes) -> Response:
    body = tags if isinstance(tags, bytes) else document(tags)
    mark = "&" if "?" in target else "?"
    return gateway.request("PUT", f"{target}{mark}tagging", body)


def tags_of(gateway: Gateway, bucket: str, **version: str) -> dict[str, str]:
    found = gateway.boto3().get_object_tagging(Bucket=bucket, Key="a", **version)["TagSet"]
    return {one["Key"]: one["Value"] for one in found}


@pytest.fixture
def made(keeping, keeping_bucket) -> Response:
    headers = {"x-amz-meta-colour": "blue", "Content-Type": "text/x-test"}
    return keeping.request("PUT", f"/{keeping_bucket}/a", b"data", headers)


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"a": "b"},
        {"a": ""},
        {"a b": "c+d=e.f_g:h/i-@"},
        {"é": "山"},
        {f"k{number}": "v" for number in range(10)},
        {"k" * 128: "v" * 256},
    ],
)
def test_tags_are_replaced_in_a_new_version_of_the_same_object(keeping, keeping_bucket, made, tags):
    assert tag(keeping, f"/{keeping_bucket}/a", {"old": "tag"}).status == 200
    answer = tag(keeping, f"/{keeping_bucket}/a", tags)
    assert (answer.status, answer.body) == (200, b"")
    assert tags_of(keeping, keeping_bucket) == tags
    got = keeping.request("GET", f"/{keeping_bucket}/a")
    assert (got.body, got.headers["etag"]) == (b"data", made.headers["etag"])
    assert (got.headers["x-amz-meta-colour"], got.headers["content-type"]) == ("blue", "text/x-test")
    assert got.headers.get("x-amz-tagging-count") == (str(len(tags)) if tags else None)
    assert got.headers["x-amz-version-id"] == answer.headers["x-amz-version-id"]
    assert answer.headers["x-amz-version-id"] != made.headers["x-amz-version-id"]


def test_tags_are_taken_away(keeping, keeping_bucket, made):
    assert tags_of(keeping, keeping_bucket) == {}
    tag(keeping, f"/{keeping_bucket}/a", {"a": "b"})
    answer = keeping.request("DELETE", f"/{keeping_bucket}/a?tagging")
    assert (answer.status, answer.body) == (204, b"")
    assert tags_of(keeping, keeping_bucket) == {}
    assert keeping.request("DELETE", f"/{keeping_bucket}/a?tagging").status == 204
    assert keeping.request("GET", f"/{keeping_bucket}/a").body == b"data"


def test_tags_are_told_in_the_order_of_their_keys(keeping, keeping_bucket, made):
    tag(keeping, f"/{keeping_bucket}/a", [("c", "1"), ("a", "2"), ("b", "3")])
    assert list(tags_of(keeping, keeping_bucket)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ([(f"k{number}", "v") for number in range(11)], "BadRequest"),
        ([("k" * 129, "v")], "InvalidTag"),
        ([("k", "v" * 257)], "InvalidTag"),
        ([("a", "1"), ("a", "2")], "InvalidTag"),
        ([("aws:a", "1")], "InvalidTag"),
        ([("a", "<")], "InvalidTag"),
        ([("", "1")], "MalformedXML"),
        (b"<Tagging>", "MalformedXML"),
        (b"<Tagging/>", "MalformedXML"),
        (b"<TagSet/>", "MalformedXML"),
        (b"<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>", "MalformedXML"),
        (b"<Tagging><TagSet><Tag><Value>a</Value></Tag></TagSet></Tagging>", "MalformedXML"),
        (b"", "MissingRequestBodyError"),
    ],
)
def test_tags_that_s3_refuses_change_nothing(keeping, keeping_bucket, made, tags, code):
    answer = tag(keeping, f"/{keeping_bucket}/a", tags)
    assert (answer.status, answer.code) == (400, code)
    head = keeping.request("HEAD", f"/{keeping_bucket}/a")
    assert head.headers["x-amz-version-id"] == made.headers["x-amz-version-id"]


def test_the_current_version_may_be_named_and_older_ones_stay_as_they_are(keeping, keeping_bucket, made):
    first = made.headers["x-amz-version-id"]
    target = f"/{keeping_bucket}/a"
    keeping.request("PUT", f"/{keeping_bucket}/other", b"")  # HEAD is another commit now
    second = tag(keeping, f"{target}?versionId={first}", {"a": "1"})
    assert second.status == 200
    assert tags_of(keeping, keeping_bucket, VersionId=second.headers["x-amz-version-id"]) == {"a": "1"}
    keeping.request("PUT", target, b"other")  # in a cluster versions of one content are one
    for method in ("PUT", "DELETE"):
        answer = keeping.request(method, f"{target}?tagging&versionId={first}", document({"a": "2"}))
        assert (answer.status, answer.code) == (403, "AccessDenied")
    assert tags_of(keeping, keeping_bucket) == {}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("none?tagging", 404, "NoSuchKey"),
        ("dir?tagging", 404, "NoSuchKey"),
        ("a?tagging&versionId=" + "0" * 12 + "4" + "0" * 19, 404, "NoSuchVersion"),
        ("a?tagging&versionId=x", 400, "InvalidArgument"),
        ("a?tagging&versionId=", 400, "InvalidArgument"),
    ],
)
def test_what_is_missing(keeping, keeping_bucket, made, method, target, status, code):
    keeping.request("PUT", f"/{keeping_bucket}/dir/b", b"")
    answer = keeping.request(
        method, f"/{keeping_bucket}/{target}", document({"a": "b"}) if method == "PUT" else None
    )
    assert (answer.status, answer.code) == (status, code)


def test_a_cluster_without_a_place_says_how_to_get_one(extended, extended_bucket):
    extended.request("PUT", f"/{extended_bucket}/a", b"data")
    assert tags_of(extended, extended_bucket) == {}
    answer = tag(extended, f"/{extended_bucket}/a", {"a": "b"})
    if extended.pachd is None:
        assert answer.status == 200
    else:
        assert (answer.status, answer.code) == (501, "NotImplemented")
        assert "--properties-repo" in (answer.element("Message") or "")


def test_tags_belong_to_no_session_and_not_to_classic(gateway, bucket, keeping, keeping_bucket, made):
    answer = keeping.request(
        "PUT", f"/{keeping_bucket}/a?tagging", document({"a": "b"}), {"x-s3gw-session": "0" * 32}
    )
    assert (answer.status, answer.code) == (501, "NotImplemented")
    assert tag(gateway, f"/{bucket}/a", {"a": "b"}).status == 501
