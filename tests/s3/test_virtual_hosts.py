"""The bucket in the host instead of the path, and both beside each other."""

from __future__ import annotations

import http.client
import io
import re
import socket
from collections.abc import Iterator
from ipaddress import ip_network

import boto3
import pytest
from botocore.config import Config

from s3gw.addressing.hosts import Domains
from s3gw.context import Context
from s3gw.http.application import Application
from s3gw.http.layout import Response
from s3gw.http.request import Request
from s3gw.http.wsgi import create_app
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch
from s3gw.server._server import GatewayServer
from tests.server.in_process import running
from tests.serving import serving

DOMAIN = "s3.example.com"
HOST = f"master.images.{DOMAIN}"


@pytest.fixture(scope="module")
def pfs(tmp_path_factory) -> Iterator[EmbeddedPFS]:
    opened = EmbeddedPFS(tmp_path_factory.mktemp("hosts") / "pfs", "process")
    opened.create_branch(Branch("images", "master"))
    opened.create_branch(Branch("images", "Upper"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def application(pfs) -> Application:
    return Application(Context(pfs), "extended", domains=Domains([DOMAIN]))


def asked(application: Application, method: str, host: str, target: str, body: bytes = b"") -> Request:
    headers = {"host": host, "content-length": str(len(body))}
    return Request(method, target, headers, io.BytesIO(body), arrived=True)


def ask(application: Application, method: str, host: str, target: str, body: bytes = b"") -> Response:
    return application.answer(asked(application, method, host, target, body))


def text(response: Response) -> str:
    body = response.body
    data = b"" if body is None else body if isinstance(body, bytes) else b"".join(body)
    return data.decode()


@pytest.mark.parametrize(
    ("host", "target", "found"),
    [
        (HOST, "/", ("bucket", "master.images", "")),
        (HOST, "/?acl", ("bucket", "master.images", "")),
        (HOST, "/key", ("object", "master.images", "key")),
        (HOST, "/dir/key", ("object", "master.images", "dir/key")),
        (HOST, "//a", ("object", "master.images", "/a")),
        (HOST, "///", ("object", "master.images", "//")),
        (HOST, "/a//b/", ("object", "master.images", "a//b/")),
        (HOST, "/%2Fa", ("object", "master.images", "/a")),
        (HOST, "/master.images/key", ("object", "master.images", "master.images/key")),
        (HOST, "/%C3%A9+%20", ("object", "master.images", "é+ ")),
        (HOST, "*", ("bucket", "master.images", "")),
        (f"nothing.{HOST}", "/key", ("object", "nothing.master.images", "key")),
        (DOMAIN, "/", ("service", "", "")),
        (DOMAIN, "/master.images/key", ("object", "master.images", "key")),
        ("127.0.0.1", "/master.images/key", ("object", "master.images", "key")),
        ("other.example.org", "/master.images", ("bucket", "master.images", "")),
        # the authority in the target counts, not Host beside it
        (DOMAIN, f"http://{HOST}/key", ("object", "master.images", "key")),
        (HOST, f"http://{DOMAIN}/other.repo/key", ("object", "other.repo", "key")),
        (HOST, f"https://master.other.{DOMAIN}:443?acl", ("bucket", "master.other", "")),
    ],
)
def test_where_a_request_goes(application, host, target, found):
    request = asked(application, "GET", host, target)
    assert application.locate(request)[:3] == found
    host = request.hosts()[0]
    assert request.has_bucket_in_host == (DOMAIN in host and not host.startswith(DOMAIN))
    assert request.resource.startswith(f"/{found[1]}")


def test_without_a_domain_a_host_tells_nothing(pfs):
    request = asked(application := Application(Context(pfs), "extended"), "GET", HOST, "/a/b")
    assert application.locate(request)[:3] == ("object", "a", "b")


def test_objects_by_host_and_by_path_are_the_same(application):
    assert ask(application, "PUT", HOST, "/b/a", b"content").status == 200
    assert text(ask(application, "GET", DOMAIN, "/master.images/b/a")) == "content"
    assert text(ask(application, "GET", f"IMAGES.{DOMAIN}:80", "/b/a")) == "content"  # short for its master
    assert "<Key>b/a</Key>" in text(ask(application, "GET", HOST, "/?list-type=2"))
    assert "begins with a slash" in text(ask(application, "PUT", HOST, "//a"))  # which no key of ours does
    assert ask(application, "DELETE", HOST, "/b/a").status == 204
    assert ask(application, "HEAD", HOST, "/").status == 200


def test_buckets_are_made_removed_and_located_by_their_host(application):
    host = f"master.fresh.{DOMAIN}:8080"
    made = ask(application, "PUT", host, "/")
    assert (made.status, dict(made.headers)["Location"]) == (200, f"http://{host}/")
    by_path = ask(application, "PUT", DOMAIN, "/dev.fresh")
    assert (by_path.status, dict(by_path.headers)["Location"]) == (200, "/dev.fresh")
    assert ask(application, "DELETE", host, "/").status == 204
    assert ask(application, "HEAD", host, "/").status == 404


def test_a_completed_upload_is_located_by_its_host(application):
    begun = text(ask(application, "POST", HOST, "/dir/%C3%A9?uploads"))
    upload = re.search("<UploadId>(.*)</UploadId>", begun)[1]
    part = ask(application, "PUT", HOST, f"/dir/%C3%A9?uploadId={upload}&partNumber=1", b"part")
    listed = (
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
        f"<ETag>{dict(part.headers)['ETag']}</ETag></Part></CompleteMultipartUpload>"
    ).encode()
    done = ask(application, "POST", HOST, f"/dir/%C3%A9?uploadId={upload}", listed)
    assert f"<Location>http://{HOST}/dir/%C3%A9</Location>" in text(done)
    again = ask(application, "POST", DOMAIN, f"/master.images/dir/%C3%A9?uploadId={upload}", listed)
    assert f"<Location>http://{DOMAIN}/master.images/dir/%C3%A9</Location>" in text(again)


@pytest.mark.parametrize(
    ("host", "target", "status", "code", "resource"),
    [
        (HOST, "/a%20b", 404, "NoSuchKey", "/master.images/a%20b"),
        (f"master.nothing.{DOMAIN}", "/", 404, "NoSuchBucket", "/master.nothing/"),
        (f"a.b.c.d.{DOMAIN}", "/key", 404, "NoSuchBucket", "/a.b.c.d/key"),
        (f"master%2Eimages.{DOMAIN}", "/key", 404, "NoSuchBucket", "/master%2eimages/key"),
        (f".{DOMAIN}", "/", 404, "NoSuchBucket", "//"),
        (f"uploads._s3gw_.{DOMAIN}", "/", 404, "NoSuchBucket", "/uploads._s3gw_/"),
        # a host has no case, a branch has
        (f"Upper.images.{DOMAIN}", "/", 404, "NoSuchBucket", "/upper.images/"),
        (DOMAIN, "/Upper.images/a", 404, "NoSuchKey", "/Upper.images/a"),
    ],
)
def test_errors_name_the_bucket_and_the_key(application, host, target, status, code, resource):
    response = ask(application, "GET", host, target)
    assert response.status == status
    assert f"<Code>{code}</Code>" in text(response)
    assert f"<Resource>{resource}</Resource>" in text(response)


@pytest.fixture(scope="module")
def server(pfs) -> Iterator[GatewayServer]:
    """A server that trusts those who ask it."""
    face = create_app(Context(pfs), "extended", domains=Domains([DOMAIN]))
    with running(face, trusted_proxies=(ip_network("127.0.0.0/8"),)) as started:
        yield started


def send(server: GatewayServer, method: str, target: str, **headers: str) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection(*server.address, timeout=30)
    try:
        connection.request(method, target, headers={n.replace("_", "-"): v for n, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), answer.read().decode()
    finally:
        connection.close()


def test_a_trusted_proxy_tells_the_host_and_the_scheme(server):
    forwarded = {"X_Forwarded_Host": f"master.proxied.{DOMAIN}", "X_Forwarded_Proto": "https"}
    status, headers, _ = send(server, "PUT", "/", Host="inner", X_Forwarded_Port="8443", **forwarded)
    assert (status, headers["Location"]) == (200, f"https://master.proxied.{DOMAIN}:8443/")
    status, headers, _ = send(server, "PUT", "/", Host="inner", X_Forwarded_Port="443", **forwarded)
    assert (status, headers.get("Location")) == (409, None)
    assert send(server, "GET", f"http://{DOMAIN}/", Host="inner", **forwarded)[0] == 200


def test_boto3_puts_the_bucket_into_the_host(server, monkeypatch):
    real = socket.getaddrinfo
    asked: set[str] = set()

    def here(host: str, *rest: object, **options: object):
        asked.add(host)
        return real("127.0.0.1", *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", here)
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{DOMAIN}:{server.address[1]}",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "virtual"}, retries={"total_max_attempts": 1}),
    )
    client.create_bucket(Bucket="master.boto")
    client.put_object(Bucket="master.boto", Key="a/b c", Body=b"x")
    client.upload_fileobj(io.BytesIO(bytes(9 << 20)), "master.boto", "large")
    client.copy_object(Bucket="master.boto", Key="copy", CopySource="master.boto/large")
    assert client.get_object(Bucket="master.boto", Key="a/b c")["Body"].read() == b"x"
    assert client.head_object(Bucket="master.boto", Key="copy")["ContentLength"] == 9 << 20
    keys = [entry["Key"] for entry in client.list_objects_v2(Bucket="master.boto")["Contents"]]
    assert keys == ["a/b c", "copy", "large"]
    client.delete_objects(Bucket="master.boto", Delete={"Objects": [{"Key": key} for key in keys]})
    client.delete_bucket(Bucket="master.boto")
    assert "master.boto" not in [found["Name"] for found in client.list_buckets()["Buckets"]]
    assert asked == {DOMAIN, f"master.boto.{DOMAIN}"}


def test_the_options_of_the_command_line(tmp_path):
    options = ["--profile", "extended", "--domain", f"{DOMAIN},s3.internal"]
    with serving(tmp_path, *options, S3GW_TRUSTED_PROXY="127.0.0.0/8, ::1") as gateway:
        headers = {"Host": "master.cli.s3.internal", "X-Forwarded-For": "198.51.100.7"}
        answer = gateway.request("PUT", "/", headers=headers)
        assert answer.status == 200
        line = gateway.log_line(answer.headers["x-amz-request-id"])
        assert " CreateBucket master.cli PUT 200 " in line
        assert " 198.51.100.7 " in line


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--domain", DOMAIN], "s3gw: --domain is not of the profile classic: add --profile extended"),
        (["--profile", "extended", "--domain", "s3.example.com:443"], "is no domain: write a name"),
        (["--trusted-proxy", "10.0.0.1/8"], "10.0.0.1/8 has host bits set: write 10.0.0.0/8, or an address"),
        (["--trusted-proxy", "unix"], "write 10.0.0.0/8, or an address"),
    ],
)
def test_an_option_that_cannot_be_is_refused_in_one_line(tmp_path, options, said, capfd):
    from s3gw.cli import main

    try:
        status = main(["serve", "--pfs", f"embedded:{tmp_path}", *options])
    except SystemExit as error:
        status = error.code
    complaint = capfd.readouterr().err
    assert (status, len(complaint.splitlines())) == (2, 1)
    assert said in complaint


def test_explain_knows_hosts(capsys):
    from s3gw.cli import main

    url = f"https://{HOST}/a.png?tagging"
    main(["explain", "PUT", url, "--domain", DOMAIN, "--profile", "extended"])
    told = capsys.readouterr().out
    assert re.search(r"^bucket +master\.images$", told, re.MULTILINE)
    assert re.search(r"^key +a\.png$", told, re.MULTILINE)
