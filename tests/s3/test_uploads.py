"""Multipart uploads: parts that nobody sees, and one commit that makes an object of them."""

from __future__ import annotations

import base64
import hashlib
import os
import random
import re
import signal
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_plus
from xml.sax.saxutils import escape

import pytest
from awscrt import checksums as crt
from botocore.exceptions import ClientError

from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import OWN_REPO, Branch
from tests.server.test_processes import children
from tests.serving import Gateway, Response, serving

LEAST = 5 * 1024 * 1024  # of each part but the last
FIVE = random.Random(5).randbytes(LEAST)
EXTENDED = ("--profile", "extended")
HEX_ID = "0" * 32


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def etag_of_parts(*parts: bytes) -> str:
    of_all = md5(b"".join(hashlib.md5(part).digest() for part in parts))
    return f'"{of_all}-{len(parts)}"'


@dataclass
class Upload:
    """An upload that was begun, and what its parts are."""

    gateway: Gateway
    bucket: str
    key: str = "dir/object"
    headers: dict[str, str] = field(default_factory=dict)
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            answer = self.gateway.request("POST", f"{self.path}?uploads", headers=self.headers)
            assert answer.status == 200, answer
            assert (answer.element("Bucket"), answer.element("Key")) == (self.bucket, escape(self.key))
            self.id = answer.element("UploadId") or ""

    @property
    def path(self) -> str:
        return f"/{self.bucket}/{quote(self.key)}"

    def send(self, method: str, query: str = "", body: bytes | None = None, **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.gateway.request(method, f"{self.path}?{query}uploadId={quote(self.id)}", body, named)

    def part(self, number: object, body: bytes, **headers: str) -> Response:
        return self.send("PUT", f"partNumber={number}&", body, **headers)

    def put(self, number: int, body: bytes, **headers: str) -> tuple[int, str]:
        """Send a part, and give what completion is to say of it."""
        answer = self.part(number, body, **headers)
        assert answer.status == 200, answer
        assert answer.headers["etag"] == f'"{md5(body)}"'
        return number, answer.headers["etag"]

    def complete(self, *parts: tuple[object, str], more: str = "", **headers: str) -> Response:
        listed = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(etag)}</ETag>{more}</Part>"
            for number, etag in parts
        )
        document = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>"
        return self.send("POST", "", document.encode(), **headers)

    def abort(self) -> Response:
        return self.send("DELETE")

    def parts(self, query: str = "") -> Response:
        return self.send("GET", query)

    def get(self, query: str = "") -> Response:
        return self.gateway.request("GET", f"{self.path}{query}")


def refused(answer: Response, status: int, code: str) -> None:
    assert (answer.status, answer.code) == (status, code), answer


def numbers(listed: Response) -> list[int]:
    return [int(found) for found in re.findall(r"<PartNumber>(\d+)</PartNumber>", listed.body.decode())]


def uploads(gateway: Gateway, bucket: str, query: str = "") -> Response:
    return gateway.request("GET", f"/{bucket}?uploads{query}")


def ids(listed: Response) -> list[str]:
    return re.findall(r"<UploadId>(.*?)</UploadId>", listed.body.decode())


def keys(listed: Response) -> list[str]:
    return re.findall(r"<Key>(.*?)</Key>", listed.body.decode())


# --- from the first request to the object -----------------------------------------------------------


def test_an_object_is_made_of_parts_that_come_in_any_order_and_again(extended, extended_bucket):
    client, place = extended.boto3(), {"Bucket": extended_bucket, "Key": "dir/ä + b"}
    created = client.create_multipart_upload(
        **place,
        ContentType="text/x-test",
        CacheControl="no-store",
        ContentDisposition="inline",
        ContentEncoding="x",
        ContentLanguage="de",
        Metadata={"colour": "blue"},
        Tagging="a=b&c=d",
    )
    assert (created["Bucket"], created["Key"]) == tuple(place.values())
    upload = {**place, "UploadId": created["UploadId"]}
    parts = {7: b"the end", 5: FIVE, 2: b"first, and soon replaced"}
    etags = {
        number: client.upload_part(**upload, PartNumber=number, Body=body)["ETag"]
        for number, body in parts.items()
    }
    second = FIVE[::-1] + b"!"
    etags[2] = client.upload_part(**upload, PartNumber=2, Body=second)["ETag"]
    assert "Contents" not in client.list_objects_v2(Bucket=extended_bucket)
    with pytest.raises(ClientError):
        client.head_object(**place)

    listed = client.list_parts(**upload)
    assert [(part["PartNumber"], part["Size"], part["ETag"]) for part in listed["Parts"]] == [
        (2, LEAST + 1, f'"{md5(second)}"'),
        (5, LEAST, f'"{md5(FIVE)}"'),
        (7, 7, f'"{md5(b"the end")}"'),
    ]
    asked = {"Parts": [{"PartNumber": number, "ETag": etags[number]} for number in sorted(etags)]}
    completed = client.complete_multipart_upload(**upload, MultipartUpload=asked)
    whole = second + FIVE + b"the end"
    found = client.get_object(**place)
    assert found["Body"].read() == whole
    assert found["ETag"] == completed["ETag"] == client.head_object(**place)["ETag"]
    assert found["VersionId"] == completed["VersionId"]
    assert (completed["Bucket"], completed["Key"]) == tuple(place.values())
    assert "Uploads" not in client.list_multipart_uploads(Bucket=extended_bucket)
    assert found["ContentType"] == ("text/x-test" if extended.pachd is None else "application/octet-stream")
    if extended.pachd is None:
        assert found["ETag"] == etag_of_parts(second, FIVE, b"the end")
        said = (
            found["CacheControl"],
            found["ContentDisposition"],
            found["ContentEncoding"],
            found["ContentLanguage"],
        )
        assert said == ("no-store", "inline", "x", "de")
        assert (found["Metadata"], found["TagCount"]) == ({"colour": "blue"}, 2)


