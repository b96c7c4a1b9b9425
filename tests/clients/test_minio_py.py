"""minio-py: the eleven calls of the contract."""

from __future__ import annotations

import io
import os

import pytest
from minio import Minio
from minio.commonconfig import ComposeSource, CopySource, Tags
from minio.error import S3Error

from tests.clients.conftest import ACCESS_KEY, LARGE, SECRET, only, tree


def test_the_eleven_calls(gateway, files, tmp_path):
    client = Minio(f"127.0.0.1:{gateway.port}", ACCESS_KEY, SECRET, secure=False)
    bucket = "minio.py"
    assert not client.bucket_exists(bucket)  # BucketExists
    client.make_bucket(bucket)  # MakeBucket
    assert client.bucket_exists(bucket)
    assert bucket in [found.name for found in client.list_buckets()]  # ListBuckets

    body = bytes(range(256)) * 4096
    put = client.put_object(
        bucket, "dir/a.bin", io.BytesIO(body), len(body), metadata={"x": "y"}
    )  # PutObject
    stat = client.stat_object(bucket, "dir/a.bin")  # StatObject
    assert (stat.size, stat.etag) == (len(body), put.etag)
    got = client.get_object(bucket, "dir/a.bin")  # GetObject
    assert got.read() == body
    got.close()
    got.release_conn()
    part = client.get_object(bucket, "dir/a.bin", offset=100, length=50)
    assert part.read() == body[100:150]
    part.close()
    part.release_conn()

    client.fput_object(bucket, "z", str(files / "z"))  # FPutObject
    client.fget_object(bucket, "z", str(tmp_path / "got" / "z"))  # FGetObject
    assert tree(tmp_path / "got") == {"z": (files / "z").read_bytes()}

    names = lambda **options: [entry.object_name for entry in client.list_objects(bucket, **options)]  # noqa: E731
    assert sorted(names()) == ["dir/", "z"]  # ListObjects
    assert names(recursive=True) == ["dir/a.bin", "z"]
    assert names(prefix="dir/", use_api_v1=True) == ["dir/a.bin"]

    with pytest.raises(S3Error) as refused:
        client.remove_bucket(bucket)
    assert refused.value.code == "BucketNotEmpty"
    for name in names(recursive=True):
        client.remove_object(bucket, name)  # RemoveObject
    with pytest.raises(S3Error) as missing:
        client.stat_object(bucket, "z")
    assert missing.value.code == "NoSuchKey"
    client.remove_bucket(bucket)  # RemoveBucket
    assert not client.bucket_exists(bucket)


def test_a_body_of_unknown_length_that_is_short_is_a_single_put(gateway):
    client = Minio(f"127.0.0.1:{gateway.port}", ACCESS_KEY, SECRET, secure=False)
    client.make_bucket("minio.unknown")
    client.put_object("minio.unknown", "a", io.BytesIO(b"x" * 100_000), -1, part_size=10 << 20)
    assert client.stat_object("minio.unknown", "a").size == 100_000


@only("classic")
def test_a_multipart_upload_is_told_the_way_round_it(gateway):
    client = Minio(f"127.0.0.1:{gateway.port}", ACCESS_KEY, SECRET, secure=False)
    client.make_bucket("minio.large")
    body = bytes(6 << 20)
    with pytest.raises(S3Error) as refused:
        client.put_object("minio.large", "a", io.BytesIO(body), len(body), part_size=5 << 20)
    assert refused.value.code == "NotImplemented"
    assert "single PutObject" in refused.value.message
    client.put_object("minio.large", "a", io.BytesIO(body), len(body), part_size=8 << 20)
    assert client.stat_object("minio.large", "a").size == len(body)


@only("extended")
def test_parts_copies_compositions_tags_and_versions(gateway):
    client = Minio(f"127.0.0.1:{gateway.port}", ACCESS_KEY, SECRET, secure=False)
    bucket = "minio.parts"
    client.make_bucket(bucket)
    body = os.urandom(LARGE)
    first = client.put_object(bucket, "large", io.BytesIO(body), len(body))
    client.put_object(bucket, "unknown", io.BytesIO(body), -1, part_size=5 << 20)
    client.copy_object(bucket, "copy (é)", CopySource(bucket, "large"))
    client.compose_object(
        bucket,
        "joined",
        [ComposeSource(bucket, "copy (é)"), ComposeSource(bucket, "large", offset=5, length=9)],
    )

    def read(name: str, **options: object) -> bytes:
        answer = client.get_object(bucket, name, **options)
        try:
            return answer.read()
        finally:
            answer.close()
            answer.release_conn()

    assert read("unknown") == read("copy (é)") == body
    assert read("joined") == body + body[5:14]
    tags = Tags.new_object_tags()
    tags["a"] = "b"
    client.set_object_tags(bucket, "copy (é)", tags)
    assert client.get_object_tags(bucket, "copy (é)") == {"a": "b"}
    client.put_object(bucket, "large", io.BytesIO(b"new"), 3)
    found = [
        (entry.version_id == first.version_id, entry.is_latest == "true")
        for entry in client.list_objects(bucket, "large", include_version=True)
    ]
    assert found == [(False, True), (True, False)]
    assert read("large", version_id=first.version_id) == body
    for name in ("large", "unknown", "copy (é)", "joined"):
        client.remove_object(bucket, name)
    client.remove_bucket(bucket)
