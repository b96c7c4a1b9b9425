"""Nobody keeps the others waiting: who is silent or slow costs a connection, never a thread."""

from __future__ import annotations

import errno
import os
import re
import signal
import socket
import threading
import time
from contextlib import ExitStack, closing
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from s3gw.generated import errors
from s3gw.server import _connection
from s3gw.server._connection import Connection as ServerConnection
from s3gw.server._listener import Listener
from s3gw.server._loop import READ, Loop
from s3gw.server._uploads import Uploads
from tests.server.test_processes import children
from tests.server.test_wire import BIG, Connection, get, put_head
from tests.serving import eventually, serving

LIST = b"GET /b.r?list-type=2 HTTP/1.1\r\nHost: x\r\n\r\n"
EXPECT = "Expect: 100-continue\r\n"


def ask(port: int, request: bytes) -> tuple[int, dict[str, str], bytes]:
    with closing(Connection(port)) as connection:
        connection.send(request)
        return connection.response()


def test_clients_that_do_not_close_behind_an_error_hold_no_thread(tmp_path):
    with serving(tmp_path, "--threads", "1", "--uploads", "1") as gateway, ExitStack() as stack:
        gateway.request("PUT", "/b.r")
        for _ in range(300):
            stack.enter_context(closing(Connection(gateway.port))).send(b"X\r\n\r\n")
        for number in range(30):  # their bodies are not wanted, and do not come
            stack.enter_context(closing(Connection(gateway.port))).send(
                put_head("no.where", 1000 * (number + 70))
            )
        began = time.monotonic()
        assert ask(gateway.port, LIST)[0] == 200
        assert gateway.request("PUT", "/b.r/a", bytes(BIG)).status == 200
        assert time.monotonic() - began < 5


def test_connections_that_come_at_once_do_not_wait_for_many_turns_of_a_busy_one(tmp_path):
    with serving(tmp_path) as gateway, ExitStack() as stack:
        (worker,) = children(gateway.process.pid)
        busy = stack.enter_context(closing(Connection(gateway.port)))
        busy.send(get("no.where", "busy"))
        assert busy.response()[0] == 404
        os.kill(worker, signal.SIGSTOP)
        try:
            busy.send(get("no.where", "busy") * 1000)
            late = [stack.enter_context(closing(Connection(gateway.port))) for _ in range(40)]
            for connection in late:
                connection.send(get("no.where", "late"))
        finally:
            os.kill(worker, signal.SIGCONT)
        for connection in late:
            assert connection.response()[0] == 404
        for _ in range(1000):
            assert busy.response()[0] == 404

        def served() -> list[str]:
            return [line for line in list(gateway.log) if " no.where GET " in line]

        eventually(lambda: len(served()) == 1 + 1000 + 40)
        last = max(number for number, line in enumerate(served()) if " late " in line)
        assert last < 400


def test_a_client_that_does_not_close_is_closed_in_the_end(serve, monkeypatch):
    monkeypatch.setattr(_connection, "_LINGER_S", 0.2)
    server = serve()
    with ExitStack() as stack:
        silent, unwanted = (stack.enter_context(closing(Connection(server.address[1]))) for _ in range(2))
        silent.send(b"X\r\n\r\n")
        unwanted.send(put_head("no.where", BIG) + b"some")
        for connection, status in ((silent, 400), (unwanted, 404)):
            assert connection.response()[0] == status
        eventually(lambda: not server.connections)


def test_a_client_that_sends_without_end_behind_an_error_is_closed(serve, monkeypatch):
    monkeypatch.setattr(_connection, "_LINGER_BYTES", 1 << 20)
    server = serve()
    with closing(Connection(server.address[1])) as connection:
        connection.send(b"X\r\n\r\n")
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            connection.send(bytes(1 << 30))


def test_bytes_that_a_thread_was_quicker_to_read_are_no_error(server):
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        connection = ServerConnection(server, ours, "x")
        connection.ready(READ)
        theirs.setblocking(False)
        with pytest.raises(BlockingIOError):
            theirs.recv(1)


