"""TLS by nginx, with the configuration of deploy/nginx.conf: clients pass over it, and nothing is held there."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import boto3
import pytest
from botocore.config import Config

from tests.clients.conftest import ACCESS_KEY, GO_TEST, HERE, SECRET, environment, missing, run, tree
from tests.folders import sizes
from tests.nginx import DOMAIN, Front, fronted, guarded
from tests.serving import Gateway, eventually

# More than all buffers on the way hold: of nginx, of the kernel.
LARGE = 48 << 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def gateway(folder) -> Iterator[Gateway]:
    with guarded(folder) as running:
        yield running


@pytest.fixture(scope="module")
def nginx(gateway, folder) -> Iterator[Front]:
    with fronted(gateway, folder / "front") as front:
        yield front


@pytest.fixture(scope="module")
def tools() -> Path:
    return environment("python", HERE / "requirements.txt")


@pytest.fixture
def resolved(monkeypatch) -> None:
    """All names are this machine's."""
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: real("127.0.0.1", *rest, **more))


def client_of(nginx: Front, style: str):
    return boto3.client(
        "s3",
        endpoint_url=f"https://{DOMAIN}:{nginx.port}",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
        verify=str(nginx.authority),
        config=Config(s3={"addressing_style": style}, retries={"total_max_attempts": 1}),
    )


def signed(nginx: Front, operation: str, style: str = "path", **parameters: str) -> SplitResult:
    """Give a URL that is signed for the name of nginx, with its port."""
    return urlsplit(client_of(nginx, style).generate_presigned_url(operation, parameters))


@pytest.mark.parametrize(
    ("style", "bucket"), [("path", "master.boto"), ("virtual", "boto"), ("auto", "boto.b")]
)
def test_boto3(gateway, nginx, resolved, tmp_path, style, bucket):
    client = client_of(nginx, style)
    client.create_bucket(Bucket=bucket)
    key = "dir/a+b @(é"
    client.put_object(
        Bucket=bucket, Key=key, Body=b"x" * 100_000, Metadata={"a": "b", "c_d": "e.f", "g.h": "i"}
    )
    found = client.get_object(Bucket=bucket, Key=key)
    assert found["Body"].read() == b"x" * 100_000
    assert found["Metadata"] == {"a": "b", "c_d": "e.f", "g.h": "i"}
    assert found["ChecksumCRC32"]  # it came as a trailer, of a body that was framed but not signed
    body = os.urandom(20 << 20)
    (tmp_path / "large").write_bytes(body)
    client.upload_file(str(tmp_path / "large"), bucket, "large")
    assert client.get_object(Bucket=bucket, Key="large")["Body"].read() == body
    assert [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket)["Contents"]] == [key, "large"]
    client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}, {"Key": "large"}]})
    client.delete_bucket(Bucket=bucket)


def test_a_framed_body_with_an_unsigned_trailer(gateway, nginx, resolved):
    client = client_of(nginx, "path")
    sent: list[str] = []
    client.meta.events.register(
        "before-send.s3.PutObject", lambda request, **_: sent.append(request.headers["x-amz-content-sha256"])
    )
    client.create_bucket(Bucket="master.trailer")
    client.put_object(Bucket="master.trailer", Key="a", Body=b"x" * 300_000)
    assert [value.decode() if isinstance(value, bytes) else value for value in sent] == [
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    ]
    assert client.get_object(Bucket="master.trailer", Key="a")["Body"].read() == b"x" * 300_000


