"""A client that is alone is served by the loop itself: nobody else waits for what its write waits for."""

from __future__ import annotations

import fcntl
from contextlib import closing, contextmanager

import pytest

from tests.server.test_wire import Connection, get, put_head
from tests.serving import eventually, serving


@pytest.fixture
def gateway(tmp_path):
    with serving(tmp_path, "--workers", "1") as gateway:
        assert gateway.request("PUT", "/b.r").status == 200
        assert gateway.request("PUT", "/b.r/there", b"there").status == 200
        yield gateway


@contextmanager
def locked(folder):
    """As a process that writes for long, or as one that brings the log into the database."""
    with (folder / "write.lock").open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
        fcntl.flock(file, fcntl.LOCK_UN)


@pytest.mark.parametrize("request_bytes", [put_head("b.r", 4) + b"body", get("b.r", "there", "DELETE")])
def test_reads_go_on_while_the_write_of_one_client_waits_for_another_process(
    gateway, tmp_path, request_bytes
):
    with closing(Connection(gateway.port)) as writer, closing(Connection(gateway.port)) as reader:
        for _ in range(3):
            writer.send(request_bytes)
            assert writer.response()[0] in (200, 204)
        writer.send(put_head("b.r", 5, "there") + b"there")
        assert writer.response()[0] == 200
        with locked(tmp_path):
            writer.send(request_bytes)
            reader.send(get("b.r", "there"))
            assert reader.response()[2] == b"there"
            writer.socket.settimeout(0.2)
            with pytest.raises(TimeoutError):
                writer.response()
            reader.send(get("b.r", "there"))
            assert reader.response()[2] == b"there"
        writer.socket.settimeout(20)
        assert writer.response()[0] in (200, 204)
    key = "a" if request_bytes.startswith(b"PUT") else "there"
    found = gateway.request("GET", f"/b.r/{key}")
    assert (found.status, found.body) == ((200, b"body") if key == "a" else (404, found.body))


def test_writes_of_one_client_are_each_a_commit_and_each_a_line_of_the_log(gateway, tmp_path):
    with closing(Connection(gateway.port)) as connection:
        for number in range(1500):  # the log of SQLite is brought into the database meanwhile
            connection.send(put_head("b.r", 4, f"{number % 10}") + b"%04d" % number)
            assert connection.response()[0] == 200
        for number in range(10):
            connection.send(get("b.r", f"{number}"))
            assert connection.response()[2] == b"%04d" % (1490 + number)
    for operation, count in {"PutObject": 1 + 1500, "GetObject": 10}.items():
        eventually(lambda: sum(f" {operation} b.r " in line for line in gateway.log) >= count)  # noqa: B023
        assert sum(f" {operation} b.r " in line for line in gateway.log) == count
    assert (tmp_path / "pfs.sqlite-wal").stat().st_size < 64 << 20
