"""Bodies stream through, in both directions at once, whatever the size of pachd's messages."""

from __future__ import annotations

import json
import random
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs.interface import Branch, FileInfo, FileNotFound, TooSlow, Unavailable
from s3gw.pfs.pachd import PachdPFS
from s3gw.pfs.pachd._client import Pace, first
from s3gw.pfs.pachd._messages import commit_message, file_message
from s3gw.pfs.pachd._room import Room
from s3gw.pfs.pachd._snapshot import PachdSnapshot
from s3gw.pfs.pachd.address import find_address
from tests.contract.conftest import Store
from tests.server.test_wire import Connection, get
from tests.serving import Gateway, devpachd, environment, eventually, serving

SIZE = 150 << 20
BLOCK = bytes(1 << 20)


def test_memory_stays_flat_with_large_objects_up_and_down(tmp_path):
    with (
        devpachd(tmp_path / "d") as (address, _),
        serving(tmp_path, where=address) as gateway,
        ExitStack() as stack,
    ):
        gateway.request("PUT", "/b.r")

        def put(key: str) -> None:
            with socket.create_connection(("127.0.0.1", gateway.port), timeout=60) as connection:
                connection.sendall(
                    b"PUT /b.r/%b HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (key.encode(), SIZE)
                )
                for _ in range(SIZE >> 20):
                    connection.sendall(BLOCK)
                assert connection.recv(1000).startswith(b"HTTP/1.1 200")

        received = []

        def read() -> None:
            with closing(Connection(gateway.port)) as connection:
                connection.send(get("b.r", "first", extra="Connection: close\r\n"))
                connection.until(b"\r\n\r\n")
                size = len(connection._held)
                while data := connection.socket.recv(1 << 20):
                    size += len(data)
                received.append(size)

        put("first")
        idle = [stack.enter_context(closing(Connection(gateway.port))) for _ in range(64)]
        for connection in idle:
            connection.send(get("b.r", "missing"))
            assert connection.response()[0] == 404
        threads = [threading.Thread(target=put, args=("second",)), threading.Thread(target=read)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert received == [SIZE]
        assert memory_kib(gateway, "VmHWM") < 200 * 1024


def test_memory_does_not_grow_with_slow_readers(address):
    command = [sys.executable, "-m", "tests.pachd.readers", address, "16"]
    told = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment()).stdout)
    assert told["whole"] == 16
    assert told["peak"] - told["before"] < 130, told
    assert told["after"] - told["before"] < 30, told
    assert told["left open"] == 0


def test_streams_that_are_not_read_to_their_ends_leave_nothing(store):
    """Of each gRPC would keep 16 KiB."""
    store.put("large", bytes(1_000_000))
    store.put("small", bytes(60_000))
    client, branch = store.pfs._client, store.branch
    everything = pb.GlobFileRequest(commit=commit_message(branch), pattern="/**")

    def part_of(path: str, size: int) -> None:
        download = client.read_file(file_message(branch, None, path), 0)
        download.receive(size, 10).close()
        download.close()

    def ask(times: int) -> None:
        for _ in range(times):
            first(client.glob(everything))
            client.glob(everything)
            client.glob(everything, Pace(1, 1))
            client.read_file(file_message(branch, None, "large"), 0)
            part_of("small", 60_000)
            part_of("large", 1_000_000)

    ask(50)
    before = resident_kib()
    ask(200)
    assert resident_kib() - before < 6000  # and not 18,000


def resident_kib() -> int:
    return int(re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())[1])