def test_a_subset_of_the_parts_will_do_and_one_may_be_empty(extended, extended_bucket):
    upload = Upload(extended, extended_bucket)
    one, two = upload.put(1, b"not this"), upload.put(9, b"this")
    assert upload.complete(two).status == 200
    assert upload.get().body == b"this"
    empty = Upload(extended, extended_bucket, "empty")
    assert empty.complete(empty.put(1, b"")).status == 200
    assert (empty.get().status, empty.get().body) == (200, b"")
    refused(upload.complete(one), 404, "NoSuchUpload")


@pytest.mark.parametrize("quoted", ['"{}"', "{}", "&quot;{}&quot;"])
def test_etags_are_known_with_and_without_quotes(extended, extended_bucket, quoted):
    upload = Upload(extended, extended_bucket)
    upload.put(1, b"data")
    document = (
        '<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Part>'
        f"<ETag>{quoted.format(md5(b'data'))}</ETag><PartNumber>1</PartNumber>"
        "</Part></CompleteMultipartUpload>"
    )
    assert upload.send("POST", "", document.encode()).status == 200
    assert upload.get().body == b"data"


def test_completion_replaces_what_was_there(extended, extended_bucket):
    upload = Upload(extended, extended_bucket)
    assert extended.request("PUT", upload.path, b"old").status == 200
    part = upload.put(1, b"new")
    assert upload.get().body == b"old"
    assert upload.complete(part).status == 200
    assert upload.get().body == b"new"


def test_parts_are_read_by_their_numbers(extended, extended_bucket):
    upload = Upload(extended, extended_bucket)
    assert upload.complete(upload.put(3, FIVE), upload.put(8, b"the end")).status == 200
    if extended.pachd is not None:
        assert upload.get("?partNumber=1").body == FIVE + b"the end"  # nothing tells the parts
        return
    for method in ("GET", "HEAD"):
        answer = extended.request(method, f"{upload.path}?partNumber=2")
        assert answer.status == 206
        assert answer.headers["content-range"] == f"bytes {LEAST}-{LEAST + 6}/{LEAST + 7}"
        assert answer.headers["content-length"] == "7"
        assert answer.headers["x-amz-mp-parts-count"] == "2"
        assert answer.body == (b"the end" if method == "GET" else b"")
        assert extended.request(method, f"{upload.path}?partNumber=3").status == 416
    refused(upload.get("?partNumber=3"), 416, "InvalidPartNumber")


# --- what is refused --------------------------------------------------------------------------------

