"""GetObjectAttributes: what is asked for of an object, and nothing else."""

from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest

from tests.serving import Gateway, Response

BODY = b"some bytes"
SHA = b64encode(hashlib.sha256(BODY).digest()).decode()
LEAST = 5 * 1024 * 1024


def ask(gateway: Gateway, target: str, attributes: str | None, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if attributes is not None:
        named["x-amz-object-attributes"] = attributes
    mark = "&" if "?" in target else "?"
    return gateway.request("GET", f"{target}{mark}attributes", None, named)


@pytest.fixture
def made(keeping, keeping_bucket) -> Response:
    return keeping.request("PUT", f"/{keeping_bucket}/a", BODY, {"x-amz-checksum-sha256": SHA})


@pytest.mark.parametrize(
    "attributes", ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize", "ETag, ObjectSize"]
)
def test_what_is_asked_for_is_told(keeping, keeping_bucket, made, attributes):
    answer = ask(keeping, f"/{keeping_bucket}/a", attributes)
    told = {
        "ETag": made.headers["etag"].strip('"'),
        "Checksum": f"<ChecksumSHA256>{SHA}</ChecksumSHA256><ChecksumType>FULL_OBJECT</ChecksumType>",
        "ObjectParts": None,  # it was not uploaded in parts
        "StorageClass": "STANDARD",
        "ObjectSize": str(len(BODY)),
    }
    wanted = attributes.split(", ")
    for name, value in told.items():
        assert answer.element(name) == (value if name in wanted else None)
    assert answer.headers["x-amz-version-id"] == made.headers["x-amz-version-id"]
    assert answer.headers["last-modified"]


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        (None, "InvalidRequest"),
        ("", "InvalidRequest"),
        ("Size", "InvalidArgument"),
        ("ETag,etag", "InvalidArgument"),
    ],
)
def test_none_or_unknown_attributes_are_refused(keeping, keeping_bucket, made, attributes, code):
    answer = ask(keeping, f"/{keeping_bucket}/a", attributes)
    assert (answer.status, answer.code) == (400, code)


def test_versions_and_delete_markers_are_as_of_an_object(keeping, keeping_bucket, made):
    version = made.headers["x-amz-version-id"]
    keeping.request("PUT", f"/{keeping_bucket}/a", b"longer than before")
    marker = keeping.request("DELETE", f"/{keeping_bucket}/a").headers["x-amz-version-id"]
    old = ask(keeping, f"/{keeping_bucket}/a?versionId={version}", "ObjectSize")
    assert (old.element("ObjectSize"), old.headers["x-amz-version-id"]) == (str(len(BODY)), version)
    of_marker = ask(keeping, f"/{keeping_bucket}/a?versionId={marker}", "ObjectSize")
    assert (of_marker.status, of_marker.code) == (405, "MethodNotAllowed")
    assert of_marker.headers["x-amz-delete-marker"] == "true"
    assert ask(keeping, f"/{keeping_bucket}/a", "ObjectSize").code == "NoSuchKey"
    assert ask(keeping, f"/{keeping_bucket}/none", "ObjectSize").code == "NoSuchKey"
    assert ask(keeping, "/no.where/a", "ObjectSize").code == "NoSuchBucket"


def upload(gateway: Gateway, bucket: str, **begin: str) -> None:
    client = gateway.boto3()
    id_ = client.create_multipart_upload(Bucket=bucket, Key="parts", **begin)["UploadId"]
    parts = []
    for number, body in enumerate((bytes(LEAST), bytes(LEAST), b"end"), 1):
        algorithm = {"ChecksumAlgorithm": begin["ChecksumAlgorithm"]} if begin else {}
        part = client.upload_part(
            Bucket=bucket, Key="parts", UploadId=id_, PartNumber=number, Body=body, **algorithm
        )
        told = {
            name: value
            for name, value in part.items()
            if name == "ETag" or (begin and name == "ChecksumSHA256")
        }
        parts.append({"PartNumber": number, **told})
    client.complete_multipart_upload(
        Bucket=bucket, Key="parts", UploadId=id_, MultipartUpload={"Parts": parts}
    )


def test_parts_are_told_by_pages(keeping, keeping_bucket):
    upload(keeping, keeping_bucket, ChecksumAlgorithm="SHA256")
    client = keeping.boto3()
    for size in (1, 2, 3, 1000):
        found, marker = [], 0
        while True:
            told = client.get_object_attributes(
                Bucket=keeping_bucket,
                Key="parts",
                ObjectAttributes=["ObjectParts"],
                MaxParts=size,
                PartNumberMarker=marker,
            )["ObjectParts"]
            assert (told["TotalPartsCount"], told["MaxParts"], told["PartNumberMarker"]) == (3, size, marker)
            found += told["Parts"]
            if not told["IsTruncated"]:
                break
            marker = told["NextPartNumberMarker"]
        assert [(part["PartNumber"], part["Size"]) for part in found] == [(1, LEAST), (2, LEAST), (3, 3)]
        assert all(len(part["ChecksumSHA256"]) == 44 for part in found)


def test_parts_without_checksums_are_counted(keeping, keeping_bucket):
    upload(keeping, keeping_bucket)
    told = keeping.boto3().get_object_attributes(
        Bucket=keeping_bucket, Key="parts", ObjectAttributes=["ObjectParts", "ObjectSize"]
    )
    assert told["ObjectParts"]["TotalPartsCount"] == 3
    assert told["ObjectSize"] == 2 * LEAST + 3