def test_no_body_counts_that_nobody_reads(store):
    room = store.pfs._client._room
    store.put("empty", b"")
    for number, name in enumerate(("some", "other", "third")):
        store.put(name, bytes([number]) * 100_000)

    def begin(path: str) -> tuple[PachdSnapshot, FileInfo]:
        snapshot = store.snapshot()
        return snapshot, snapshot.inspect_file(path, whole=True)

    snapshot, file = begin("empty")
    assert list(snapshot.read_file(file)) == []
    assert room._bodies == 0
    with pytest.raises(FileNotFound):
        begin("missing")
    assert room._bodies == 0
    snapshot, file = begin("some")
    assert room._bodies == 1
    part = snapshot.read_file(file, 50_000, 10)
    assert room._bodies == 1
    part.close()
    assert room._bodies == 0
    snapshot, file = begin("other")
    snapshot._begun._stream.call.cancel()  # as when pachd goes away
    with pytest.raises(Unavailable):
        snapshot.read_file(file)
    assert room._bodies == 0
    snapshot, file = begin("third")
    assert room._bodies == 1
    del snapshot
    eventually(lambda: room._bodies == 0)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A store with a file of 20 MiB, and its bytes."""
    with devpachd(tmp_path_factory.mktemp("large")) as (address, _):
        pfs = PachdPFS(find_address(address, environ={}), deadline_s=5)
        store = Store(pfs, Branch("repo", "master"))
        pfs.create_branch(store.branch)
        body = random.Random(1).randbytes(20 << 20)
        store.put("large", body)
        yield store, body
        pfs.close()


@pytest.mark.parametrize(
    ("offset", "size"),
    [
        (0, 1),
        (0, 19 << 20),
        (5, 300_000),
        ((1 << 20) - 1, (19 << 20) + 1),
        ((20 << 20) - 3, 3),
        (20 << 20, 0),
    ],
)
@pytest.mark.parametrize("room", [0, 64 << 20])
def test_any_range_is_read_through_memory_and_through_files(large, monkeypatch, room, offset, size):
    store, body = large
    monkeypatch.setattr(store.pfs._client, "_room", Room(held=room))
    snapshot = store.snapshot()
    reader = snapshot.read_file(snapshot.inspect_file("large"), offset, size)
    assert b"".join(reader) == body[offset : offset + size]


def test_a_message_that_does_not_come_is_too_slow_and_keeps_nobody_waiting(address, fault):
    pfs = PachdPFS(find_address(address, environ={}), deadline_s=1)
    store = Store(pfs, Branch("repo", "master"))
    pfs.create_branch(store.branch)
    store.put("a", b"x" * 1_000_000)
    snapshot = store.snapshot()
    file = snapshot.inspect_file("a")
    fault(latency_s=5)
    failed: list[float] = []

    def read() -> None:
        begun = time.monotonic()
        with pytest.raises(TooSlow):
            snapshot.read_file(file)
        failed.append(time.monotonic() - begun)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failed) == 4
    assert max(failed) < 4
    pfs.close()


def test_without_a_temporary_folder_readers_wait_for_each_other(large, monkeypatch):
    def nowhere(**_: object) -> None:
        raise FileNotFoundError

    store, body = large
    monkeypatch.setattr("tempfile.TemporaryFile", nowhere)
    monkeypatch.setattr(store.pfs._client, "deadline_s", 0.5)
    snapshot = store.snapshot()
    file = snapshot.inspect_file("large")
    slow = snapshot.read_file(file)
    with pytest.raises(TooSlow):
        snapshot.read_file(file)
    small = snapshot.read_file(file, 5, 300)
    assert b"".join(small) == body[5:305]
    slow.close()
    slow.close()
    assert b"".join(snapshot.read_file(file)) == body


def test_a_reader_that_is_dropped_gives_its_room_back(large, monkeypatch):
    store, body = large
    monkeypatch.setattr(store.pfs._client, "_room", Room(held=19 << 20))
    monkeypatch.setattr("tempfile.TemporaryFile", None)
    snapshot = store.snapshot()
    file = snapshot.inspect_file("large")
    for _ in range(3):
        snapshot.read_file(file)
        next(iter(snapshot.read_file(file)))
    assert b"".join(snapshot.read_file(file)) == body


def test_memory_stays_flat_on_a_connection_that_reads_much_and_slowly(tmp_path):
    """What was sent is forgotten, be it one large answer or one after the other."""
    size = 20 << 20
    with devpachd(tmp_path / "d") as (address, _), serving(tmp_path, where=address) as gateway:
        gateway.request("PUT", "/b.r")
        assert gateway.request("PUT", "/b.r/a", bytes(size)).status == 200
        with closing(Connection(gateway.port)) as connection:
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
            memory = []
            for _ in range(12):
                connection.send(get("b.r"))
                connection.until(b"\r\n\r\n")
                left = size - len(connection._held)
                connection._held = b""
                while left:
                    left -= len(connection.socket.recv(min(left, 32 * 1024)))
                memory.append(memory_kib(gateway, "VmRSS"))
        assert max(memory[4:]) < memory[3] + 40 * 1024, memory


def memory_kib(gateway: Gateway, what: str) -> int:
    """Tell how much memory its worker uses, or has used at the most."""
    (worker,) = Path(f"/proc/{gateway.process.pid}/task/{gateway.process.pid}/children").read_text().split()
    status = Path(f"/proc/{worker}/status").read_text()
    return int(status.split(f"{what}:")[1].split()[0])