OPERATIONS: dict[str, Callable[[Upload], Response]] = {
    "UploadPart": lambda upload: upload.part(1, b"data"),
    "UploadPartCopy": lambda upload: upload.part(1, b"", x_amz_copy_source=f"{upload.bucket}/source"),
    "CompleteMultipartUpload": lambda upload: upload.complete((1, md5(b"data"))),
    "AbortMultipartUpload": Upload.abort,
    "ListParts": Upload.parts,
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_upload_is_known_by_its_id_for_its_own_key_and_bucket(extended, extended_bucket, operation):
    upload = Upload(extended, extended_bucket)
    upload.put(1, b"data")
    other = f"{extended_bucket}-other"
    assert extended.request("PUT", f"/{other}").status == 200
    assert extended.request("PUT", f"/{extended_bucket}/source", b"x").status == 200
    strangers = [
        Upload(extended, extended_bucket, "dir/other", id=upload.id),
        Upload(extended, extended_bucket, "dir/object/", id=upload.id),
        Upload(extended, extended_bucket, "dir//object", id=upload.id),
        Upload(extended, other, id=upload.id),
    ]
    wrong = (
        "56788",
        upload.id[:-1],
        f"{upload.id}0",
        f"{upload.id}-md4-c",
        HEX_ID,
        "../x y",
        "ä",
        "x" * 5000,
    )
    strangers += [Upload(extended, extended_bucket, id=id_) for id_ in wrong]
    for stranger in strangers:
        answer = OPERATIONS[operation](stranger)
        refused(answer, 404, "NoSuchUpload")
        assert answer.element("UploadId") == stranger.id[:100]
    refused(OPERATIONS[operation](Upload(extended, "master.none", id=upload.id)), 404, "NoSuchBucket")
    assert numbers(upload.parts()) == [1]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_ended_is_no_upload_any_more(extended, extended_bucket, operation):
    aborted, completed = Upload(extended, extended_bucket, "a"), Upload(extended, extended_bucket, "b")
    assert aborted.put(1, b"data")
    assert aborted.abort().status == 204
    assert completed.complete(completed.put(1, b"other")).status == 200
    assert extended.request("PUT", f"/{extended_bucket}/source", b"x").status == 200
    for upload in (aborted, completed):
        refused(OPERATIONS[operation](upload), 404, "NoSuchUpload")
    assert aborted.get().status == 404
    assert ids(uploads(extended, extended_bucket)) == []


def test_there_are_no_uploads_before_the_first(tmp_path):
    with serving(tmp_path, *EXTENDED) as gateway:
        assert gateway.request("PUT", "/data").status == 200
        assert ids(uploads(gateway, "data")) == []
        refused(uploads(gateway, "none"), 404, "NoSuchBucket")
        for operation in OPERATIONS.values():
            refused(operation(Upload(gateway, "data", id=HEX_ID)), 404, "NoSuchUpload")
        refused(gateway.request("POST", "/none/key?uploads"), 404, "NoSuchBucket")
        assert gateway.request("GET", "/").body.count(b"<Name>") == 1
        upload = Upload(gateway, "data")
        assert gateway.request("GET", "/").body.count(b"<Name>") == 1
        for bucket in ("uploads._s3gw_", "master._s3gw_", "_s3gw_"):
            assert gateway.request("GET", f"/{bucket}").code in ("NoSuchBucket", "InvalidBucketName")
        assert upload.abort().status == 204


@pytest.mark.parametrize("number", ["0", "10001", "-1", "x", "", "1.5"])
@pytest.mark.parametrize("headers", [{}, {"x_amz_copy_source": "any/thing"}])
def test_a_part_has_a_number_from_1_to_10000(extended, extended_bucket, number, headers):
    upload = Upload(extended, extended_bucket)
    refused(upload.part(number, b"", **headers), 400, "InvalidArgument")


def test_the_greatest_number_is_one(extended, extended_bucket):
    upload = Upload(extended, extended_bucket)
    assert upload.complete(upload.put(10_000, b"data")).status == 200


def test_parts_are_refused_as_s3_refuses_them(extended, extended_bucket):
    upload = Upload(extended, extended_bucket)
    one, two, three = upload.put(1, b"one"), upload.put(2, b"two"), upload.put(3, b"three")
    for asked in ([two, one], [one, one], [one, (1, md5(b"else"))]):
        refused(upload.complete(*asked), 400, "InvalidPartOrder")
    for asked in (
        [(4, one[1])],
        [(1, two[1])],
        [(1, '"x"')],
        [one, (9999, one[1])],
        [(1, f'"{md5(b"one")}-1"')],
    ):
        answer = upload.complete(*asked)
        refused(answer, 400, "InvalidPart")
        assert answer.element("UploadId") == upload.id
        assert answer.element("PartNumber") == str(asked[-1][0])
    for asked in ([one, two, three], [one, three]):
        answer = upload.complete(*asked)
        refused(answer, 400, "EntityTooSmall")
        said = [answer.element(name) for name in ("ProposedSize", "MinSizeAllowed", "PartNumber", "ETag")]
        assert said == ["3", str(LEAST), "1", md5(b"one")]
    assert numbers(upload.parts()) == [1, 2, 3]
    assert upload.get().status == 404
    assert upload.complete(three).status == 200


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<CompleteMultipartUpload></CompleteMultipartUpload>",
        b"<CompleteMultipartUpload/>",
        b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>",
        b"<CompleteMultipartUpload><Part><ETag>x</ETag></Part></CompleteMultipartUpload>",
        b"<CompleteMultipartUpload><Part><PartNumber>x</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>",
        b"<Delete/>",
        b"no document",
    ],
)
def test_a_list_of_parts_has_some(extended, extended_bucket, document):
    upload = Upload(extended, extended_bucket)
    upload.put(1, b"one")
    refused(upload.send("POST", "", document), 400, "MalformedXML")


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [
        ("a//b", 400, "InvalidFilePath"),
        ("a/../b", 400, "InvalidFilePath"),
        ("file/below", 400, "InvalidFilePath"),
        ("folder", 400, "InvalidFilePath"),
        ("folder/", 400, "InvalidRequest"),
        ("x" * 1025, 400, "KeyTooLongError"),
    ],
)
def test_what_can_be_no_object_is_refused_at_first(extended, extended_bucket, key, status, code):
    for there in ("file", "folder/file"):
        assert extended.request("PUT", f"/{extended_bucket}/{there}", b"x").status == 200
    refused(extended.request("POST", f"/{extended_bucket}/{quote(key)}?uploads"), status, code)


def test_what_clashes_in_the_meantime_is_refused_at_last(extended, extended_bucket):
    upload = Upload(extended, extended_bucket, "name/below")
    part = upload.put(1, b"data")
    assert extended.request("PUT", f"/{extended_bucket}/name", b"x").status == 200
    refused(upload.complete(part), 400, "InvalidFilePath")
    assert extended.request("DELETE", f"/{extended_bucket}/name").status == 204
    assert upload.complete(part).status == 200


# --- completion again, conditions, and those who come at the same time -----------------------------------


def test_completion_again_answers_the_same_and_makes_nothing(extended, extended_bucket):
    upload = Upload(extended, extended_bucket)
    one, two = upload.put(1, b"one"), upload.put(2, b"two")
    first = upload.complete(two, if_none_match="*")
    assert first.status == 200
    for quoted in (two[1], two[1].strip('"')):
        again = upload.complete((2, quoted), if_none_match="*")
        assert (again.status, again.body) == (200, first.body)
        assert again.headers["x-amz-version-id"] == first.headers["x-amz-version-id"]
    refused(upload.complete(one), 404, "NoSuchUpload")
    refused(upload.complete((2, one[1])), 404, "NoSuchUpload")
    assert extended.request("PUT", upload.path, b"later").status == 200
    assert upload.complete(two).body == first.body
    assert upload.get().body == b"later"


