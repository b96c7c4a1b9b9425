"""Bytes on the socket: errors as S3's XML, connections that stay open, bodies that stream."""

from __future__ import annotations

import re
import socket
from contextlib import closing

import pytest

BIG = 300_000  # is streamed; smaller bodies are received by waitress's loop


class Connection:
    """A raw connection that can tell one response from the next."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(source, 0))
        self._held = b""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def until(self, mark: bytes) -> bytes:
        while mark not in self._held:
            more = self.socket.recv(65536)
            if not more:
                raise EOFError(self._held)
            self._held += more
        part, self._held = self._held.split(mark, 1)
        return part + mark

    def response(self, *, head_only: bool = False) -> tuple[int, dict[str, str], bytes]:
        head = self.until(b"\r\n\r\n").decode("latin-1")
        status = int(head.split()[1])
        headers = {k.lower(): v for k, v in re.findall(r"^([^:\r\n]+): (.*?)\r$", head, re.MULTILINE)}
        length = 0 if head_only or status in (100, 204, 304) else int(headers.get("content-length", 0))
        held = bytearray(self._held)
        while len(held) < length:
            held += self.socket.recv(1 << 20)
        body, self._held = bytes(held[:length]), bytes(held[length:])
        return status, headers, body

    def at_end(self) -> bool:
        return not self._held and self.socket.recv(1) == b""

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def connection(gateway):
    with closing(Connection(gateway.port)) as connection:
        yield connection


def put_head(bucket: str, length: int, key: str = "a", extra: str = "") -> bytes:
    return f"PUT /{bucket}/{key} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n{extra}\r\n".encode()


def get(bucket: str, key: str = "a", method: str = "GET", extra: str = "") -> bytes:
    return f"{method} /{bucket}/{key} HTTP/1.1\r\nHost: x\r\n{extra}\r\n".encode()


@pytest.mark.parametrize(
    ("request_bytes", "status", "code"),
    [
        (b"nonsense\r\n\r\n", 400, b"BadRequest"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n", 400, b"BadRequest"),
        (b"get / HTTP/1.1\r\nHost: x\r\n\r\n", 400, b"BadRequest"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", 400, b"BadRequest"),
        (
            b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 100_000 + b"\r\n\r\n",
            400,
            b"RequestHeaderSectionTooLarge",
        ),
        (b"PUT /b.r/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 400, b"BadRequest"),
        (b"PUT /b.r/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400, b"BadRequest"),
        (b"PATCH / HTTP/1.1\r\nHost: x\r\n\r\n", 405, b"MethodNotAllowed"),
        (b"GET foo HTTP/1.1\r\nHost: x\r\n\r\n", 400, b"InvalidURI"),
    ],
)
def test_what_is_no_valid_request_is_answered_in_s3_xml(gateway, request_bytes, status, code):
    answer = gateway.raw(request_bytes)
    assert answer.startswith(b"HTTP/1.")
    assert int(answer.split()[1]) == status
    assert b"<Code>" + code + b"</Code>" in answer
    request_id = re.search(rb"(?i)x-amz-request-id: ([0-9A-F]{16})", answer)[1]
    assert b"<RequestId>" + request_id + b"</RequestId>" in answer
    assert re.search(rb"(?i)x-amz-id-2: \S+", answer)


def test_every_answer_carries_ids_of_its_own(connection, bucket):
    seen = set()
    for request in (
        get(bucket),
        get(bucket, method="HEAD"),
        put_head(bucket, 0),
        get(bucket, method="DELETE"),
    ):
        connection.send(request)
        _, headers, _ = connection.response(head_only=request.startswith(b"HEAD"))
        assert headers["x-amz-id-2"]
        seen.add(headers["x-amz-request-id"])
    assert len(seen) == 4


def test_a_connection_stays_open_after_every_kind_of_answer(connection, bucket):
    connection.send(put_head(bucket, 3) + b"abc")
    assert connection.response()[0] == 200
    etag = None
    for request, status in [
        (get(bucket), 200),
        (get(bucket, method="HEAD"), 200),
        (get(bucket, extra="If-None-Match: *\r\n"), 304),
        (get(bucket, "missing"), 404),
        (get(bucket, "missing", method="HEAD"), 404),
        (get(bucket, method="DELETE"), 204),
        (put_head(bucket, 3, extra="x-amz-tagging-count: 1\r\n").replace(b"/a ", b"/a?tagging "), 501),
    ]:
        connection.send(request + (b"abc" if request.startswith(b"PUT") else b""))
        found, headers, _ = connection.response(head_only=request.startswith(b"HEAD"))
        assert found == status
        assert "connection" not in headers
        etag = headers.get("etag", etag)
    assert etag


@pytest.mark.parametrize(
    "head",
    [
        "HEAD /b.r/a b HTTP/1.1\r\n",
        "HEAD /b.r HTTP/1.1\r\nbad name: x\r\n",
        f"HEAD /b.r HTTP/1.1\r\na: {'x' * 70_000}\r\n",
    ],
)
def test_a_head_that_cannot_be_read_has_no_body_either(gateway, head):
    answer = gateway.raw(f"{head}Host: x\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.endswith(b"\r\n\r\n")


def test_an_error_of_a_head_has_no_body(connection, bucket):
    connection.send(get(bucket, "missing", method="HEAD") + get(bucket, "missing"))
    assert connection.response(head_only=True)[0] == 404
    assert connection.response()[0] == 404


def test_http_1_0_and_connection_close(gateway, bucket):
    assert b"Connection: close" in gateway.raw(f"GET /{bucket} HTTP/1.0\r\n\r\n".encode())
    kept = gateway.raw(f"GET /{bucket} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n".encode())
    assert b"Connection: keep-alive" in kept
    assert b"Connection: close" in gateway.raw(
        f"GET /{bucket} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    )


def test_pipelined_requests_are_answered_in_their_order(connection, bucket):
    big = b"B" * BIG
    connection.send(
        put_head(bucket, 5) + b"small" + get(bucket) + put_head(bucket, BIG) + big + get(bucket)
        + put_head(bucket, BIG, "c", "Transfer-Encoding: chunked\r\n").replace(b"Content-Length: 300000\r\n", b"")
        + b"%x\r\n%s\r\n0\r\n\r\n" % (BIG, big) + get(bucket, "c") + get(bucket, "missing")
    )  # fmt: skip
    answers = [connection.response() for _ in range(7)]
    assert [status for status, _, _ in answers] == [200, 200, 200, 200, 200, 200, 404]
    assert [answers[1][2], answers[3][2], answers[5][2]] == [b"small", big, big]


@pytest.mark.parametrize("length", [5, BIG])
def test_continue_is_said_only_when_the_body_is_wanted(connection, bucket, length):
    expect = "Expect: 100-continue\r\n"
    connection.send(put_head(bucket, length, extra=expect))
    assert connection.response()[0] == 100
    connection.send(b"x" * length)
    assert connection.response()[0] == 200
    connection.send(put_head("no.where", length, extra=expect))
    status, headers, _ = connection.response()
    assert (status, headers["connection"]) == (404, "close")
    assert connection.at_end()


@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [
        ("/{bucket}/a?tagging", "", 501),
        ("/{bucket}/a?uploads", "", 405),
        ("/{bucket}/a?uploadId=u&partNumber=1", "", 501),
        ("/no.where/a", "", 404),
        ("/{bucket}/a+b", "", 400),
        ("/{bucket}/a", "If-Match: *\r\n", 404),
        ("/{bucket}/a", "Content-MD5: x\r\n", 400),
    ],
)
def test_what_is_refused_is_refused_before_the_body_arrives(connection, bucket, target, headers, status):
    head = f"PUT {target.format(bucket=bucket)} HTTP/1.1\r\nHost: x\r\nContent-Length: {1 << 40}\r\n{headers}\r\n"
    connection.send(head.encode())
    answer, fields, _ = connection.response()
    assert (answer, fields["connection"]) == (status if status != 405 else 501, "close")


def test_a_client_that_sends_on_still_reads_the_refusal(connection):
    connection.send(put_head("no.where", 30_000_000))
    for _ in range(300):
        connection.send(bytes(100_000))
    assert connection.response()[0] == 404


def test_a_refused_body_that_is_short_leaves_the_connection_open(connection, bucket):
    connection.send(put_head("no.where", BIG) + bytes(BIG) + get(bucket, "missing"))
    assert [connection.response()[0], connection.response()[0]] == [404, 404]


@pytest.mark.parametrize("length", [10, BIG])
def test_a_body_that_ends_early_is_incomplete_and_commits_nothing(gateway, bucket, length):
    gateway.request("PUT", f"/{bucket}/a", b"kept")
    for extra in ("", "Expect: 100-continue\r\n"):
        answer = gateway.raw(put_head(bucket, length, extra=extra) + b"part")
        assert b"HTTP/1.1 400 " in answer
        assert b"<Code>IncompleteBody</Code>" in answer
    assert gateway.request("GET", f"/{bucket}/a").body == b"kept"


def test_a_client_that_vanishes_commits_nothing(gateway, bucket):
    gateway.request("PUT", f"/{bucket}/a", b"kept")
    for length in (100, BIG):
        with closing(Connection(gateway.port)) as connection:
            connection.send(put_head(bucket, length) + b"part")
    assert gateway.request("GET", f"/{bucket}/a").body == b"kept"


CHUNKS = [b"a" * 10, b"b" * 100_000, b"c" * 400_000]


def test_chunked_transfer_encoding(connection, bucket):
    head = put_head(bucket, 0, extra="Transfer-Encoding: chunked\r\n").replace(b"Content-Length: 0\r\n", b"")
    connection.send(
        head + b"".join(b"%X;x=y\r\n%s\r\n" % (len(c), c) for c in CHUNKS) + b"0\r\nTrailer: x\r\n\r\n"
    )
    assert connection.response()[0] == 200
    connection.send(get(bucket))
    assert connection.response()[2] == b"".join(CHUNKS)


def test_a_put_that_announces_no_body_at_all_is_refused(gateway, bucket):
    gateway.request("PUT", f"/{bucket}/a", b"kept")
    answer = gateway.raw(put_head(bucket, 0).replace(b"Content-Length: 0\r\n", b""))
    assert answer.startswith(b"HTTP/1.1 411 ")
    assert b"<Code>MissingContentLength</Code>" in answer
    assert gateway.request("GET", f"/{bucket}/a").body == b"kept"


@pytest.mark.parametrize("end", [b"", b"5\r\nab", b"x\r\n", b"5\r\nabcdefg\r\n0\r\n\r\n", b"-1\r\n\r\n"])
def test_broken_chunks_commit_nothing(gateway, bucket, end):
    head = put_head(bucket, 0, extra="Transfer-Encoding: chunked\r\n").replace(b"Content-Length: 0\r\n", b"")
    answer = gateway.raw(head + b"3\r\nabc\r\n" + end)
    assert not answer.startswith(b"HTTP/1.1 200")
    assert gateway.request("GET", f"/{bucket}/a").status == 404


def test_many_slow_uploads_do_not_keep_reads_waiting(gateway, bucket):
    gateway.request("PUT", f"/{bucket}/a", b"read")
    slow = [Connection(gateway.port) for _ in range(20)]
    try:
        for number, connection in enumerate(slow):
            connection.send(put_head(bucket, BIG, f"slow-{number}") + b"begun")
        for _ in range(10):
            assert gateway.request("GET", f"/{bucket}/a").body == b"read"
        for connection in slow:
            connection.send(b"x" * (BIG - 5))
        assert [connection.response()[0] for connection in slow] == [200] * 20
    finally:
        for connection in slow:
            connection.close()


def test_a_slow_reader_gets_everything(gateway, bucket):
    body = bytes(range(256)) * 10_000
    gateway.request("PUT", f"/{bucket}/a", body)
    with closing(Connection(gateway.port)) as connection:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.send(get(bucket))
        assert connection.response()[2] == body


def test_a_reader_that_vanishes_harms_nobody(gateway, bucket):
    gateway.request("PUT", f"/{bucket}/a", bytes(20_000_000))
    for _ in range(12):
        with closing(Connection(gateway.port)) as connection:
            connection.send(get(bucket))
            connection.until(b"\r\n\r\n")
    assert gateway.request("HEAD", f"/{bucket}/a").status == 200


@pytest.mark.parametrize("target", ["/%", "/%zz/%", "/b.r/%00", "//", "///", "/?", "/?&=&", "/b.r/k#f", "*", "http://h", "http://h/b.r?x#y",
                                    "/b.r?" + "a" * 8192, "/" + "b" * 8192])  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_odd_targets_never_break_the_gateway(gateway, method, target):
    answer = gateway.raw(
        f"{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode("latin-1")
    )
    assert re.match(rb"HTTP/1\.[01] [2345]\d\d ", answer)
    assert not answer.startswith(b"HTTP/1.1 500")


def test_a_line_for_each_request(gateway, bucket):
    gateway.request("PUT", f"/{bucket}/a", b"12345")
    answer = gateway.request("GET", f"/{bucket}/a", headers={"User-Agent": "a tool/1.0"})
    request_id = answer.headers["x-amz-request-id"]
    wanted = (
        rf"\S+Z {request_id} GetObject {re.escape(bucket)} GET 200 5 [\d.]+ms 127.0.0.1 - a a\\x20tool/1.0\n"
    )
    assert re.fullmatch(wanted, gateway.log_line(request_id))


@pytest.mark.parametrize(
    ("target", "headers", "written"),
    [
        ("/a%0Ab%20c/x", {}, "a\\nb\\x20c GET"),
        ("/a.b/x%0D%0A2026%20y", {}, "- GetObject"),
        ("/a.b/%1B%5B31m", {}, "\\x1b[31m"),
        ("/a.b/%E2%80%A8%FF", {}, "\\u2028\\udcff"),
        ("/a.b/x", {"User-Agent": "evil\tagent 200 OK"}, "evil\\tagent\\x20200\\x20OK"),
    ],
)
def test_names_cannot_forge_lines_of_the_log(gateway, target, headers, written):
    answer = gateway.request("GET", target, headers=headers)
    line = gateway.log_line(answer.headers["x-amz-request-id"])
    assert written.replace("- GetObject", " GetObject ") in line
    assert line.isascii()
    assert len(line.split()) == len(gateway.log_line(reference(gateway)).split())


def reference(gateway) -> str:
    """Ask for something harmless; the id of the request."""
    return gateway.request("GET", "/a.b/x", headers={"User-Agent": "a"}).headers["x-amz-request-id"]
