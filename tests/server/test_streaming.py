"""Clients that are too slow, whatever their pace, hold nobody up."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, closing

import pytest

from s3gw.s3_error import S3Error
from s3gw.server import _body
from s3gw.server._body import BodyStream
from s3gw.server._output import Output
from tests.server.test_wire import Connection, get, put_head
from tests.serving import eventually, serving


@pytest.mark.parametrize(("idle_s", "rate"), [(0.05, 1), (0.1, 1 << 30)])
@pytest.mark.parametrize("length", [100_000, None])
def test_a_body_that_comes_too_slowly_is_a_request_timeout(monkeypatch, idle_s, rate, length):
    """Silence is one way to be too slow, and a trickle another."""
    monkeypatch.setattr(_body, "IDLE_S", idle_s)
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        ours.setblocking(False)
        stream = BodyStream(length, waits=False, min_rate=rate)
        stream.bind(ours, Output(ours))
        stream.feed(b"1\r\nx\r\n" if length is None else b"x")
        stop = threading.Event()

        def trickle() -> None:
            while rate > 1 and not stop.wait(0.01):
                theirs.send(b"1\r\nx\r\n" if length is None else b"x")

        thread = threading.Thread(target=trickle)
        thread.start()
        try:
            with pytest.raises(S3Error) as refused:
                list(iter(lambda: stream.read(1000), b""))
            assert (refused.value.kind.status, refused.value.kind.code) == (400, "RequestTimeout")
        finally:
            stop.set()
            thread.join()


@pytest.mark.parametrize("size", [300_000, 30_000_000])
def test_slow_readers_hold_no_thread(tmp_path, size):
    """One thread serves all that is not quick, and each of these clients stops reading."""
    with serving(tmp_path, "--threads", "1") as gateway, ExitStack() as stack:
        gateway.request("PUT", "/b.r")
        body = bytes(range(256)) * (size // 256)
        gateway.request("PUT", "/b.r/a", body)
        slow = [stack.enter_context(closing(Connection(gateway.port))) for _ in range(12)]
        for connection in slow:
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            connection.send(get("b.r") + get("b.r", "missing"))
        for _ in range(3):
            assert gateway.request("GET", "/b.r?list-type=2").element("Key") == "a"
        for connection in slow:
            assert connection.response()[2] == body
            assert connection.response()[0] == 404


def test_a_reader_that_vanishes_while_it_is_waited_for_is_let_go(tmp_path):
    with serving(tmp_path, "--threads", "1") as gateway:
        gateway.request("PUT", "/b.r")
        gateway.request("PUT", "/b.r/a", bytes(30_000_000))
        for _ in range(3):
            with closing(Connection(gateway.port)) as connection:
                connection.send(get("b.r"))
                connection.until(b"\r\n\r\n")
                # the only thread answers something else, so it has left this to the loop
                assert gateway.request("GET", "/b.r?list-type=2").element("Key") == "a"
        eventually(lambda: sum(" aborted" in line for line in gateway.log) == 3)
        assert gateway.request("GET", "/b.r/a").body == bytes(30_000_000)


def test_small_writes_of_many_connections_are_each_answered(gateway, bucket):
    """They are made together; the guilty ones alone fail, and all get their own answer."""
    gateway.request("PUT", f"/{bucket}/dir/file", b"x")
    kinds = [
        ("PUT", "{n}", b"body {n}", 200),
        ("PUT", "dir", b"a directory", 400),
        ("PUT", "bad+key", b"a bad path", 400),
        ("DELETE", "missing-{n}", b"", 204),
        ("DELETE", "bad+key", b"", 204),
        ("PUT", "same", b"body {n}", 200),
    ]
    with ExitStack() as stack:
        connections = [stack.enter_context(closing(Connection(gateway.port))) for _ in range(60)]
        for number, connection in enumerate(connections):
            method, key, body, _ = kinds[number % len(kinds)]
            body = body.replace(b"{n}", str(number).encode())
            head = put_head(bucket, len(body), key.format(n=number)).replace(b"PUT", method.encode(), 1)
            connection.send(head + body)
        answers = [connection.response() for connection in connections]
    assert [status for status, _, _ in answers] == [kinds[n % len(kinds)][3] for n in range(60)]
    ids = {headers["x-amz-request-id"] for _, headers, _ in answers}
    assert len(ids) == 60
    for number in range(0, 60, len(kinds)):
        answer = gateway.request("GET", f"/{bucket}/{number}")
        assert (answer.body, answer.headers["etag"]) == (
            f"body {number}".encode(),
            answers[number][1]["etag"],
        )
    etags = [answers[number][1]["etag"] for number in range(5, 60, len(kinds))]
    assert len(set(etags)) == 10
    assert gateway.request("GET", f"/{bucket}/same").headers["etag"] in etags


def test_connections_are_spread_over_the_workers(tmp_path):
    with serving(tmp_path, "--workers", "2") as gateway:

        def spread() -> list[int]:
            hosts = []
            with ExitStack() as stack:
                for _ in range(8):
                    connection = stack.enter_context(closing(Connection(gateway.port)))
                    connection.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    hosts.append(connection.response()[1]["x-amz-id-2"])
            return sorted(hosts.count(host) for host in set(hosts))

        # where those that went away before are not counted any more, and all workers have begun
        eventually(lambda: spread() == [4, 4])
