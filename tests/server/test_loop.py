"""The loop itself, with a server in this process."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import ExitStack, closing

import pytest

from s3gw.context import Context
from s3gw.http.wsgi import create_app
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch
from tests.contract.test_embedded import recovering
from tests.server.in_process import running
from tests.server.test_wire import Connection
from tests.serving import eventually

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def test_for_one_connection_too_many_the_one_that_is_idle_for_longest_is_closed(serve):
    server = serve(connections=3)
    with ExitStack() as stack:
        first = [stack.enter_context(closing(Connection(server.address[1]))) for _ in range(3)]
        for connection in [*first, first[0]]:
            connection.send(REQUEST)
            assert connection.response()[0] == 200
            eventually(lambda: all(each.is_idle for each in list(server.connections)))
        late = stack.enter_context(closing(Connection(server.address[1])))
        late.send(REQUEST)
        assert late.response()[0] == 200
        assert first[1].at_end()
        for connection in (first[0], first[2]):
            connection.send(REQUEST)
            assert connection.response()[0] == 200


def test_beyond_the_limit_connections_wait_where_none_is_idle(serve):
    server = serve(connections=2)
    with ExitStack() as stack:
        busy = [stack.enter_context(closing(Connection(server.address[1]))) for _ in range(2)]
        for connection in busy:
            connection.send(REQUEST[:-1])
        eventually(lambda: [connection.is_idle for connection in list(server.connections)] == [False, False])
        late = stack.enter_context(closing(Connection(server.address[1])))
        late.send(REQUEST)
        late.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):
            late.response()
        late.socket.settimeout(20)
        busy[0].close()
        assert late.response()[0] == 200


def test_requests_that_come_byte_by_byte_are_read(server):
    with closing(Connection(server.address[1])) as connection:
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in REQUEST * 2:
            connection.send(bytes([byte]))
        assert [connection.response()[0] for _ in range(2)] == [200, 200]


def test_many_pipelined_requests_of_all_lanes_are_answered_in_order(server):
    """Small writes, small reads and what needs a thread follow each other on one connection."""
    with closing(Connection(server.address[1])) as connection:
        connection.send(b"PUT /b.r HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        assert connection.response()[0] == 200
        sent = b""
        for number in range(40):
            body = b"%d" % number
            sent += b"PUT /b.r/k HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
            sent += b"GET /b.r/k HTTP/1.1\r\nHost: x\r\n\r\n"
            sent += b"GET /b.r?list-type=2 HTTP/1.1\r\nHost: x\r\n\r\n"
        connection.send(sent)
        for number in range(40):
            assert connection.response()[0] == 200
            assert connection.response()[2] == b"%d" % number
            assert b"<Key>k</Key>" in connection.response()[2]


def test_what_is_pipelined_while_earlier_requests_have_yet_to_be_served_is_not_lost(server):
    """They are served some at a time, and what arrives meanwhile waits for its turn."""
    count = 3000  # more than the server takes from the socket at once
    with closing(Connection(server.address[1])) as connection:
        connection.send(b"PUT /b.r HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        assert connection.response()[0] == 200
        requests = [b"GET /b.r/%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(count)]
        sender = threading.Thread(target=connection.send, args=(b"".join(requests),))
        sender.start()
        for number in range(count):
            status, _, body = connection.response()
            assert (status, b"/b.r/%d<" % number in body) == (404, True), number
        sender.join()


def test_a_connection_is_not_idle_while_its_request_takes_long(serve):
    server = serve(idle_timeout_s=4)
    with closing(Connection(server.address[1])) as connection:
        connection.send(b"PUT /b.r HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        assert connection.response()[0] == 200
        connection.send(b"PUT /b.r/k HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(25):
            connection.send(bytes(4000))
            time.sleep(0.2)  # five seconds in all
        assert connection.response()[0] == 200
        swept = server._next_sweep
        eventually(lambda: server._next_sweep > swept)
        connection.send(REQUEST)
        assert connection.response()[0] == 200


def test_connections_on_which_nothing_happens_are_closed(serve):
    """Be it that no request comes, or that an answer is not read."""
    server = serve(idle_timeout_s=1)
    with ExitStack() as stack:
        idle, reader = (stack.enter_context(closing(Connection(server.address[1]))) for _ in range(2))
        idle.send(b"PUT /b.r HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        assert idle.response()[0] == 200
        idle.send(b"PUT /b.r/k HTTP/1.1\r\nHost: x\r\nContent-Length: 30000000\r\n\r\n" + bytes(30_000_000))
        assert idle.response()[0] == 200
        reader.send(b"GET /b.r/k HTTP/1.1\r\nHost: x\r\n\r\n")
        reader.until(b"\r\n\r\n")
        assert idle.at_end()
        with pytest.raises((EOFError, ConnectionResetError)):
            reader.until(b"this is never sent")
        eventually(lambda: not server.connections)


def test_nothing_waits_on_the_loop_for_a_lock_of_the_database(tmp_path):
    """A read that would have to wait does so in a thread, and the loop serves the others meanwhile."""
    pfs = EmbeddedPFS(tmp_path, "process")
    pfs.create_branch(Branch("r", "b"))
    read = b"GET /b.r/k HTTP/1.1\r\nHost: x\r\n\r\n"
    with running(create_app(Context(pfs))) as server, ExitStack() as stack:
        waits, other = (stack.enter_context(closing(Connection(server.address[1]))) for _ in range(2))
        waits.send(b"PUT /b.r/k HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nkept" + read)
        assert [waits.response()[0], waits.response()[0]] == [200, 200]
        with recovering(tmp_path):
            waits.send(read)
            other.send(b"GET /b.r/k?acl HTTP/1.1\r\nHost: x\r\n\r\n")
            assert other.response()[0] == 501
            waits.socket.settimeout(0.2)
            with pytest.raises(TimeoutError):
                waits.response()
        waits.socket.settimeout(20)
        assert waits.response()[2] == b"kept"
    pfs.close()