@pytest.mark.parametrize(
    ("there", "headers", "status", "code"),
    [
        (None, {"if_none_match": "*"}, 200, None),
        (b"old", {"if_none_match": "*"}, 412, "PreconditionFailed"),
        (b"old", {"if_match": "{etag}"}, 200, None),
        (b"old", {"if_match": '"0123"'}, 412, "PreconditionFailed"),
        (None, {"if_match": '"0123"'}, 404, "NoSuchKey"),
    ],
)
def test_completion_on_conditions(extended, extended_bucket, there, headers, status, code):
    upload = Upload(extended, extended_bucket)
    part = upload.put(1, b"new")
    if there is not None:
        etag = extended.request("PUT", upload.path, there).headers["etag"]
        headers = {name: value.format(etag=etag) for name, value in headers.items()}
    answer = upload.complete(part, **headers)
    assert (answer.status, answer.code) == (status, code)
    if status != 200:
        assert numbers(upload.parts()) == [1]
        assert upload.complete(part).status == 200
    assert upload.get().body == b"new"


def test_of_completions_on_a_condition_one_wins(extended, extended_bucket):
    begun = [Upload(extended, extended_bucket) for _ in range(6)]
    parts = [upload.put(1, b"%d" % number) for number, upload in enumerate(begun)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(
            pool.map(lambda one: one[0].complete(one[1], if_none_match="*"), zip(begun, parts, strict=True))
        )
    statuses = [answer.status for answer in answers]
    assert sorted(statuses) == [200] + [412] * 5
    assert begun[0].get().body == b"%d" % statuses.index(200)


def test_the_same_completion_in_parallel_makes_one_version(extended, extended_bucket):
    upload = Upload(extended, extended_bucket)
    part = upload.put(1, b"data")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: upload.complete(part), range(4)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.element("ETag") for answer in answers}) == 1
    if extended.pachd is None:  # else nothing tells which upload an object is of
        assert len({answer.headers["x-amz-version-id"] for answer in answers}) == 1


def test_parts_in_parallel_all_count_and_of_one_number_one(extended, extended_bucket):
    upload = Upload(extended, extended_bucket)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: upload.put(number, b"%d" % number), range(24, 0, -1)))
        list(pool.map(lambda number: upload.put(30, b"%d" % number), range(8)))
    listed = upload.parts()
    assert numbers(listed) == [*range(1, 25), 30]
    last = re.findall(r"<ETag>(.*?)</ETag>", listed.body.decode())[-1].replace("&quot;", '"')
    assert upload.complete((30, last)).status == 200
    assert f'"{md5(upload.get().body)}"' == last


def end_while_parts_come(gateway: Gateway, bucket: str, end: str) -> None:
    """End an upload while two of its parts arrive."""
    upload = Upload(gateway, bucket)
    part = upload.put(1, b"data")
    barrier = threading.Barrier(3)

    def late(number: int) -> int:
        barrier.wait()
        return upload.part(number, b"late").status

    with ThreadPoolExecutor(2) as pool:
        sent = [pool.submit(late, number) for number in (2, 3)]
        barrier.wait()
        assert (upload.abort() if end == "abort" else upload.complete(part)).status in (200, 204)
        assert {one.result() for one in sent} <= {200, 404}
    refused(upload.parts(), 404, "NoSuchUpload")
    assert upload.get().body == b"data" if end == "complete" else upload.get().status == 404


@pytest.mark.parametrize("end", ["abort", "complete"])
def test_an_upload_ends_while_parts_come(extended, extended_bucket, end):
    for _ in range(4):
        end_while_parts_come(extended, extended_bucket, end)


def test_what_comes_while_an_upload_ends_leaves_nothing(tmp_path):
    with serving(tmp_path, *EXTENDED, "--workers", "2") as gateway:
        for bucket in ("abort", "complete"):
            assert gateway.request("PUT", f"/{bucket}").status == 200
            for _ in range(20):
                end_while_parts_come(gateway, bucket, bucket)
                assert gateway.request("DELETE", f"/{bucket}/dir/object").status == 204
    pfs = EmbeddedPFS(tmp_path)
    own = pfs.snapshot(Branch(OWN_REPO, "uploads"))
    assert [file.path.partition("/")[0] for file in own.list_files().files] == ["done"] * 20
    pfs.close()


# --- what is verified ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Content_MD5": base64.b64encode(b"0" * 16).decode()}, "BadDigest"),
        ({"Content_MD5": "no base64"}, "InvalidDigest"),
        ({"x_amz_checksum_crc32": "AAAAAA=="}, "BadDigest"),
        ({"x_amz_checksum_sha256": base64.b64encode(b"0" * 32).decode()}, "BadDigest"),
        ({"x_amz_checksum_crc32": "AAAA"}, "InvalidRequest"),
        ({"x_amz_content_sha256": "0" * 64}, "XAmzContentSHA256Mismatch"),
    ],
)
def test_a_part_that_is_not_what_was_promised_changes_nothing(extended, extended_bucket, headers, code):
    upload = Upload(extended, extended_bucket)
    part = upload.put(1, b"old")
    refused(upload.part(1, b"new", **headers), 400, code)
    assert upload.complete(part).status == 200
    assert upload.get().body == b"old"


