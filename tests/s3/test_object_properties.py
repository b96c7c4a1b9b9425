"""What an object carries beside its bytes: headers, metadata, checksums, tags; kept where PFS has a place."""

from __future__ import annotations

import base64
import hashlib
import zlib
from email.header import decode_header
from urllib.parse import quote

import pytest

from s3gw.generated.wire import CHECKSUMS
from tests.serving import Gateway, Response

KEPT = {
    "content-type": "text/x-test; charset=utf-8",
    "cache-control": "max-age=60, public",
    "content-disposition": 'attachment; filename="a b.txt"',
    "content-encoding": "deflate, gzip",
    "content-language": "de, en",
    "expires": "Wed, 21 Oct 2015 07:28:00 GMT",
    "x-amz-meta-colour": "blue",
    "x-amz-meta-mixed": 'UPPER lower  two spaces = & % + "quoted"',
}
BODY = b"some bytes"


def put(gateway: Gateway, target: str, headers: dict[str, str], body: bytes = BODY) -> Response:
    return gateway.request("PUT", target, body, headers)


def reads(gateway: Gateway, target: str, **headers: str) -> list[Response]:
    """Give the answers to GET and HEAD."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return [gateway.request(method, target, None, named) for method in ("GET", "HEAD")]


def metadata(answer: Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("x-amz-meta-")}


def test_headers_and_metadata_are_kept_as_they_were_sent(keeping, keeping_bucket):
    assert put(keeping, f"/{keeping_bucket}/a", KEPT).status == 200
    for answer in reads(keeping, f"/{keeping_bucket}/a"):
        assert answer.status == 200
        assert {name: answer.headers.get(name) for name in KEPT} == KEPT


def test_an_overwrite_replaces_all_that_was_kept(keeping, keeping_bucket):
    put(keeping, f"/{keeping_bucket}/a.txt", {**KEPT, "x-amz-tagging": "a=b"})
    put(keeping, f"/{keeping_bucket}/a.txt", {})
    for answer in reads(keeping, f"/{keeping_bucket}/a.txt"):
        assert {name for name in KEPT if name in answer.headers} == {"content-type"}
        assert answer.headers["content-type"] == "text/plain"
        assert "x-amz-tagging-count" not in answer.headers


def test_response_parameters_come_before_what_was_kept(keeping, keeping_bucket):
    put(keeping, f"/{keeping_bucket}/a", KEPT)
    names = [name for name in KEPT if not name.startswith("x-amz-")]
    query = "&".join(f"response-{name}=other" for name in names)
    for answer in reads(keeping, f"/{keeping_bucket}/a?{query}"):
        assert {answer.headers[name] for name in names} == {"other"}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("aws-chunked", None),
        ("AWS-Chunked", None),
        ("gzip,aws-chunked", "gzip"),
        ("aws-chunked, gzip", "gzip"),
        ("deflate, gzip, aws-chunked", "deflate, gzip"),
        ("deflate,gzip", "deflate,gzip"),
        ("aws-chunked, aws-chunked", None),
    ],
)
def test_how_a_body_was_framed_is_no_encoding_of_the_object(keeping, keeping_bucket, sent, expected):
    put(keeping, f"/{keeping_bucket}/a", {"Content-Encoding": sent})
    for answer in reads(keeping, f"/{keeping_bucket}/a"):
        assert answer.headers.get("content-encoding") == expected


@pytest.mark.parametrize("value", ["tomorrow", "0", "-1", "Thu, 01 Dec 1994 16:00:00 GMT"])
def test_expires_need_not_be_a_date(keeping, keeping_bucket, value):
    put(keeping, f"/{keeping_bucket}/a", {"Expires": value})
    for answer in reads(keeping, f"/{keeping_bucket}/a"):
        assert answer.headers["expires"] == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", ""),
        ("  around  ", "around"),
        ("a  b\tc", "a  b\tc"),
        ("=?UTF-8?B?w6k=?=", "=?UTF-8?B?w6k=?="),
        ("%C3%A9+%20", "%C3%A9+%20"),
    ],
)
def test_values_of_metadata_are_exact(keeping, keeping_bucket, value, expected):
    assert put(keeping, f"/{keeping_bucket}/a", {"X-Amz-Meta-Some-Name": value}).status == 200
    for answer in reads(keeping, f"/{keeping_bucket}/a"):
        assert metadata(answer) == {"x-amz-meta-some-name": expected}


@pytest.mark.parametrize("data", ["é ÄÖÜ €".encode(), "é ÄÖÜ".encode("latin-1")], ids=["UTF-8", "latin-1"])
def test_metadata_beyond_ascii_comes_back_as_rfc_2047_has_it(keeping, keeping_bucket, data):
    text = "é ÄÖÜ €" if data == "é ÄÖÜ €".encode() else "é ÄÖÜ"
    assert put(keeping, f"/{keeping_bucket}/a", {"x-amz-meta-a": data}).status == 200
    for answer in reads(keeping, f"/{keeping_bucket}/a"):
        ((decoded, charset),) = decode_header(answer.headers["x-amz-meta-a"])
        assert decoded.decode(charset) == text


def test_names_of_files_beyond_ascii_come_back_as_they_were_sent(keeping, keeping_bucket):
    data = 'attachment; filename="ÄÖ€.txt"'.encode()
    assert put(keeping, f"/{keeping_bucket}/a", {"Content-Disposition": data}).status == 200
    for answer in reads(keeping, f"/{keeping_bucket}/a"):
        assert answer.headers["content-disposition"].encode("latin-1") == data


def test_what_a_presigner_moved_into_the_query_is_kept_too(keeping, keeping_bucket):
    query = f"x-amz-meta-a=plain&X-Amz-Meta-B={quote('é€')}&content-type=text%2Fx-moved&x-amz-tagging=a%3Db"
    assert put(keeping, f"/{keeping_bucket}/a?{query}", {}).status == 200
    for answer in reads(keeping, f"/{keeping_bucket}/a"):
        assert answer.headers["content-type"] == "text/x-moved"
        assert answer.headers["x-amz-meta-a"] == "plain"
        assert decode_header(answer.headers["x-amz-meta-b"]) == [("é€".encode(), "utf-8")]
        assert answer.headers["x-amz-tagging-count"] == "1"


@pytest.mark.parametrize("query", ["x-amz-meta-a=%0A", "x-amz-meta-a=%00", "content-type=a%0D%0Ab"])
def test_what_no_header_can_carry_is_refused(keeping, keeping_bucket, query):
    answer = put(keeping, f"/{keeping_bucket}/a?{query}", {})
    assert (answer.status, answer.code) == (400, "InvalidArgument")
    assert keeping.request("HEAD", f"/{keeping_bucket}/a").status == 404


def test_metadata_has_two_kilobytes_at_most(keeping, keeping_bucket):
    most = {"x-amz-meta-a": "v" * 1023, "x-amz-meta-b": "v" * 1023}
    assert put(keeping, f"/{keeping_bucket}/a", most).status == 200
    for more in (
        {"x-amz-meta-c": ""},
        {"x-amz-meta-b": "v" * 1024},
        {"x-amz-meta-b": b"v" * 1022 + "é".encode()},
    ):
        answer = put(keeping, f"/{keeping_bucket}/b", {**most, **more})
        assert (answer.status, answer.code) == (400, "MetadataTooLarge")
    assert keeping.keys(keeping_bucket) == ["a"]


@pytest.mark.parametrize(
    ("key", "expected"), [("a.json", "application/json"), ("a", "application/octet-stream")]
)
def test_without_a_type_it_is_guessed_as_in_classic(keeping, keeping_bucket, key, expected):
    put(keeping, f"/{keeping_bucket}/{key}", {"x-amz-meta-a": "b"})
    for answer in reads(keeping, f"/{keeping_bucket}/{key}"):
        assert answer.headers["content-type"] == expected


def checksum(algorithm: str) -> str:
    digest = CHECKSUMS[algorithm].digest()
    digest.update(BODY)
    return base64.b64encode(digest.digest()).decode()


@pytest.mark.parametrize("algorithm", CHECKSUMS)
def test_checksums_are_kept_and_told_to_those_who_ask(keeping, keeping_bucket, algorithm):
    name, target = f"x-amz-checksum-{algorithm}", f"/{keeping_bucket}/a"
    made = put(keeping, target, {name: checksum(algorithm)})
    assert (made.headers[name], made.headers["x-amz-checksum-type"]) == (checksum(algorithm), "FULL_OBJECT")
    for answer in reads(keeping, target, x_amz_checksum_mode="ENABLED"):
        assert answer.headers[name] == checksum(algorithm)
        assert answer.headers["x-amz-checksum-type"] == "FULL_OBJECT"
    etag = made.headers["etag"]
    for headers, status in (
        ({}, 200),
        ({"x-amz-checksum-mode": "ENABLED", "Range": "bytes=0-3"}, 206),
        ({"x-amz-checksum-mode": "ENABLED", "If-None-Match": etag}, 304),
        ({"x-amz-checksum-mode": "ENABLED", "If-Match": '"other"'}, 412),
        ({"x-amz-checksum-mode": "ENABLED", "Range": "bytes=99-"}, 416),
    ):
        answer = keeping.request("GET", target, None, headers)
        assert answer.status == status
        assert not [header for header in answer.headers if header.startswith("x-amz-checksum-")], headers


def test_a_checksum_in_a_trailer_is_kept(keeping, keeping_bucket):
    value = base64.b64encode(zlib.crc32(BODY).to_bytes(4, "big")).decode()
    framed = f"{len(BODY):x}\r\n".encode() + BODY + f"\r\n0\r\nx-amz-checksum-crc32:{value}\r\n\r\n".encode()
    headers = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": str(len(BODY)),
        "x-amz-trailer": "x-amz-checksum-crc32",
        "Content-Encoding": "aws-chunked",
    }
    assert put(keeping, f"/{keeping_bucket}/a", headers, framed).status == 200
    got, head = reads(keeping, f"/{keeping_bucket}/a", x_amz_checksum_mode="enabled")
    assert got.body == BODY
    assert got.headers["x-amz-checksum-crc32"] == head.headers["x-amz-checksum-crc32"] == value
    assert "content-encoding" not in got.headers


TAGGED = [
    ("a=b", {"a": "b"}),
    ("a=b&c", {"a": "b", "c": ""}),
    ("a+b=c%20d&%C3%A9=%E5%B1%B1", {"a b": "c d", "é": "山"}),
    ("&".join(f"k{number}=v" for number in range(10)), {f"k{number}": "v" for number in range(10)}),
    ("k" * 128 + "=" + "v" * 256, {"k" * 128: "v" * 256}),
]


@pytest.mark.parametrize(("header", "expected"), TAGGED)
def test_tags_may_come_with_the_object(keeping, keeping_bucket, header, expected):
    assert put(keeping, f"/{keeping_bucket}/a", {"x-amz-tagging": header}).status == 200
    for answer in reads(keeping, f"/{keeping_bucket}/a"):
        assert answer.headers["x-amz-tagging-count"] == str(len(expected))
    found = keeping.boto3().get_object_tagging(Bucket=keeping_bucket, Key="a")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in found} == expected


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("&".join(f"k{number}=v" for number in range(11)), "BadRequest"),
        ("k" * 129 + "=v", "InvalidTag"),
        ("k=" + "v" * 257, "InvalidTag"),
        ("=v", "InvalidTag"),
        ("a=1&a=2", "InvalidTag"),
        ("aws:a=b", "InvalidTag"),
        ("a=%3C", "InvalidTag"),
        ("a=%FF", "InvalidArgument"),
    ],
)
def test_tags_that_s3_refuses_keep_the_object_from_being_written(keeping, keeping_bucket, header, code):
    answer = put(keeping, f"/{keeping_bucket}/a", {"x-amz-tagging": header})
    assert (answer.status, answer.code) == (400, code)
    assert keeping.keys(keeping_bucket) == []


def test_each_version_has_what_was_kept_with_it(keeping, keeping_bucket):
    versions = []
    for number in range(2):
        body = f"body {number}".encode()
        made = put(keeping, f"/{keeping_bucket}/a", {"x-amz-meta-number": str(number)}, body)
        versions.append(made.headers["x-amz-version-id"])
    for number, version in enumerate(versions):
        for answer in reads(keeping, f"/{keeping_bucket}/a?versionId={version}"):
            assert answer.headers["x-amz-meta-number"] == str(number)
            assert answer.headers["x-amz-version-id"] == version


def test_all_of_it_is_dropped_where_pfs_has_no_place(extended, extended_bucket):
    if extended.pachd is None:
        pytest.skip("the embedded PFS has a place")
    sha = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
    headers = {**KEPT, "x-amz-tagging": "a=b", "x-amz-checksum-sha256": sha}
    assert put(extended, f"/{extended_bucket}/a.txt", headers).status == 200
    for answer in reads(extended, f"/{extended_bucket}/a.txt", x_amz_checksum_mode="ENABLED"):
        assert answer.headers["content-type"] == "text/plain"
        gone = [*(name for name in KEPT if name != "content-type"), "x-amz-tagging-count"]
        assert not [name for name in gone if name in answer.headers]
        assert "x-amz-checksum-sha256" not in answer.headers


def test_what_cannot_be_kept_is_refused_there_too(extended, extended_bucket):
    for headers, code in (
        ({"x-amz-meta-a": "v" * 2048}, "MetadataTooLarge"),
        ({"x-amz-tagging": "=v"}, "InvalidTag"),
    ):
        answer = put(extended, f"/{extended_bucket}/a", headers)
        assert (answer.status, answer.code) == (400, code)


def test_classic_keeps_none_of_it(gateway, bucket):
    assert put(gateway, f"/{bucket}/a.txt", {**KEPT, "x-amz-tagging": "=v"}).status == 200
    for answer in reads(gateway, f"/{bucket}/a.txt", x_amz_checksum_mode="ENABLED"):
        assert answer.headers["content-type"] == "text/plain"
        assert not [name for name in KEPT if name in answer.headers and name != "content-type"]
        assert "x-amz-version-id" not in answer.headers
