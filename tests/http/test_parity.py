"""One way for every request: lane, thread, Falcon in our server, and Falcon under plain waitress answer the same.

Each request of the table is sent to four servers over the same data: our own, which takes what it can by
its lanes; our own over a PFS that is not quick, so that those are answered in threads; our own where all go
through WSGI; and waitress as it comes. What they answer is
compared byte by byte, but for what is a server's own (Date, Server, ids, and what waitress makes of the
spelling of ETag and of the order of headers).
"""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from waitress.server import create_server

from s3gw.context import Context
from s3gw.generated import errors
from s3gw.generated.routes import PROFILES
from s3gw.http.wsgi import Face, create_app
from s3gw.pfs import interface
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch, BranchInfo, WouldWait
from tests.forms import CONTENT_TYPE, form, policy
from tests.sdk import model, sdk_request
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
        if operation.name in model().operation_names and operation.name != "DeleteBucket":
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


def table_of_errors() -> Iterator[Sent]:
    """What PFS itself refuses, and bodies that break their promises."""
    for row in sorted(errors.PFS_ERRORS["classic"], key=lambda error: error.__name__):
        if row is not WouldWait:
            yield Sent("GET", f"/{row.__name__}.raises?location")
            yield Sent("HEAD", f"/{row.__name__}.raises")
    yield Sent("GET", "/RuntimeError.raises?location")
    framed = {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}
    announced = {**framed, "x-amz-trailer": "x-amz-checksum-crc32"}
    target = f"/{BUCKET}/framed"
    yield Sent("PUT", target, b"3\r\nfoo\r\n0\r\n\r\n", framed)
    yield Sent("PUT", target, b"3\r\nfoo\r\n", framed)
    yield Sent("PUT", target, b"x\r\n", framed)
    yield Sent("PUT", target, b"3\r\nfoo\r\n0\r\n\r\n", announced)
    yield Sent("PUT", target, b"3\r\nfoo\r\n0\r\nx-amz-checksum-crc32:jHNlIQ==\r\n\r\n", announced)
    yield Sent("PUT", target, b"3\r\nfoo\r\n0\r\nx-amz-checksum-crc32:!\r\n\r\n", announced)
    yield Sent("PUT", target)
    yield Sent("POST", f"/{BUCKET}?delete", b" " * (5 << 20))
    yield Sent("GET", f"/{BUCKET}/a?partNumber=2")
    yield Sent("PUT", f"/{BUCKET}/a?x-amz-acl=private", SMALL, {"x-amz-acl": "public-read"})
    yield Sent("DELETE", f"/{BUCKET}/a?versionId=")


def table_of_extended() -> Iterator[Sent]:
    """What the profile extended has, and answers otherwise."""
    for operation in PROFILES["extended"].operations:
        if operation.support and operation.method == "GET" and "classic" not in operation.served_in:
            request = sdk_request(operation.name, BUCKET, "a")
            yield Sent(request.method, request.target, request.body, request.headers)
    yield Sent("GET", f"/{BUCKET}?abac")
    yield Sent("PUT", f"/{BUCKET}/a?acl", b"", {"x-amz-acl": "private"})
    yield Sent("PUT", f"/{BUCKET}/a?acl&x-amz-acl=public-read", b"")
    yield Sent("PUT", f"/{BUCKET}/a?acl", b"")
    acl = b"<AccessControlPolicy><Owner><ID>0</ID></Owner><AccessControlList/></AccessControlPolicy>"
    yield Sent("PUT", f"/{BUCKET}?acl", acl)
    yield Sent("PUT", f"/{BUCKET}?acl", acl, {"x-amz-acl": "private"})
    yield Sent("PUT", f"/{BUCKET}?versioning", b"<VersioningConfiguration/>")
    yield Sent("PUT", f"/{BUCKET}/a", SMALL, {"x-amz-meta-large": "m" * 2048})
    yield Sent("PUT", f"/{BUCKET}/a", SMALL, {"x-amz-tagging": f"{'k' * 129}=v"})
    yield Sent("DELETE", f"/{BUCKET}?s3gw-session=1")
    yield Sent("PUT", "/OutputBranch.raises/a", SMALL)
    yield Sent("GET", "/OutputBranch.raises?location")
    yield Sent("GET", f"/{BUCKET}/a")
    range_of_sizes = [{"bucket": BUCKET}, {"key": "a"}, ["content-length-range", 6, 7]]
    for body in (
        form({"key": "a"})[:-9],
        form({"key": "a", "x-amz-meta-long": "x" * 30_000}),
        form({"key": "a", "policy": "none"}),
        form({"key": "a", "policy": policy([{"key": "a"}])}),
        form({"key": "a", "policy": policy(range_of_sizes)}),
        form({"key": "a", "policy": policy(range_of_sizes)}, LARGE),
    ):
        yield Sent("POST", f"/{BUCKET}", body, {"Content-Type": CONTENT_TYPE})
    yield Sent("POST", f"/{BUCKET}", b"", {"Content-Type": "text/plain"})
    for headers in (
        {},
        {"Origin": "http://a"},
        {"Origin": "http://a", "Access-Control-Request-Method": "PUT"},
    ):
        yield Sent("OPTIONS", f"/{BUCKET}/a", None, headers)