def test_connections_stay_healthy_while_uploads_are_refused(tmp_path):
    """The loop and the threads read from the same sockets in turn."""
    with serving(tmp_path) as gateway:
        gateway.request("PUT", "/b.r")
        gateway.request("PUT", "/b.r/a", b"kept")
        request = put_head("b.r", 100_000, extra="If-None-Match: *\r\n") + bytes(100_000) + get("b.r")
        failures = []

        def run() -> None:
            try:
                with closing(Connection(gateway.port)) as connection:
                    for _ in range(60):
                        connection.send(request)
                        answers = [connection.response()[0], connection.response()[0]]
                        assert answers == [412, 200]
            except BaseException as error:
                failures.append(error)
                raise

        threads = [threading.Thread(target=run) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert not any("Traceback" in line for line in gateway.log)


# --- descriptors ---------------------------------------------------------------------------------


def test_as_many_descriptors_are_used_as_the_system_allows(tmp_path):
    with serving(tmp_path, descriptors=(128, 2000)) as gateway:
        (worker,) = children(gateway.process.pid)
        limits = Path(f"/proc/{worker}/limits").read_text()
        assert re.search(r"Max open files\s+2000\s+2000", limits)


def test_idle_connections_make_room_where_descriptors_are_few(tmp_path):
    with serving(tmp_path, descriptors=(128, 128)) as gateway, ExitStack() as stack:
        gateway.request("PUT", "/b.r")
        for _ in range(400):
            stack.enter_context(closing(Connection(gateway.port)))
        for _ in range(3):
            assert ask(gateway.port, LIST)[0] == 200
        assert gateway.request("PUT", "/b.r/a", bytes(BIG)).status == 200
        assert len(gateway.log) < 30, gateway.log


def test_without_descriptors_it_waits_and_says_so_once(server, caplog):
    class Exhausted:
        def setblocking(self, flag: bool) -> None: ...

        def fileno(self) -> int:
            return -1

        def accept(self) -> None:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    listener = Listener(Exhausted(), server)  # type: ignore[arg-type]
    for _ in range(100):
        listener.ready(READ)
    assert listener.interest() == 0
    assert [record.message for record in caplog.records] == [
        "no connection can be accepted: Too many open files (0 are open); others wait"
    ]
    eventually(lambda: (listener.resume(), listener.interest())[1])


# --- uploads -------------------------------------------------------------------------------------


@pytest.mark.parametrize("extra", ["", EXPECT])
def test_uploads_that_send_nothing_hold_no_thread(tmp_path, extra):
    with serving(tmp_path, "--uploads", "2") as gateway, ExitStack() as stack:
        gateway.request("PUT", "/b.r")
        silent = [stack.enter_context(closing(Connection(gateway.port))) for _ in range(64)]
        for number, connection in enumerate(silent):
            connection.send(put_head("b.r", BIG, f"silent-{number}", extra))
        for connection in silent if extra else ():
            assert connection.response()[0] == 100
        good = put_head("b.r", BIG, "good", EXPECT)
        statuses = []
        for _ in range(3):
            assert gateway.request("PUT", "/b.r/good", bytes(BIG)).status == 200
            with closing(Connection(gateway.port)) as connection:
                connection.send(good)
                statuses.append(connection.response()[0])
                connection.send(bytes(BIG))
                statuses.append(connection.response()[0])
        assert statuses == [100, 200] * 3
        for connection in silent[:8]:
            connection.send(b"y" * BIG)
            assert connection.response()[0] == 200
        assert gateway.request("GET", "/b.r/silent-7").body == b"y" * BIG


def test_an_upload_that_waits_may_end_in_every_way(tmp_path):
    """Its body comes late, in part, as broken chunks, or not at all; or its client goes away."""
    with serving(tmp_path) as gateway, ExitStack() as stack:
        gateway.request("PUT", "/b.r")
        late, part, broken, none, gone = (
            stack.enter_context(closing(Connection(gateway.port))) for _ in range(5)
        )
        chunked = put_head("b.r", 0, "broken", "Transfer-Encoding: chunked\r\n" + EXPECT)
        for connection in (late, part, none, gone):
            connection.send(put_head("b.r", BIG, "late" if connection is late else "other", EXPECT))
        broken.send(chunked.replace(b"Content-Length: 0\r\n", b""))
        for connection in (late, part, broken, none, gone):
            assert connection.response()[0] == 100
        time.sleep(0.3)  # longer than a thread waits
        late.send(bytes(BIG) + get("b.r", "late"))
        assert [late.response()[0], late.response()[2]] == [200, bytes(BIG)]
        part.send(b"part")
        for connection in (part, none):
            connection.socket.shutdown(socket.SHUT_WR)
            assert b"<Code>IncompleteBody</Code>" in connection.response()[2]
            assert connection.at_end()
        broken.send(b"nonsense\r\n")
        assert b"<Code>BadRequest</Code>" in broken.response()[2]
        gone.close()
        eventually(lambda: sum(" PutObject " in line for line in gateway.log) == 5)
        assert gateway.request("GET", "/b.r/other").status == 404


def test_a_body_that_never_begins_is_a_request_timeout(serve, monkeypatch):
    monkeypatch.setattr(_connection, "IDLE_S", 0.2)
    server = serve()
    assert ask(server.address[1], b"PUT /b.r HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")[0] == 200
    with closing(Connection(server.address[1])) as connection:
        connection.send(put_head("b.r", BIG))
        status, headers, body = connection.response()
        assert (status, headers["connection"]) == (400, "close")
        assert b"<Code>RequestTimeout</Code>" in body


def test_slow_uploads_leave_threads_for_others(tmp_path):
    """64 that trickle, from the address of everybody else."""
    with serving(tmp_path) as gateway, ExitStack() as stack:
        gateway.request("PUT", "/b.r")
        slow = [stack.enter_context(closing(Connection(gateway.port))) for _ in range(64)]
        for number, connection in enumerate(slow):
            connection.send(put_head("b.r", BIG, f"slow-{number}") + b"begun")
        for _ in range(5):
            for connection in slow:
                connection.send(b"x" * 100)
            assert gateway.request("PUT", "/b.r/good", bytes(BIG)).status == 200


def test_one_address_leaves_threads_to_others(tmp_path):
    with serving(tmp_path, "--uploads", "8") as gateway, ExitStack() as stack:
        gateway.request("PUT", "/b.r")
        greedy = [stack.enter_context(closing(Connection(gateway.port))) for _ in range(7)]
        for number, connection in enumerate(greedy[:6]):
            connection.send(put_head("b.r", BIG, f"greedy-{number}") + b"begun")
        eventually(lambda: gateway.request("PUT", "/b.r/more", bytes(BIG)).status == 503)
        with closing(Connection(gateway.port, source="127.0.0.2")) as other:
            other.send(put_head("b.r", BIG, "other") + bytes(BIG))
            assert other.response()[0] == 200
        for connection in greedy[:6]:
            connection.send(bytes(BIG - 5))
            assert connection.response()[0] == 200


def test_more_uploads_than_there_are_threads_for_are_told_to_slow_down(serve):
    """One address has three of the four."""
    server = serve(uploads=4)
    port = server.address[1]
    assert ask(port, b"PUT /b.r HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")[0] == 200
    with ExitStack() as stack:
        slow = [stack.enter_context(closing(Connection(port))) for _ in range(3)]
        for number, connection in enumerate(slow):
            connection.send(put_head("b.r", BIG, f"slow-{number}", EXPECT))
            assert connection.response()[0] == 100
            connection.send(bytes(1000))
        eventually(lambda: [stream.has_begun for stream in list(server.uploads._holders)] == [True] * 3)
        status, headers, body = ask(port, put_head("b.r", BIG, "more") + bytes(BIG))
        assert (status, headers["retry-after"]) == (503, "1")
        assert b"<Code>SlowDown</Code>" in body
        for connection in slow:
            connection.send(bytes(BIG - 1000))
            assert connection.response()[0] == 200


def test_clients_behind_a_trusted_proxy_have_a_share_each(serve):
    server = serve(uploads=4, trusted_proxies=(ip_network("127.0.0.0/8"),))
    port = server.address[1]
    assert ask(port, b"PUT /b.r HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")[0] == 200
    greedy, other = "X-Forwarded-For: 198.51.100.1\r\n", "X-Forwarded-For: 198.51.100.2\r\n"
    with ExitStack() as stack:
        for number in range(3):
            connection = stack.enter_context(closing(Connection(port)))
            connection.send(put_head("b.r", BIG, f"slow-{number}", EXPECT + greedy))
            assert connection.response()[0] == 100
            connection.send(bytes(1000))
        eventually(lambda: [stream.has_begun for stream in list(server.uploads._holders)] == [True] * 3)
        assert ask(port, put_head("b.r", BIG, "more", greedy) + bytes(BIG))[0] == 503
        assert ask(port, put_head("b.r", BIG, "other", other) + bytes(BIG))[0] == 200


class Upload:
    """As much of a body as the threads are given away by."""

    def __init__(self, age_s: float, pace: float) -> None:
        self._age_s, self._pace = age_s, pace
        self.has_begun = True
        self.ended = False
        self.lost: errors.ErrorKind | None = None

    def give_up_waiting(self) -> bool:
        return not self.has_begun

    def age_s(self, now: float) -> float:
        return self._age_s

    def pace(self, now: float) -> float:
        return self._pace

    def lose(self, kind: errors.ErrorKind) -> None:
        self.lost = kind


@pytest.mark.parametrize(
    ("age_s", "pace", "loses"),
    [(60, 1000, True), (60, 0, True), (1, 0, False), (60, 1 << 20, False)],
)
def test_the_slowest_upload_loses_its_thread_to_one_that_needs_it(age_s, pace, loses):
    uploads = Uploads(4)
    held = [Upload(60, 1 << 21), Upload(60, 1 << 22), Upload(age_s, pace)]
    for upload in held:
        assert uploads.take(upload, "a")
    assert uploads.take(Upload(0, 0), "a") == loses
    assert [upload.lost for upload in held] == [None, None, errors.SlowDown if loses else None]
    silent = Upload(0, 0)
    silent.has_begun = False
    assert not uploads.take(silent, "a")
    uploads.release(held[0])
    assert uploads.take(silent, "a")


def test_an_upload_that_has_lost_its_thread_is_told_to_slow_down(serve):
    server = serve(uploads=1)
    port = server.address[1]
    assert ask(port, b"PUT /b.r HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")[0] == 200
    with closing(Connection(port)) as connection:
        connection.send(put_head("b.r", BIG) + b"begun")
        eventually(lambda: server.uploads._holders)
        (stream,) = server.uploads._holders
        stream.lose(errors.SlowDown)
        status, headers, body = connection.response()
        assert (status, headers["connection"], headers["retry-after"]) == (503, "close", "1")
        assert b"<Code>SlowDown</Code>" in body


# --- deadlines -----------------------------------------------------------------------------------


def trickle(connection: Connection, data: bytes) -> None:
    """Send byte by byte, until the other side has closed."""
    try:
        for byte in data:
            connection.send(bytes([byte]))
            connection.socket.settimeout(0.1)
            try:
                connection._held += connection.socket.recv(65536)
                break
            except TimeoutError:
                pass
    finally:
        connection.socket.settimeout(20)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 1000,
        b"PUT /b.r/k HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + b"b" * 1000,
    ],
)
def test_a_head_or_a_small_body_that_comes_too_slowly_is_a_request_timeout(serve, data):
    server = serve(header_timeout_s=0.5, upload_min_rate=10_000)
    head = data.index(b"\r\n\r\n") + 4 if b"\r\n\r\n" in data else 10
    with closing(Connection(server.address[1])) as connection:
        connection.send(data[:head])
        trickle(connection, data[head:])
        status, headers, body = connection.response()
        assert (status, headers["connection"]) == (400, "close")
        assert b"<Code>RequestTimeout</Code>" in body