def test_the_gateway_knows_who_asks_and_how(gateway, nginx):
    url = signed(nginx, "create_bucket", "virtual", Bucket="tls")
    assert url.hostname == f"tls.{DOMAIN}"
    connection = http.client.HTTPSConnection(
        "127.0.0.1", nginx.port, context=nginx.trust, timeout=30, source_address=("127.0.0.2", 0)
    )
    headers = {"Host": url.netloc, "X-Forwarded-For": "203.0.113.9"}
    connection.request("PUT", f"{url.path or '/'}?{url.query}", headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert (answer.status, answer.headers["Location"]) == (200, f"https://{url.netloc}/")
    # nginx says who has asked it, behind what it was told itself
    assert " 127.0.0.2 " in gateway.log_line(answer.headers["x-amz-request-id"])
    eventually(lambda: f" PUT tls.{DOMAIN}/ 200 " in nginx.log())
    assert "X-Amz" not in nginx.log()


def test_the_aws_cli(nginx, tools, tmp_path):
    trust = {"AWS_CA_BUNDLE": str(nginx.authority)}
    aws = [tools / "aws", "--endpoint-url", f"https://127.0.0.1:{nginx.port}"]
    (tmp_path / "large").write_bytes(os.urandom(20 << 20))
    run(*aws, "s3", "mb", "s3://aws.tls", **trust)
    run(*aws, "s3", "cp", tmp_path / "large", "s3://aws.tls/a b/large", **trust)
    run(*aws, "s3", "cp", "s3://aws.tls/a b/large", tmp_path / "back", **trust)
    assert (tmp_path / "back").read_bytes() == (tmp_path / "large").read_bytes()


def test_rclone(nginx, tools, tmp_path):
    (tmp_path / "files/dir").mkdir(parents=True)
    for name, size in {"a": 1, "dir/@+( é": 70_000, "dir/large": 20 << 20, "empty": 0}.items():
        (tmp_path / "files" / name).write_bytes(os.urandom(size))
    remote = {
        "RCLONE_CONFIG": str(tmp_path / "rclone.conf"),
        "RCLONE_CONFIG_GW_TYPE": "s3",
        "RCLONE_CONFIG_GW_PROVIDER": "Other",
        "RCLONE_CONFIG_GW_ENDPOINT": f"https://127.0.0.1:{nginx.port}",
        "RCLONE_CONFIG_GW_ACCESS_KEY_ID": ACCESS_KEY,
        "RCLONE_CONFIG_GW_SECRET_ACCESS_KEY": SECRET,
        "RCLONE_CA_CERT": str(nginx.authority),
    }
    rclone = [tools / "rclone", "--retries", "1"]
    run(*rclone, "copy", tmp_path / "files", "gw:rc.tls/tree", **remote)
    run(*rclone, "copy", "gw:rc.tls/tree", tmp_path / "back", **remote)
    assert tree(tmp_path / "back") == tree(tmp_path / "files")


@pytest.mark.parametrize("host", ["127.0.0.1", DOMAIN])
def test_minio_go(nginx, host):
    """With paths, and with hosts of buckets that have a dot in their names."""
    if not shutil.which("go"):
        missing("Go")
    surroundings = {
        "S3GW_ENDPOINT": f"{host}:{nginx.port}",
        "S3GW_PROFILE": "extended",
        "S3GW_AUTHORITY": str(nginx.authority),
    }
    assert "PASS" in run(*GO_TEST, "-run", "TestOverTLS", "./...", cwd=HERE / "go", **surroundings)


def test_http_2(nginx, tmp_path):
    if not shutil.which("curl"):
        pytest.skip("curl is not on this machine")
    features = subprocess.run(["curl", "--version"], capture_output=True, check=True, text=True).stdout
    if "HTTP2" not in features:
        pytest.skip("this curl has no HTTP/2")
    (tmp_path / "large").write_bytes(os.urandom(20 << 20))
    curl = ["curl", "--http2", "--silent", "--show-error", "--fail", "--cacert", nginx.authority]
    curl += ["--connect-to", f"::127.0.0.1:{nginx.port}", "--write-out", "%{http_version}"]

    def url(operation: str, **parameters: str) -> str:
        return signed(nginx, operation, "virtual", Bucket="http2", **parameters).geturl()

    assert run(*curl, "-X", "PUT", url("create_bucket")) == "2"
    # of a length that is announced, and of one that is not
    assert run(*curl, "-T", tmp_path / "large", url("put_object", Key="large")) == "2"
    with open(tmp_path / "large", "rb") as file:
        piped = [*curl, "-T", "-", url("put_object", Key="dir/piped (é)")]
        done = subprocess.run(piped, stdin=file, capture_output=True, check=True)
    assert done.stdout == b"2"
    for name in ("large", "dir/piped (é)"):
        assert run(*curl, "-o", tmp_path / "back", url("get_object", Key=name)) == "2"
        assert (tmp_path / "back").read_bytes() == (tmp_path / "large").read_bytes()


def test_a_body_streams_through_nginx(gateway, nginx, folder):
    """The gateway has what the client has sent, while the client still sends."""
    data = folder / "pfs"
    gateway.boto3().create_bucket(Bucket="master.streams")
    before = sum(sizes(data).values())
    with _connected(nginx) as client:
        client.sendall(_head(nginx, "master.streams", f"Content-Length: {LARGE}"))
        client.sendall(bytes(LARGE - 1))
        eventually(lambda: sum(sizes(data).values()) - before > LARGE // 2)
        assert [path for path in nginx.folder.glob("bodies/**/*") if path.stat().st_size] == []
        client.sendall(b"x")
        assert _status(client) == 200
    assert gateway.boto3().head_object(Bucket="master.streams", Key="a")["ContentLength"] == LARGE


def test_an_expectation_is_met(nginx, gateway):
    gateway.boto3().create_bucket(Bucket="master.expects")
    with _connected(nginx) as client:
        client.sendall(_head(nginx, "master.expects", "Content-Length: 5", "Expect: 100-continue"))
        assert _status(client) == 100
        client.sendall(b"hello")
        assert _status(client) == 200


def test_a_refusal_of_a_large_body_arrives(nginx):
    """A body that is not wanted gets the gateway's own answer, and no 502."""
    with _connected(nginx) as client:
        client.sendall(_head(nginx, "master.missing", f"Content-Length: {LARGE}"))
        with contextlib.suppress(OSError):  # nginx may have closed it behind the answer
            client.sendall(bytes(LARGE))
        assert _status(client) == 404


def _connected(nginx: Front):
    raw = socket.create_connection(("127.0.0.1", nginx.port), timeout=30)
    return nginx.trust.wrap_socket(raw, server_hostname=DOMAIN)


def _head(nginx: Front, bucket: str, *fields: str) -> bytes:
    """Write the head of a PUT."""
    url = signed(nginx, "put_object", Bucket=bucket, Key="a")
    line = f"PUT {url.path}?{url.query} HTTP/1.1"
    return "\r\n".join([line, f"Host: {url.netloc}", *fields, "", ""]).encode()


def _status(client) -> int:
    """Read the head of an answer; the bodies of these do not matter."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += client.recv(1) or pytest.fail(f"closed behind {head!r}")
    return int(head.split()[1])
