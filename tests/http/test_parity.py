"""One way for every request: lane, Falcon in our server, and Falcon under plain waitress answer the same.

Each request of the table is sent to three servers over the same data: our own, which takes what it can by
its lanes; our own without lanes, so that all go through WSGI; and waitress as it comes. What they answer is
compared byte by byte, but for what is a server's own (Date, Server, ids, and what waitress makes of the
spelling of ETag and of the order of headers).
"""

from __future__ import annotations

import http.client
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from waitress.server import create_server

from s3gw.context import Context
from s3gw.generated.routes import PROFILES
from s3gw.http.wsgi import Face, create_app
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch
from tests.sdk import sdk_request
from tests.server.in_process import running

BUCKET = "master.images"
ETAG = '"acbd18db4cc2f85cedef654fccc4a4d8"'
SMALL = b"foo"
LARGE = bytes(range(256)) * 1024


@dataclass(frozen=True)
class Sent:
    """A request of the table."""

    method: str
    target: str
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.target[:60]} {' '.join(self.headers)}"


def table() -> Iterator[Sent]:
    """Each operation as the SDK sends it, then each kind of answer and of error."""
    for operation in PROFILES["classic"].operations:
        if operation.name not in ("PostObject", "CorsPreflight", "DeleteBucket"):
            request = sdk_request(operation.name, BUCKET, "sdk")
            yield Sent(request.method, request.target, request.body, request.headers)
    yield Sent("OPTIONS", f"/{BUCKET}/a")
    a, large, copy = f"/{BUCKET}/a", f"/{BUCKET}/large", f"/{BUCKET}/b"
    for method in ("GET", "HEAD"):
        for headers in (
            {},
            {"Range": "bytes=0-0"},
            {"Range": "bytes=9-"},
            {"Range": "bytes=-2"},
            {"If-None-Match": ETAG},
            {"If-Match": "x"},
            {"If-Unmodified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"},
            {"x-amz-server-side-encryption-customer-key": "k"},
        ):
            yield Sent(method, a, None, headers)
            yield Sent(method, large, None, headers)
        for target in (
            f"{a}?response-content-type=text%2Fcsv&response-cache-control=no-store",
            f"{a}?response-content-type=a%0D%0Ab",
            f"{a}?partNumber=1",
            f"{a}?partNumber=x",
            f"{a}?versionId=v",
            f"{a}?acl",
            f"{a}/",
            f"/{BUCKET}/{'k' * 1025}",
            f"/{BUCKET}/%zz",
            f"/{BUCKET}/none",
            f"/{BUCKET}?list-type=2&max-keys=x",
            f"/{BUCKET}?acl&policy",
            "/no.where",
            "/no.where/a",
            "/foo/a",
            "/",
        ):
            yield Sent(method, target)
    for headers in (
        {},
        {"x-amz-checksum-crc32": "jHNlIQ=="},
        {"x-amz-checksum-crc32": "AAAAAA=="},
        {"x-amz-checksum-sha1": "x"},
        {"Content-MD5": "x"},
        {"x-amz-content-sha256": "0" * 64},
        {"x-amz-sdk-checksum-algorithm": "CRC32"},
        {"If-None-Match": "*"},
        {"If-Match": '"x"'},
        {"x-amz-copy-source": "b.r/o"},
        {"x-amz-object-lock-mode": "GOVERNANCE"},
    ):
        yield Sent("PUT", copy, SMALL, headers)
        yield Sent("PUT", f"{copy}l", LARGE, headers)
    for method, target, body in (
        ("PUT", f"/{BUCKET}/no*path", SMALL),
        ("PUT", f"/{BUCKET}/a/b", SMALL),
        ("PUT", "/foo/a", SMALL),
        ("PUT", f"{copy}?unheard-of", SMALL),
        ("PUT", f"{copy}?uploadId=1", SMALL),
        ("PUT", f"/{BUCKET}", None),
        ("PUT", "/foo", None),
        ("PUT", "/new.bucket", b"<CreateBucketConfiguration/>"),
        ("PUT", "/far.bucket", b"<CreateBucketConfiguration><LocationConstraint>eu</LocationConstraint></CreateBucketConfiguration>"),
        ("POST", f"/{BUCKET}?delete", b"<Delete><Object><Key>x</Key></Object></Delete>"),
        ("POST", f"/{BUCKET}?delete", b"<Delete><Object><Key>a<x/></Key></Object></Delete>"),
        ("POST", f"/{BUCKET}?delete", None),
        ("POST", "/", b""),
        ("POST", f"/{BUCKET}/a", b""),
        ("DELETE", f"{copy}?versionId=v", None),
        ("DELETE", copy, None),
        ("DELETE", copy, None),
        ("DELETE", f"/{BUCKET}", None),
        ("PATCH", a, b""),
        ("BREW", "/", None),
    ):  # fmt: skip
        yield Sent(method, target, body)


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """The three servers, each over a PFS of its own that holds the same."""
    with ExitStack() as stack:
        found = {}
        for name in ("lanes", "falcon", "waitress"):
            pfs = EmbeddedPFS(tmp_path_factory.mktemp(name) / "pfs", "process")
            stack.callback(pfs.close)
            pfs.create_branch(Branch("images", "master"))
            face = create_app(Context(pfs))
            if name == "waitress":
                found[name] = stack.enter_context(plain_waitress(face))
            else:
                if name == "falcon":
                    face.application.route = lambda _request: None  # type: ignore[method-assign]
                found[name] = stack.enter_context(running(face)).address[1]
            for key, body in (("a", SMALL), ("large", LARGE)):
                assert answered(found[name], Sent("PUT", f"/{BUCKET}/{key}", body))[0] == 200
        yield found