def test_a_loop_serves_others_before_those_that_go_on_and_on():
    loop = Loop()

    class Member:
        """Watches a socket, and announces itself again and again if it is told to."""

        def __init__(self, connection: socket.socket, *, goes_on: bool) -> None:
            self.descriptor = connection.fileno()
            self.goes_on = goes_on
            self.turns = 0
            self.events = 0

        def interest(self) -> int:
            return READ

        def ready(self, events: int) -> None:
            self.events += 1

        def advance(self) -> None:
            self.turns += 1
            if self.goes_on:
                loop.announce(self)

    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs), closing(loop):
        busy, other = Member(ours, goes_on=True), Member(theirs, goes_on=False)
        loop.add(busy)
        loop.add(other)
        loop.announce(busy)
        ours.send(b"x")
        for _ in range(3):
            loop.turn(0.0)
        assert (busy.turns, other.events) == (3, 3)


def test_what_happened_to_one_that_is_closed_is_not_told_to_the_next_with_its_descriptor():
    loop = Loop()
    told: list[int] = []

    class Member:
        """Watches a descriptor, and lets a quiet one take the place of the other's when it is told."""

        def __init__(self, descriptor: int, other: int) -> None:
            self.descriptor = descriptor
            self.other = other

        def interest(self) -> int:
            return READ

        def ready(self, events: int) -> None:
            told.append(self.descriptor)
            loop.remove(members[self.other])
            os.dup2(quiet.fileno(), self.other)
            loop.add(Member(self.other, self.descriptor))

        def advance(self) -> None:
            raise AssertionError

    with ExitStack() as stack:
        stack.enter_context(closing(loop))
        pairs = [[stack.enter_context(end) for end in socket.socketpair()] for _ in range(3)]
        (first, to_first), (second, to_second), (quiet, _) = pairs
        one, two = first.fileno(), second.fileno()
        members = {one: Member(one, two), two: Member(two, one)}
        for member in members.values():
            loop.add(member)
        to_first.send(b"x")
        to_second.send(b"x")
        loop.turn(0.0)
        assert len(told) == 1