def test_a_part_that_is_what_was_promised_is_taken(extended, extended_bucket):
    upload = Upload(extended, extended_bucket)
    sums = {"Content_MD5": base64.b64encode(hashlib.md5(b"new").digest()).decode()}
    upload.put(1, b"old")
    upload.put(1, b"new", **sums)
    crc32 = base64.b64encode(zlib.crc32(b"new").to_bytes(4, "big")).decode()
    answer = upload.part(1, b"new", x_amz_checksum_crc32=crc32)
    assert answer.headers["x-amz-checksum-crc32"] == crc32
    framed = b"3\r\nnew\r\n0\r\nx-amz-checksum-crc32:%b\r\n\r\n"
    headers = {
        "x_amz_content_sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x_amz_trailer": "x-amz-checksum-crc32",
        "x_amz_decoded_content_length": "3",
        "Content_Encoding": "aws-chunked",
    }
    assert upload.part(1, framed % crc32.encode(), **headers).headers["x-amz-checksum-crc32"] == crc32
    refused(upload.part(1, framed % b"AAAAAA==", **headers), 400, "BadDigest")
    assert upload.complete((1, md5(b"new"))).status == 200


def encoded(value: int, size: int) -> str:
    return base64.b64encode(value.to_bytes(size, "big")).decode()


CRCS: dict[str, Callable[[bytes], str]] = {
    "CRC32": lambda data: encoded(zlib.crc32(data), 4),
    "CRC32C": lambda data: encoded(crt.crc32c(data), 4),
    "CRC64NVME": lambda data: encoded(crt.crc64nvme(data), 8),
}
DIGESTS: dict[str, Callable[[bytes], str]] = {
    **CRCS,
    "SHA1": lambda data: base64.b64encode(hashlib.sha1(data).digest()).decode(),
    "SHA256": lambda data: base64.b64encode(hashlib.sha256(data).digest()).decode(),
}
KINDS_OF_SUMS = [
    *((algorithm, "COMPOSITE") for algorithm in DIGESTS if algorithm != "CRC64NVME"),
    *((algorithm, "FULL_OBJECT") for algorithm in CRCS),
]


@pytest.mark.parametrize(("algorithm", "kind"), KINDS_OF_SUMS)
@pytest.mark.parametrize("extended", ["embedded"], indirect=True)
def test_checksums_of_parts_and_of_the_whole(extended, extended_bucket, algorithm, kind):
    client, place = extended.boto3(), {"Bucket": extended_bucket, "Key": "object"}
    created = client.create_multipart_upload(**place, ChecksumAlgorithm=algorithm, ChecksumType=kind)
    assert (created["ChecksumAlgorithm"], created["ChecksumType"]) == (algorithm, kind)
    upload, name, digest = (
        {**place, "UploadId": created["UploadId"]},
        f"Checksum{algorithm}",
        DIGESTS[algorithm],
    )
    listed = client.list_multipart_uploads(Bucket=extended_bucket)["Uploads"][0]
    assert (listed["ChecksumAlgorithm"], listed["ChecksumType"]) == (algorithm, kind)
    bodies = [FIVE, b"the end"]
    parts = []
    for number, body in enumerate(bodies, 1):
        part = client.upload_part(**upload, PartNumber=number, Body=body, ChecksumAlgorithm=algorithm)
        assert part[name] == digest(body)
        parts.append({"PartNumber": number, "ETag": part["ETag"], name: part[name]})
    listed = client.list_parts(**upload)
    assert (listed["ChecksumAlgorithm"], listed["ChecksumType"]) == (algorithm, kind)
    assert [part[name] for part in listed["Parts"]] == [digest(body) for body in bodies]

    if kind == "COMPOSITE":
        whole = f"{digest(b''.join(base64.b64decode(digest(body)) for body in bodies))}-2"
    else:
        whole = digest(b"".join(bodies))

    def complete(**more: object) -> dict[str, object]:
        return client.complete_multipart_upload(**upload, **{"MultipartUpload": {"Parts": parts}, **more})

    other = "SHA256" if algorithm != "SHA256" else "SHA1"
    changed = [{**parts[0], name: digest(b"else")}, parts[1]]
    bare = [{key: value for key, value in part.items() if key != name} for part in parts]
    refusals = [
        ({name: digest(b"else")}, "BadDigest"),
        ({name: "bad"}, "InvalidRequest"),
        ({f"Checksum{other}": DIGESTS[other](b"else")}, "InvalidRequest"),
        ({"ChecksumType": "FULL_OBJECT" if kind == "COMPOSITE" else "COMPOSITE"}, "InvalidRequest"),
        ({"MpuObjectSize": LEAST}, "InvalidRequest"),
        ({"MultipartUpload": {"Parts": changed}}, "InvalidPart"),
        *([({"MultipartUpload": {"Parts": bare}}, "InvalidRequest")] if kind == "COMPOSITE" else []),
    ]
    for more, code in refusals:
        with pytest.raises(ClientError) as refusal:
            complete(**more)
        error = refusal.value.response
        assert (error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Code"]) == (400, code), more
    sums = {} if kind == "FULL_OBJECT" else {"MultipartUpload": {"Parts": parts}}
    completed = complete(**{name: whole, "ChecksumType": kind, "MpuObjectSize": LEAST + 7, **sums})
    assert (completed[name], completed["ChecksumType"]) == (whole, kind)

    found = client.head_object(**place, ChecksumMode="ENABLED")
    assert (found[name], found["ChecksumType"]) == (whole, kind)
    attributes = client.get_object_attributes(**place, ObjectAttributes=["Checksum", "ObjectParts"])
    assert attributes["Checksum"][name] == whole
    assert attributes["ObjectParts"]["TotalPartsCount"] == 2
    for number, body in enumerate(bodies, 1):
        part = client.head_object(**place, PartNumber=number, ChecksumMode="ENABLED")
        told = (part.get(name), part.get("ChecksumType"))
        assert told == ((digest(body), kind) if kind == "COMPOSITE" else (None, None))
        got = client.get_object(**place, PartNumber=number, ChecksumMode="ENABLED")
        assert (got["Body"].read(), got.get(name)) == (body, told[0])
    assert client.get_object(**place, ChecksumMode="ENABLED")["Body"].read() == FIVE + b"the end"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"x-amz-checksum-algorithm": "MD4"}, "InvalidRequest"),
        ({"x-amz-checksum-algorithm": "SHA256", "x-amz-checksum-type": "FULL_OBJECT"}, "InvalidRequest"),
        ({"x-amz-checksum-algorithm": "CRC64NVME", "x-amz-checksum-type": "COMPOSITE"}, "InvalidRequest"),
        ({"x-amz-checksum-algorithm": "CRC32", "x-amz-checksum-type": "HALF"}, "InvalidArgument"),
        ({"x-amz-checksum-type": "COMPOSITE"}, "InvalidRequest"),
        ({"x-amz-server-side-encryption": "AES256"}, "NotImplemented"),
        ({"x-amz-meta-a": "x" * 2048}, "MetadataTooLarge"),
        ({"x-amz-tagging": "a=1&a=2"}, "InvalidTag"),
    ],
)
def test_what_cannot_be_kept_is_refused_at_first(extended, extended_bucket, headers, code):
    answer = extended.request("POST", f"/{extended_bucket}/key?uploads", headers=headers)
    refused(answer, 501 if code == "NotImplemented" else 400, code)