@contextmanager
def plain_waitress(face: Face) -> Iterator[int]:
    """Waitress as it comes; gives its port."""
    server: Any = create_server(face, host="127.0.0.1", port=0, threads=2)
    threading.Thread(target=server.run, daemon=True).start()
    yield int(server.effective_port)
    server.close()


_OF_SERVER = ("connection", "date", "server", "via", "x-amz-id-2", "x-amz-request-id")
_IDS = re.compile(rb"<(RequestId|HostId)>[^<]*</\1>")
_TIMES = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.000Z")


def answered(port: int, sent: Sent) -> tuple[int, list[tuple[str, str]], bytes]:
    """Send a request: the status, the headers that are no server's own, the body without ids and times."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.putrequest(sent.method, sent.target, skip_accept_encoding=True)
        length = {} if sent.body is None else {"Content-Length": str(len(sent.body))}
        for name, value in {**sent.headers, **length}.items():
            connection.putheader(name, value)
        connection.endheaders(sent.body)
        response = connection.getresponse()
        headers = response.getheaders()
        body = _TIMES.sub(b"TIME", _IDS.sub(b"", response.read()))
    finally:
        connection.close()
    names = {name.lower() for name, _ in headers}
    assert {"x-amz-id-2", "x-amz-request-id"} <= names
    length = [value for name, value in headers if name == "Content-Length"]
    kept = sorted(
        (name.replace("Etag", "ETag"), value if name != "Last-Modified" else "TIME")
        for name, value in headers
        if name.lower() not in _OF_SERVER and name != "Content-Length"
    )
    # the ids in a document have lengths of their own
    return response.status, [*kept, ("Content-Length", "some" if length else "none")], body


@pytest.mark.parametrize("sent", list(table()), ids=str)
def test_every_way_gives_the_same_answer(ports, sent):
    answers = {name: answered(port, sent) for name, port in ports.items()}
    assert answers["falcon"] == answers["lanes"]
    assert answers["waitress"] == answers["lanes"]


def test_names_of_headers_are_spelled_as_everywhere(ports):
    for name, port in ports.items():
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(
                f"PUT /{BUCKET}/c HTTP/1.1\r\nHost: x\r\nx-amz-checksum-crc32: jHNlIQ==\r\n"
                "Content-Length: 3\r\nConnection: close\r\n\r\nfoo".encode()
            )
            head = b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n\r\n")[0]
        names = {line.partition(b":")[0] for line in head.split(b"\r\n")[1:]}
        # waitress itself writes every word with one capital
        etag = b"Etag" if name == "waitress" else b"ETag"
        assert {etag, b"X-Amz-Checksum-Crc32", b"X-Amz-Id-2", b"X-Amz-Request-Id", b"Content-Length"} <= names
