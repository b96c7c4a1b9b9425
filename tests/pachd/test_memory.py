"""Bodies stream through, in both directions at once, whatever the size of pachd's messages."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, closing
from pathlib import Path

from tests.server.test_wire import Connection, get
from tests.serving import devpachd, serving

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
        (worker,) = (
            Path(f"/proc/{gateway.process.pid}/task/{gateway.process.pid}/children").read_text().split()
        )
        status = Path(f"/proc/{worker}/status").read_text()
        assert int(status.split("VmHWM:")[1].split()[0]) < 200 * 1024