def test_the_type_of_a_checksum_has_a_default(extended, extended_bucket):
    defaults = {"CRC32": "COMPOSITE", "sha1": "COMPOSITE", "CRC64NVME": "FULL_OBJECT"}
    for algorithm, kind in defaults.items():
        headers = {"x-amz-checksum-algorithm": algorithm}
        answer = extended.request("POST", f"/{extended_bucket}/key?uploads", headers=headers)
        assert answer.headers["x-amz-checksum-algorithm"] == algorithm.upper()
        assert answer.headers["x-amz-checksum-type"] == kind


def test_a_part_has_the_algorithm_of_its_upload(extended, extended_bucket):
    composite = Upload(extended, extended_bucket, headers={"x-amz-checksum-algorithm": "SHA256"})
    crc32 = {"x_amz_checksum_crc32": CRCS["CRC32"](b"data")}
    answer = composite.part(1, b"data", **crc32)
    refused(answer, 400, "InvalidRequest")
    assert "expected checksum Type: sha256, actual checksum Type: crc32" in (answer.element("Message") or "")
    answer = composite.part(1, b"data")
    refused(answer, 400, "InvalidRequest")
    assert "expected checksum Type: sha256, actual checksum Type: null" in (answer.element("Message") or "")
    assert numbers(composite.parts()) == []
    whole = {"x-amz-checksum-algorithm": "CRC32", "x-amz-checksum-type": "FULL_OBJECT"}
    full = Upload(extended, extended_bucket, headers=whole)
    assert full.part(1, b"data").headers["x-amz-checksum-crc32"] == crc32["x_amz_checksum_crc32"]


@pytest.mark.parametrize("algorithm", CRCS)
def test_the_whole_is_verified_where_no_algorithm_was_said_at_first(extended, extended_bucket, algorithm):
    name, digest = f"x_amz_checksum_{algorithm.lower()}", CRCS[algorithm]
    upload = Upload(extended, extended_bucket)
    part = upload.put(1, b"data")
    refused(upload.complete(part, **{name: digest(b"else")}), 400, "BadDigest")
    refused(upload.complete(part, **{name: "AAAA"}), 400, "InvalidRequest")
    answer = upload.complete(part, **{name: digest(b"data"), "x_amz_checksum_type": "FULL_OBJECT"})
    assert answer.status == 200
    assert answer.element(f"Checksum{algorithm}") == digest(b"data")
    assert answer.element("ChecksumType") == "FULL_OBJECT"


# --- listings -----------------------------------------------------------------------------------------


