"""Forms over the socket, as boto3 signs them and urllib3 and curl send them, in front of each kind of PFS."""

from __future__ import annotations

import http.client
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from tests.forms import BOUNDARY, CONTENT_TYPE, form, part
from tests.serving import Gateway

CONTENT = bytes(range(256)) * 12_000


def sent(
    gateway: Gateway, post: dict[str, Any], content: bytes, name: str = "a.bin"
) -> urllib3.BaseHTTPResponse:
    """Post a form that boto3 has made."""
    fields = {**post["fields"], "file": (name, content, "application/octet-stream")}
    return urllib3.request("POST", post["url"], fields=fields, timeout=20)


def test_a_form_that_boto3_has_made_uploads_what_its_policy_lets_it(extended, extended_bucket):
    s3 = extended.boto3()
    post = s3.generate_presigned_post(
        extended_bucket,
        "up/${filename}",
        Fields={"Content-Type": "image/png", "success_action_status": "201"},
        Conditions=[
            ["starts-with", "$Content-Type", "image/"],
            {"success_action_status": "201"},
            ["content-length-range", 1, len(CONTENT)],
        ],
        ExpiresIn=60,
    )
    created = sent(extended, post, CONTENT)
    assert (created.status, created.headers["Location"]) == (
        201,
        f"{extended.url}/{extended_bucket}/up/a.bin",
    )
    stored = s3.get_object(Bucket=extended_bucket, Key="up/a.bin")
    assert stored["Body"].read() == CONTENT
    assert stored["ETag"] == created.headers["ETag"]
    assert stored["VersionId"] == created.headers["x-amz-version-id"]

    too_large = sent(extended, post, CONTENT + b"!", "large.bin")
    assert (too_large.status, b"<Code>EntityTooLarge</Code>" in too_large.data) == (400, True)
    post["fields"]["key"] = "elsewhere/${filename}"
    elsewhere = sent(extended, post, CONTENT)
    assert (elsewhere.status, b"Policy Condition failed" in elsewhere.data) == (403, True)
    assert extended.keys(extended_bucket) == ["up/a.bin"]


def test_curl_uploads_a_large_file(extended, extended_bucket, tmp_path):
    file = tmp_path / 'quo"ted ü.bin'
    file.write_bytes(CONTENT)
    url = f"http://127.0.0.1:{extended.port}/{extended_bucket}"
    fields = ["-F", "key=${filename}", "-F", "x-amz-meta-a=ü", "-F", f'file=@"{tmp_path}/quo\\"ted ü.bin"']
    command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", *fields, url]
    assert subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout == "204"
    (key,) = extended.keys(extended_bucket)
    assert key in ('quo"ted ü.bin', "quo%22ted ü.bin")  # as versions of curl write quotes
    assert extended.boto3().get_object(Bucket=extended_bucket, Key=key)["Body"].read() == CONTENT


def test_a_form_without_a_length_is_taken_in_chunks(extended, extended_bucket):
    body = form({"key": "a"}, CONTENT)

    def pieces() -> Iterator[bytes]:
        yield from (body[at : at + 100_000] for at in range(0, len(body), 100_000))

    connection = http.client.HTTPConnection("127.0.0.1", extended.port, timeout=30)
    connection.request(
        "POST", f"/{extended_bucket}", pieces(), {"Content-Type": CONTENT_TYPE}, encode_chunked=True
    )
    assert connection.getresponse().status == 204
    connection.close()
    assert extended.request("GET", f"/{extended_bucket}/a").body == CONTENT


@pytest.mark.parametrize("length", [200, 5_000, 2_000_000])
def test_a_form_that_breaks_off_commits_nothing(extended, extended_bucket, length):
    body = form({"key": "a"}, CONTENT)
    head = f"POST /{extended_bucket} HTTP/1.1\r\nHost: x\r\nContent-Type: {CONTENT_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"
    extended.raw(head.encode() + body[:length])
    assert extended.keys(extended_bucket) == []


def test_a_small_form_leaves_the_connection_open(extended, extended_bucket):
    bodies = [form({"key": "a"}), part("key", b"b") + f"--{BOUNDARY}--\r\n".encode(), form({"key": "c"})]
    connection = http.client.HTTPConnection("127.0.0.1", extended.port, timeout=30)
    statuses, request_ids = [], []
    for body in bodies:
        connection.request("POST", f"/{extended_bucket}", body, {"Content-Type": CONTENT_TYPE})
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
        assert response.getheader("Connection") is None
        request_ids.append(response.getheader("x-amz-request-id"))
    connection.close()
    assert statuses == [204, 400, 204]
    assert extended.keys(extended_bucket) == ["a", "c"]
    line = extended.log_line(request_ids[-1])
    assert f" PostObject {extended_bucket} POST 204 " in line
    assert " - c " in line


def test_what_a_form_says_of_the_file_is_kept(keeping, keeping_bucket):
    tagging = "<Tagging><TagSet><Tag><Key>kind</Key><Value>photo</Value></Tag></TagSet></Tagging>"
    fields = {"key": "a", "Content-Type": "image/png", "x-amz-meta-who": "me", "tagging": tagging}
    answer = keeping.request("POST", f"/{keeping_bucket}", form(fields), {"Content-Type": CONTENT_TYPE})
    assert answer.status == 204
    s3 = keeping.boto3()
    head = s3.head_object(Bucket=keeping_bucket, Key="a")
    assert (head["ContentType"], head["Metadata"]) == ("image/png", {"who": "me"})
    tags = s3.get_object_tagging(Bucket=keeping_bucket, Key="a")["TagSet"]
    assert tags == [{"Key": "kind", "Value": "photo"}]
