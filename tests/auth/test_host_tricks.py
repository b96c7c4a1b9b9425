"""A signature for one host is none for another, whoever names it: Host, a target, a proxy."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import ip_network
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from s3gw.addressing.hosts import Domains
from s3gw.auth.keyring import Keyring
from s3gw.context import Context
from s3gw.http.wsgi import create_app
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch, Put
from s3gw.server._server import GatewayServer
from tests.keyring import SECRETS, keyring_in
from tests.server.in_process import running

DOMAIN = "s3.example.com"
PORT = 8443  # at which clients ask, whatever that of the server is
A, B, PUBLIC = (f"master.{name}.{DOMAIN}:{PORT}" for name in ("a", "b", "public-p"))


@pytest.fixture(scope="module")
def face(tmp_path_factory):
    """An application whose buckets hold an object `k` each, which is the name of the repo."""
    folder = tmp_path_factory.mktemp("tricks")
    pfs = EmbeddedPFS(folder / "pfs", "process")
    for repo in ("a", "b", "public-p"):
        branch = Branch(repo, "master")
        pfs.create_branch(branch)
        with pfs.stage(branch, "k") as staging:
            staging.write(repo.encode())
            pfs.change(branch, [Put("k", staging.finish())])
    authority = Keyring(keyring_in(folder))
    yield create_app(Context(pfs), "extended", authority=authority, domains=Domains([DOMAIN]))
    pfs.close()


@pytest.fixture(scope="module")
def server(face) -> Iterator[GatewayServer]:
    """A server that believes nobody."""
    with running(face) as started:
        yield started


@pytest.fixture(scope="module")
def behind(face) -> Iterator[GatewayServer]:
    """A server that believes who asks it."""
    with running(face, trusted_proxies=(ip_network("127.0.0.0/8"),)) as started:
        yield started


def signed(bucket: str, *, version: str = "s3v4", style: str = "virtual") -> tuple[str, str]:
    """Sign a GET of `k` in a bucket; the host and the target."""
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{DOMAIN}:{PORT}",
        aws_access_key_id="READER",
        aws_secret_access_key=SECRETS["reader"],
        region_name="us-east-1",
        config=Config(signature_version=version, s3={"addressing_style": style}),
    )
    url = urlsplit(client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"}))
    return url.netloc, f"{url.path}?{url.query}"


def ask(server: GatewayServer, host: str, target: str, *fields: str) -> tuple[int, str]:
    """Send a GET as it stands; the status, and the code of an error or the content."""
    head = "\r\n".join([f"GET {target} HTTP/1.1", f"Host: {host}", "Connection: close", *fields, "", ""])
    with socket.create_connection(server.address, timeout=30) as connection:
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    body = answer.partition("\r\n\r\n")[2]
    return int(answer.split()[1]), body.partition("<Code>")[2].partition("</Code>")[0] or body


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_signature_is_for_its_own_host(server, version):
    host, target = signed("master.a", version=version)
    assert host == A
    assert ask(server, A, target) == (200, "a")
    wrong = (403, "SignatureDoesNotMatch")
    assert ask(server, B, target) == wrong
    assert ask(server, A, f"http://{B}{target}") == wrong  # the target counts, not Host
    assert ask(server, B, f"http://{A}{target}") == (200, "a")
    assert ask(server, DOMAIN, f"/master.b{target}") == wrong
    assert ask(server, A, f"http://{A}@{B}{target}") == (400, "InvalidURI")
    assert ask(server, A, f"http://{target}") == (400, "InvalidURI")
    assert ask(server, f"{A}, {B}", target)[0] == 400
    assert ask(server, A, target, f"Host: {B}")[0] == 400


def test_a_path_is_no_host(server):
    host, target = signed("master.a", style="path")
    assert ask(server, host, target) == (200, "a")
    assert ask(server, host, target.replace("master.a", "master.b")) == (403, "SignatureDoesNotMatch")
    assert ask(server, B, target.replace("/master.a", "")) == (403, "SignatureDoesNotMatch")


def test_version_2_signs_the_bucket_wherever_it_stands(server):
    """It signs no host, so that a host and a path that name the same are the same."""
    _, target = signed("master.a", version="s3")
    assert ask(server, DOMAIN, f"/master.a{target}") == (200, "a")


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_proxy_tells_the_host_that_was_signed(server, behind, version):
    _, target = signed("master.a", version=version)
    forwarded = f"X-Forwarded-Host: {A}"
    assert ask(behind, "inner:30600", target, forwarded) == (200, "a")
    assert ask(server, "inner:30600", target, forwarded)[0] in (403, 404)
    # whose word does not count changes nothing
    assert ask(server, A, target, f"X-Forwarded-Host: {B}") == (200, "a")
    # a client's own, passed on by a proxy: it names another bucket, for which nothing is signed
    assert ask(behind, A, target, f"X-Forwarded-Host: {B}") == (403, "SignatureDoesNotMatch")
    assert ask(behind, B, target, f"X-Forwarded-Host: {A}, {B}") == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize(
    ("host", "fields"),
    [
        (A.partition(":")[0], [f"X-Forwarded-Port: {PORT}"]),
        ("inner", [f"X-Forwarded-Host: {A.partition(':')[0]}", f"X-Forwarded-Port: {PORT}"]),
        (A, [f"X-Forwarded-Host: {A.partition(':')[0]}"]),
    ],
)
def test_a_proxy_may_tell_the_port_that_was_signed_apart(behind, host, fields):
    _, target = signed("master.a")
    assert ask(behind, host, target, *fields) == (200, "a")


@pytest.mark.parametrize(
    "host", [A, f"nothing.{A}", f"master%2Ea.{DOMAIN}", f".{DOMAIN}", f"uploads._s3gw_.{DOMAIN}"]
)
def test_without_a_signature_no_host_tells_whether_a_bucket_is_there(server, host):
    assert ask(server, host, "/k") == (403, "AccessDenied")
    assert ask(server, host, "/") == (403, "AccessDenied")


def test_what_is_public_is_so_by_its_host_and_nothing_else_through_it(server):
    assert ask(server, PUBLIC, "/k") == (200, "public-p")
    assert ask(server, PUBLIC, "/../master.a/k") == (404, "NoSuchKey")
    assert ask(server, PUBLIC, f"http://{A}/k") == (403, "AccessDenied")
    assert ask(server, f"master%2Epublic-p.{DOMAIN}", "/k") == (403, "AccessDenied")
    assert ask(server, f"x.{PUBLIC}", "/k") == (403, "AccessDenied")
