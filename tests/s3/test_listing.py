"""Listings of objects in their three forms."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

KEYS = ["a-x", "a/1", "a/2", "a0", "b/c/d", "z&<>\"'"]


@pytest.fixture
def filled(gateway, bucket):
    for key in KEYS:
        assert gateway.request("PUT", f"/{bucket}/{quote(key)}", b"x").status == 200
    return bucket


def names(listing) -> list[str]:
    keys = [entry["Key"] for entry in listing.get("Contents", listing.get("Versions", []))]
    return sorted(keys + [entry["Prefix"] for entry in listing.get("CommonPrefixes", [])])


def test_all_keys_are_listed_in_bytewise_order(gateway, filled):
    client = gateway.boto3()
    for listing in (client.list_objects, client.list_objects_v2):
        assert [entry["Key"] for entry in listing(Bucket=filled)["Contents"]] == sorted(KEYS)
    assert client.list_objects_v2(Bucket=filled)["KeyCount"] == len(KEYS)
    assert client.list_objects_v2(Bucket=filled)["IsTruncated"] is False


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"Delimiter": "/"}, ["a-x", "a/", "a0", "b/", "z&<>\"'"]),
        ({"Delimiter": "/", "Prefix": "a"}, ["a-x", "a/", "a0"]),
        ({"Delimiter": "/", "Prefix": "a/"}, ["a/1", "a/2"]),
        ({"Delimiter": "/c/"}, ["a-x", "a/1", "a/2", "a0", "b/c/", "z&<>\"'"]),
        ({"Delimiter": "&"}, ["a-x", "a/1", "a/2", "a0", "b/c/d", "z&"]),
        ({"Delimiter": "é"}, sorted(KEYS)),
        ({"Prefix": "nothing"}, []),
        ({"Prefix": "é"}, []),
        ({"Prefix": "\x01"}, []),
        ({"MaxKeys": 0}, []),
        ({"MaxKeys": 100_000}, sorted(KEYS)),
    ],
)
def test_prefix_and_delimiter(gateway, filled, parameters, expected):
    client = gateway.boto3()
    for listing in (client.list_objects, client.list_objects_v2, client.list_object_versions):
        answer = listing(Bucket=filled, **parameters)
        assert names(answer) == expected
        assert answer["MaxKeys"] == min(parameters.get("MaxKeys", 1000), 1000)


@pytest.mark.parametrize("delimiter", ["", "/"])
@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2", "list_object_versions"])
def test_pages_of_every_size_make_the_whole(gateway, filled, operation, delimiter):
    client = gateway.boto3()
    whole = names(getattr(client, operation)(Bucket=filled, Delimiter=delimiter))
    for size in (1, 2, 3, 6, 7):
        pages = client.get_paginator(operation).paginate(
            Bucket=filled, Delimiter=delimiter, PaginationConfig={"PageSize": size}
        )
        found = [names(page) for page in pages]
        assert [name for page in found for name in page] == whole
        assert all(len(page) <= size for page in found)


def test_a_listing_of_many_pages_is_one_snapshot(gateway, filled):
    client = gateway.boto3()
    first = client.list_objects_v2(Bucket=filled, MaxKeys=2)
    client.delete_object(Bucket=filled, Key="a0")
    client.put_object(Bucket=filled, Key="a1", Body=b"new")
    client.put_object(Bucket=filled, Key="b/c/d", Body=b"changed")
    rest = client.list_objects_v2(Bucket=filled, ContinuationToken=first["NextContinuationToken"])
    assert names(first) + names(rest) == sorted(KEYS)
    assert [entry["Size"] for entry in rest["Contents"]] == [1] * 4
    assert "a1" in names(client.list_objects_v2(Bucket=filled))


def test_start_after_and_marker_are_exclusive_and_need_not_exist(gateway, filled):
    client = gateway.boto3()
    assert names(client.list_objects_v2(Bucket=filled, StartAfter="a/1")) == [
        "a/2",
        "a0",
        "b/c/d",
        "z&<>\"'",
    ]
    assert names(client.list_objects(Bucket=filled, Marker="a/11")) == [
        "a/2",
        "a0",
        "b/c/d",
        "z&<>\"'",
    ]
    assert names(client.list_objects(Bucket=filled, Marker="a/", Delimiter="/")) == [
        "a0",
        "b/",
        "z&<>\"'",
    ]
    assert names(client.list_object_versions(Bucket=filled, KeyMarker="a0", VersionIdMarker="null")) == [
        "b/c/d",
        "z&<>\"'",
    ]


def test_the_owner_is_told_in_v1_and_on_demand_in_v2(gateway, filled):
    client = gateway.boto3()
    owner = {"ID": "0" * 32, "DisplayName": "pachyderm"}
    assert client.list_objects(Bucket=filled)["Contents"][0]["Owner"] == owner
    assert "Owner" not in client.list_objects_v2(Bucket=filled)["Contents"][0]
    assert client.list_objects_v2(Bucket=filled, FetchOwner=True)["Contents"][0]["Owner"] == owner
    assert client.list_objects(Bucket=filled)["Contents"][0]["StorageClass"] == "STANDARD"
    assert client.list_buckets()["Owner"] == owner


def test_versions_of_an_unversioned_bucket(gateway, filled):
    (version,) = gateway.boto3().list_object_versions(Bucket=filled, Prefix="a0")["Versions"]
    assert (version["Key"], version["VersionId"], version["IsLatest"]) == ("a0", "null", True)


def test_keys_are_percent_encoded_on_demand(gateway, filled):
    plain = gateway.request("GET", f"/{filled}?list-type=2&prefix=z").body.decode()
    assert "<Key>z&amp;&lt;&gt;&quot;'</Key>" in plain
    encoded = gateway.request(
        "GET", f"/{filled}?list-type=2&prefix=z&encoding-type=url&delimiter=%26"
    ).body.decode()
    assert "<Prefix>z%26</Prefix>" in encoded
    assert "<Delimiter>%26</Delimiter>" in encoded
    assert "<EncodingType>url</EncodingType>" in encoded
    key = re.search(
        "<Key>(.*?)</Key>",
        gateway.request("GET", f"/{filled}?prefix=z&encoding-type=url").body.decode(),
    )[1]
    assert key == "z%26%3C%3E%22%27"


def test_what_xml_cannot_carry_does_not_break_the_answer(gateway, filled):
    from xml.etree import ElementTree

    answer = gateway.request("GET", f"/{filled}?prefix=%00%01%FF%EF%BF%BE&delimiter=%0D")
    assert answer.status == 200
    ElementTree.fromstring(answer.body)


@pytest.mark.parametrize(
    "query",
    ["max-keys=-1", "max-keys=x", "max-keys=1.5", "max-keys=99999999999", "encoding-type=base64"],
)
@pytest.mark.parametrize("form", ["", "list-type=2&", "versions&"])
def test_bad_parameters(gateway, filled, query, form):
    answer = gateway.request("GET", f"/{filled}?{form}{query}")
    assert (answer.status, answer.code) == (400, "InvalidArgument")
    name, _, value = query.partition("=")
    assert (answer.element("ArgumentName"), answer.element("ArgumentValue")) == (name, value)


@pytest.mark.parametrize("name", ["max-keys", "max-buckets"])
def test_a_number_may_begin_with_any_number_of_zeros(gateway, filled, name):
    target = "/" if name == "max-buckets" else f"/{filled}"
    assert gateway.request("GET", f"{target}?{name}={'0' * 5000}1").status == 200
    answer = gateway.request("GET", f"{target}?{name}={'1' * 5000}")
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_the_first_listing_has_a_next_marker_only_with_a_delimiter(gateway, filled):
    for query, has_one in (
        ("max-keys=2", False),
        ("max-keys=2&delimiter=/", True),
        ("max-keys=2&delimiter=", False),
    ):
        answer = gateway.request("GET", f"/{filled}?{query}")
        assert answer.element("IsTruncated") == "true"
        assert (answer.element("NextMarker") is not None) == has_one


@pytest.mark.parametrize(
    "token",
    ["", "x", "%00", "bm90IGpzb24=", "WzFd", "WyJ4IiwieSJd", "eyJhIjoxfQ==",
     "WyIwMTIzNDU2Nzg5YWI0Y2RlZjAxMjM0NTY3ODlhYmNkZSIsImEiXQ=="],
)  # fmt: skip
def test_a_token_that_is_none_of_this_bucket(gateway, filled, token):
    answer = gateway.request("GET", f"/{filled}?list-type=2&continuation-token={token}")
    assert (answer.status, answer.code) == (400, "InvalidArgument")
    assert answer.element("ArgumentName") == "continuation-token"


def test_a_version_id_marker_needs_a_key_marker(gateway, filled):
    assert gateway.request("GET", f"/{filled}?versions&version-id-marker=null").code == "InvalidArgument"


def test_a_bad_boolean(gateway, filled):
    assert gateway.request("GET", f"/{filled}?list-type=2&fetch-owner=maybe").code == "InvalidArgument"