def test_parts_are_listed_by_pages(extended, extended_bucket):
    upload = Upload(extended, extended_bucket)
    for number in (1, 2, 3, 700, 10_000):
        upload.put(number, b"%d" % number)
    assert numbers(upload.parts()) == [1, 2, 3, 700, 10_000]
    answer = upload.parts()
    said = ("MaxParts", "IsTruncated", "PartNumberMarker", "NextPartNumberMarker", "StorageClass")
    assert [answer.element(name) for name in said] == ["1000", "false", "0", "10000", "STANDARD"]
    marker, pages = "0", []
    while True:
        answer = upload.parts(f"max-parts=2&part-number-marker={marker}&")
        assert (answer.element("PartNumberMarker"), answer.element("MaxParts")) == (marker, "2")
        pages.append(numbers(answer))
        marker = answer.element("NextPartNumberMarker") or ""
        if answer.element("IsTruncated") == "false":
            break
    assert pages == [[1, 2], [3, 700], [10_000]]
    for marker, rest in {"3": [700, 10_000], "699": [700, 10_000], "10000": [], "99999999999": []}.items():
        assert numbers(upload.parts(f"part-number-marker={marker}&")) == rest
    none = upload.parts("max-parts=0&")
    assert (numbers(none), none.element("IsTruncated")) == ([], "false")
    assert upload.parts("max-parts=5000&").element("MaxParts") == "1000"
    for query in ("max-parts=-1&", "max-parts=x&", "part-number-marker=x&", "part-number-marker=-1&"):
        refused(upload.parts(query), 400, "InvalidArgument")


KEYS = [
    "a",
    "a b",
    "a b/c",
    "a+b",
    "a/b",
    "a0",
    "aß",
    "b & <c>",
    "dir/1",
    "dir/2",
    "dir/sub/3",
    "dir2/x",
    "z~",
]


@pytest.fixture
def begun(extended, extended_bucket) -> dict[str, list[str]]:
    """Ids of uploads by their keys; of the first key there are three."""
    found = {
        key: [Upload(extended, extended_bucket, key).id] for key in random.Random(1).sample(KEYS, len(KEYS))
    }
    found["a"] += [Upload(extended, extended_bucket, "a").id for _ in range(2)]
    return {key: found[key] for key in sorted(found, key=str.encode)}


def test_uploads_are_listed_by_key_and_then_as_they_were_begun(extended, extended_bucket, begun):
    answer = extended.boto3().list_multipart_uploads(Bucket=extended_bucket)
    expected = [(key, id_) for key, several in begun.items() for id_ in several]
    assert [(one["Key"], one["UploadId"]) for one in answer["Uploads"]] == expected
    assert not answer["IsTruncated"]
    assert all(one["StorageClass"] == "STANDARD" and one["Initiated"] for one in answer["Uploads"])
    other = f"{extended_bucket}-other"
    assert extended.request("PUT", f"/{other}").status == 200
    assert ids(uploads(extended, other)) == []


def listing(begun: dict[str, list[str]], prefix: str, delimiter: str) -> list[tuple[str, str | None]]:
    """What a listing is to give, in order: keys with ids, and common prefixes without."""
    listed: list[tuple[str, str | None]] = []
    for key, several in begun.items():
        end = key.find(delimiter, len(prefix)) if delimiter else -1
        if not key.startswith(prefix):
            continue
        if end < 0:
            listed += [(key, id_) for id_ in several]
        elif (key[: end + 1], None) not in listed:
            listed.append((key[: end + 1], None))
    return listed


@pytest.mark.parametrize("encoding", ["", "url"])
@pytest.mark.parametrize("size", [1, 2, 5, 15])
def test_pages_of_uploads_are_exact(extended, extended_bucket, begun, encoding, size):
    client = extended.boto3()
    text = unquote_plus if encoding else str
    for prefix, delimiter in [
        ("", ""),
        ("", "/"),
        ("dir", "/"),
        ("a", ""),
        ("a", " "),
        ("a+", ""),
        ("x", "/"),
    ]:
        asked = {"Bucket": extended_bucket, "MaxUploads": size, "Prefix": prefix, "Delimiter": delimiter}
        asked |= {"EncodingType": encoding} if encoding else {}
        expected = listing(begun, prefix, delimiter)
        found: list[tuple[str, str | None]] = []
        page: dict[str, object] = {"IsTruncated": True}
        while page["IsTruncated"]:
            page = client.list_multipart_uploads(**asked)
            listed = [(text(one["Key"]), one["UploadId"]) for one in page.get("Uploads", [])]
            listed += [(text(one["Prefix"]), None) for one in page.get("CommonPrefixes", [])]
            assert len(listed) == min(size, len(expected) - len(found))
            found += sorted(listed, key=lambda one: one[0].encode())
            if page["IsTruncated"]:
                marker = page.get("NextUploadIdMarker", "")
                asked |= {"KeyMarker": text(page["NextKeyMarker"]), "UploadIdMarker": marker}
        assert found == expected


def test_uploads_are_listed_behind_markers(extended, extended_bucket, begun):
    first = begun["a"][0]
    everything = [id_ for several in begun.values() for id_ in several]
    behind = {
        "&key-marker=a": everything[3:],
        f"&key-marker=a&upload-id-marker={first}": everything[1:],
        f"&upload-id-marker={first}": everything,  # it means nothing without a key
        "&key-marker=A": everything,
        "&key-marker=z~~": [],
        "&key-marker=dir": [
            *begun["dir/1"],
            *begun["dir/2"],
            *begun["dir/sub/3"],
            *begun["dir2/x"],
            *begun["z~"],
        ],
        "&max-uploads=0": [],
    }
    for query, expected in behind.items():
        answer = uploads(extended, extended_bucket, query)
        assert (ids(answer), answer.element("IsTruncated")) == (expected, "false"), query
    encoded = uploads(extended, extended_bucket, "&encoding-type=url&prefix=b")
    assert (keys(encoded), encoded.element("EncodingType")) == (["b%20%26%20%3Cc%3E"], "url")
    assert keys(uploads(extended, extended_bucket, "&prefix=b")) == ["b &amp; &lt;c&gt;"]
    for query in (
        "&max-uploads=-1",
        "&max-uploads=x",
        "&encoding-type=gzip",
        "&key-marker=a&upload-id-marker=x",
    ):
        refused(uploads(extended, extended_bucket, query), 400, "InvalidArgument")