WAYS = ("lanes", "threads", "falcon", "waitress")


class RaisingPFS(EmbeddedPFS):
    """Its branches of the repo `raises` raise what they are called."""

    def inspect_branch(self, branch: Branch) -> BranchInfo:
        if branch.repo != "raises":
            return super().inspect_branch(branch)
        raise getattr(interface, branch.name, RuntimeError)("As it is called.")


@contextmanager
def servers_of(folder: Path, profile: str) -> Iterator[dict[str, int]]:
    """The ports of four servers, each over a PFS of its own that holds the same."""
    with ExitStack() as stack:
        found = {}
        for name in WAYS:
            pfs = RaisingPFS(folder / name, "process")
            stack.callback(pfs.close)
            pfs.create_branch(Branch("images", "master"))
            pfs.is_quick = name != "threads"
            face = create_app(Context(pfs), profile)
            if name == "waitress":
                found[name] = stack.enter_context(plain_waitress(face))
            else:
                if name == "falcon":
                    face.application.route = lambda _request: None  # type: ignore[method-assign]
                server = stack.enter_context(running(face))
                server.ids.host = "s3gw"  # so that documents are as long as under any server
                found[name] = server.address[1]
            for key, body in (("a", SMALL), ("large", LARGE)):
                assert answered(found[name], Sent("PUT", f"/{BUCKET}/{key}", body))[0] == 200
        yield found


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    with servers_of(tmp_path_factory.mktemp("classic"), "classic") as found:
        yield found


@pytest.fixture(scope="module")
def extended_ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    with servers_of(tmp_path_factory.mktemp("extended"), "extended") as found:
        yield found


@contextmanager
def plain_waitress(face: Face) -> Iterator[int]:
    """Waitress as it comes; gives its port."""
    server: Any = create_server(face, host="127.0.0.1", port=0, threads=2)
    threading.Thread(target=server.run, daemon=True).start()
    yield int(server.effective_port)
    server.close()


_OF_SERVER = ("connection", "date", "server", "via")
_IDS = re.compile(rb"<RequestId>[0-9A-F]{16}</RequestId>")
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
    assert re.fullmatch("[0-9A-F]{16}", response.headers["x-amz-request-id"])
    varying = {"X-Amz-Request-Id": "ID", "X-Amz-Version-Id": "ID", "Last-Modified": "TIME"}
    kept = [(n, varying.get(n, value)) for n, value in headers if n.lower() not in _OF_SERVER]
    return response.status, kept, body


def compare(ports: dict[str, int], sent: Sent) -> None:
    lanes, threads, falcon, plain = (answered(ports[name], sent) for name in WAYS)
    assert threads == falcon == lanes
    status, headers, body = lanes
    # waitress sorts headers, and writes every word of a name with one capital
    assert plain == (status, sorted((name.replace("ETag", "Etag"), v) for name, v in headers), body)


@pytest.mark.parametrize("sent", [*table(), *table_of_errors()], ids=str)
def test_every_way_gives_the_same_answer(ports, sent):
    compare(ports, sent)


@pytest.mark.parametrize("sent", list(table_of_extended()), ids=str)
def test_every_way_gives_the_same_answer_in_extended(extended_ports, sent):
    compare(extended_ports, sent)


def test_the_tables_have_nearly_every_error(ports, extended_ports):
    """The others are a server's own, or need two writers at once, an upload in parts, or a signature that is asked for."""
    answers = [answered(ports["lanes"], sent)[2] for sent in (*table(), *table_of_errors())]
    answers += [answered(extended_ports["lanes"], sent)[2] for sent in table_of_extended()]
    seen = {code.decode() for body in answers for code in re.findall(rb"<Code>(\w+)</Code>", body)}
    known = {code for code in dir(errors) if isinstance(getattr(errors, code), errors.ErrorKind)}
    assert known - seen == {
        "AuthorizationHeaderMalformed",
        "AuthorizationQueryParametersError",
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidPart",
        "InvalidPartOrder",
        "InvalidToken",
        "OperationAborted",
        "RequestHeaderSectionTooLarge",
        "RequestTimeTooSkewed",
        "RequestTimeout",
        "SignatureDoesNotMatch",
    }