def test_empty_lines_keep_no_connection_open(serve):
    server = serve(header_timeout_s=0.5)
    with closing(Connection(server.address[1])) as connection:
        connection.socket.settimeout(0.1)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                connection.send(b"\r\n")
                if connection.socket.recv(1000) == b"":
                    return
            except TimeoutError:
                continue
            except OSError:
                return
        raise AssertionError("it is still open")


# --- failures ------------------------------------------------------------------------------------


class Broken:
    """An application that fails in one of the ways that it never should."""

    def __init__(self, application: Any, way: str) -> None:
        self._application = application
        self._way = way

    def __getattr__(self, name: str) -> Any:
        if name == self._way:
            raise RuntimeError(f"{name} is broken")
        return getattr(self._application, name)

    def __call__(self, *arguments: Any) -> Any:
        if self._way == "call":
            raise RuntimeError("it is broken")
        return self._application(*arguments)


@pytest.mark.parametrize(
    ("way", "request_bytes"),
    [
        ("begin", get("b.r")),
        ("begin", put_head("b.r", 3) + b"abc"),
        ("finish", put_head("b.r", 3) + b"abc"),
        ("call", LIST),
        ("call", put_head("b.r", BIG) + bytes(BIG)),
    ],
)
def test_an_application_that_fails_is_an_internal_error_of_its_requests_alone(serve, way, request_bytes):
    server = serve()
    port = server.address[1]
    assert ask(port, b"PUT /b.r HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")[0] == 200
    application, face = server.application, server.face
    server.application = server._writes._application = Broken(application, way)
    server.face = Broken(face, way)
    with ExitStack() as stack:
        connections = [stack.enter_context(closing(Connection(port))) for _ in range(8)]
        for connection in connections:
            connection.send(request_bytes)
        for connection in connections:
            status, headers, _ = connection.response()
            assert (status, headers["connection"]) == (500, "close")
    server.application = server._writes._application = application
    server.face = face
    assert ask(port, put_head("b.r", 3) + b"abc")[0] == 200
    eventually(lambda: not server.connections)
