"""boto3 beyond single requests: transfers, presigned URLs, pagination, old signatures."""

from __future__ import annotations

import io
import os
import urllib.request

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore import UNSIGNED
from botocore.exceptions import ClientError

from tests.clients.conftest import ACCESS_KEY, LARGE, SECRET, only


def test_transfers_below_the_multipart_threshold(gateway, bucket, files, tmp_path):
    client = gateway.boto3()
    client.upload_file(str(files / "dir/b.bin"), bucket, "b")
    client.download_file(bucket, "b", str(tmp_path / "b"))
    assert (tmp_path / "b").read_bytes() == (files / "dir/b.bin").read_bytes()


@only("classic")
def test_a_large_transfer_with_a_raised_threshold(gateway, bucket):
    client = gateway.boto3()
    body = bytes(LARGE)
    with pytest.raises(Exception, match="single PutObject"):
        client.upload_fileobj(io.BytesIO(body), bucket, "large")
    client.upload_fileobj(
        io.BytesIO(body), bucket, "large", Config=TransferConfig(multipart_threshold=1 << 30)
    )
    received = io.BytesIO()
    client.download_fileobj(bucket, "large", received)  # in parallel ranges
    assert received.getvalue() == body


@pytest.mark.parametrize("signature", ["s3v4", "s3", "s3-query"])
def test_presigned_urls(gateway, bucket, signature):
    client = gateway.boto3(signature_version=signature) if signature != "s3-query" else gateway.boto3()
    parameters = {"Bucket": bucket, "Key": "a b", "ContentType": "text/x"}
    put = client.generate_presigned_url("put_object", parameters, ExpiresIn=60)
    headers = {"Content-Type": "text/x"}  # what it is belongs to the signature
    urllib.request.urlopen(urllib.request.Request(put, b"signed", headers, method="PUT"))
    get = client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a b"}, ExpiresIn=60)
    assert urllib.request.urlopen(get).read() == b"signed"


@only("classic")
def test_unsigned_requests(gateway, bucket):
    client = gateway.boto3(signature_version=UNSIGNED)
    client.put_object(Bucket=bucket, Key="a", Body=b"x")
    assert client.get_object(Bucket=bucket, Key="a")["Body"].read() == b"x"


@only("extended")
def test_a_client_that_nobody_knows_is_refused(gateway, bucket):
    for client, code in {
        gateway.boto3(signature_version=UNSIGNED): "AccessDenied",
        gateway.boto3(access_key="NOBODY-KNOWS"): "InvalidAccessKeyId",
        gateway.boto3(secret="wrong"): "SignatureDoesNotMatch",
    }.items():
        with pytest.raises(ClientError) as refused:
            client.put_object(Bucket=bucket, Key="a", Body=b"x")
        assert refused.value.response["Error"]["Code"] == code


def test_the_error_of_the_sdk_carries_code_and_request_id(gateway, bucket):
    with pytest.raises(ClientError) as missing:
        gateway.boto3().get_object(Bucket=bucket, Key="a")
    response = missing.value.response
    assert response["Error"]["Code"] == "NoSuchKey"
    assert len(response["ResponseMetadata"]["RequestId"]) == 16
    assert response["ResponseMetadata"]["HostId"]


@only("extended")
def test_large_transfers_and_copies_go_in_parts(gateway, bucket, tmp_path):
    client = gateway.boto3()
    body = os.urandom(LARGE)
    (tmp_path / "large").write_bytes(body)
    client.upload_file(str(tmp_path / "large"), bucket, "dir/@+( é", ExtraArgs={"Tagging": "a=b"})
    assert "-" in client.head_object(Bucket=bucket, Key="dir/@+( é")["ETag"]
    for key, source in {"copy": "dir/@+( é", "again": "copy"}.items():
        client.copy({"Bucket": bucket, "Key": source}, bucket, key)
        received = io.BytesIO()
        client.download_fileobj(bucket, key, received)
        assert received.getvalue() == body
    client.copy_object(Bucket=bucket, Key="whole", CopySource={"Bucket": bucket, "Key": "again"})
    assert client.get_object(Bucket=bucket, Key="whole", Range="bytes=-9")["Body"].read() == body[-9:]
    assert client.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []


@only("extended")
def test_deleting_each_version_leaves_the_history_and_an_empty_bucket(gateway, bucket):
    found = boto3.resource(
        "s3",
        endpoint_url=gateway.url,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
    ).Bucket(bucket)
    old = found.put_object(Key="a", Body=b"old").version_id
    found.put_object(Key="a", Body=b"new")
    (answer,) = found.object_versions.delete()
    assert [entry["Key"] for entry in answer["Deleted"]] == ["a"]
    assert [(entry["VersionId"], entry["Code"]) for entry in answer["Errors"]] == [(old, "AccessDenied")]
    assert list(found.objects.all()) == []
    assert found.Object("a").get(VersionId=old)["Body"].read() == b"old"
    found.delete()  # its commits go with it
    assert bucket not in [each["Name"] for each in found.meta.client.list_buckets()["Buckets"]]
