"""Bodies stream through, in both directions at once, whatever the size of pachd's messages."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, closing
from pathlib import Path

from tests.server.test_wire import Connection, get
from tests.serving import Gateway, devpachd, serving

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