# --- restarts, other gateways, kills, sessions ------------------------------------------------------------


def test_an_upload_outlives_a_restart_and_goes_on_through_any_worker(tmp_path):
    with serving(tmp_path, *EXTENDED, "--workers", "2") as gateway:
        assert gateway.request("PUT", "/data").status == 200
        upload = Upload(gateway, "data", headers={"x-amz-meta-colour": "blue"})
        one = upload.put(1, FIVE)
    with serving(tmp_path, *EXTENDED, "--workers", "2") as gateway:
        upload.gateway = gateway
        assert numbers(upload.parts()) == [1]
        two = upload.put(2, b"the end")
        first = upload.complete(one, two)
        assert first.status == 200
        for _ in range(8):  # some of them through the other worker
            assert upload.complete(one, two).body == first.body
            assert upload.get().body == FIVE + b"the end"
        assert upload.get().headers["x-amz-meta-colour"] == "blue"


def test_a_bucket_has_no_uploads_before_anybody_has_begun_one(tmp_path):
    with serving(tmp_path, *EXTENDED) as gateway:
        assert gateway.request("PUT", "/master.new").status == 200
        for query in ("", "&key-marker=a&upload-id-marker=0", "&prefix=a&delimiter=/"):
            answer = gateway.request("GET", f"/master.new?uploads{query.replace('0', '')}")
            assert (answer.status, answer.element("IsTruncated")) == (200, "false")
        assert gateway.request("GET", "/master.other?uploads").code == "NoSuchBucket"


@pytest.mark.parametrize("extended", ["pachd"], indirect=True)
def test_an_upload_goes_on_through_another_gateway_of_the_cluster(tmp_path, extended, extended_bucket):
    with serving(tmp_path, *EXTENDED, where=extended.pachd) as other:
        upload = Upload(extended, extended_bucket)
        here = upload.put(1, b"data")
        there = Upload(other, extended_bucket, id=upload.id)
        assert numbers(there.parts()) == [1]
        there.put(2, b"more")
        answers = [there.complete(here), upload.complete(here)]
        assert [answer.status for answer in answers] == [200, 200]
        etags = {answer.element("ETag") for answer in answers}
        assert len(etags) == 1
        locations = [answer.element("Location") for answer in answers]
        assert locations == [f"{gateway.url}/{extended_bucket}/{upload.key}" for gateway in (other, extended)]
        assert upload.get().body == there.get().body == b"data"


def test_a_kill_leaves_the_upload_or_the_object(tmp_path):
    moments = random.Random(11)
    begun: list[tuple[Upload, tuple[int, str], bytes]] = []
    with serving(tmp_path, *EXTENDED) as gateway:
        assert gateway.request("PUT", "/data").status == 200
        for number in range(16):
            upload = Upload(gateway, "data", f"object {number}")
            body = b"%d" % number
            begun.append((upload, upload.put(1, body), body))
    for round_ in range(2):
        with serving(tmp_path, *EXTENDED) as gateway:
            pool = ThreadPoolExecutor(8)
            for upload, part, _ in begun[round_ * 8 : round_ * 8 + 8]:
                upload.gateway = gateway
                pool.submit(upload.complete, part, if_none_match="*")
            threading.Event().wait(moments.uniform(0.0, 0.06))
            for pid in (gateway.process.pid, *children(gateway.process.pid)):
                os.kill(pid, signal.SIGKILL)
            gateway.process.wait()
            pool.shutdown()
    with serving(tmp_path, *EXTENDED) as gateway:
        going_on = set(ids(uploads(gateway, "data")))
        for upload, part, body in begun:
            upload.gateway = gateway
            found = upload.get()
            assert found.status == 200 or upload.id in going_on
            if found.status == 200:
                assert found.body == body
            answer = upload.complete(part, if_none_match="*")
            assert (answer.status, answer.element("ETag")) == (
                200,
                f"&quot;{etag_of_parts(body)[1:-1]}&quot;",
            )
            assert upload.get().body == body
        assert ids(uploads(gateway, "data")) == []
        versions = gateway.request("GET", "/data?versions").body
        assert versions.count(b"<VersionId>") == len(begun)


@pytest.mark.parametrize("when", ["created", "completed", "both"])
def test_an_upload_of_a_session_is_seen_when_that_is_finished(extended, extended_bucket, when):
    session = extended.request("POST", f"/{extended_bucket}?s3gw-session").headers["x-s3gw-session"]
    said = {"x-s3gw-session": session}
    upload = Upload(extended, extended_bucket, headers={} if when == "completed" else said)
    part = upload.put(1, b"data")
    assert upload.complete(part, **({} if when == "created" else said)).status == 200
    assert upload.get().status == 404
    within = extended.request("GET", upload.path, headers={"x-s3gw-session": session})
    assert (within.status, within.body) == (200, b"data")
    assert extended.request("POST", f"/{extended_bucket}?s3gw-session={session}").status == 200
    assert upload.get().body == b"data"
    refused(
        extended.request("POST", f"/{extended_bucket}/key?uploads", headers={"x-s3gw-session": HEX_ID}),
        404,
        "NoSuchSession",
    )
