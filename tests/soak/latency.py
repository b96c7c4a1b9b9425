"""How long small reads wait while many slow clients are there."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import ExitStack, closing
from statistics import quantiles

SLOW_UPLOADS, SLOW_READERS, IDLE = 64, 128, 1000
LIMIT_MS = 100.0


def measure(port: int, seconds: float) -> list[float]:
    """Give the milliseconds of small GETs, on four connections; ``/b.r/small`` and ``/b.r/large`` exist."""
    stop = threading.Event()
    found: list[float] = []
    with ExitStack() as stack:

        def connect() -> socket.socket:
            return stack.enter_context(closing(socket.create_connection(("127.0.0.1", port), timeout=60)))

        uploads = [connect() for _ in range(SLOW_UPLOADS)]
        readers = [connect() for _ in range(SLOW_READERS)]
        for _ in range(IDLE):
            connect()
        threads = [threading.Thread(target=_go_slowly, args=(uploads, readers, stop))]
        threads += [threading.Thread(target=_read, args=(connect(), found, stop)) for _ in range(4)]
        for thread in threads:
            thread.start()
        stop.wait(seconds)
        stop.set()
        for thread in threads:
            thread.join()
    return found


def _go_slowly(uploads: list[socket.socket], readers: list[socket.socket], stop: threading.Event) -> None:
    """Send and read a little, again and again."""
    for number, connection in enumerate(uploads):
        head = f"PUT /b.r/up{number} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n"
        connection.sendall(head.encode() + bytes(1000))
    for connection in readers:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        connection.sendall(b"GET /b.r/large HTTP/1.1\r\nHost: x\r\n\r\n")
    while not stop.wait(0.2):
        for connection in uploads:
            connection.sendall(bytes(4000))
        for connection in readers:
            connection.recv(16 * 1024)


def _read(connection: socket.socket, found: list[float], stop: threading.Event) -> None:
    while not stop.wait(0.01):
        began = time.perf_counter()
        connection.sendall(b"GET /b.r/small HTTP/1.1\r\nHost: x\r\n\r\n")
        if not connection.recv(65536).startswith(b"HTTP/1.1 200"):
            raise AssertionError("a small read was not answered")
        found.append(1000 * (time.perf_counter() - began))


def report(found: list[float]) -> bool:
    """Print the figures; tell whether they are good enough."""
    cuts = quantiles(found, n=100)
    print(
        f"{len(found)} small reads beside {SLOW_UPLOADS} slow uploads, {SLOW_READERS} slow readers and {IDLE} "
        f"idle connections: p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms, longest {max(found):.1f} ms "
        f"(p99 below {LIMIT_MS:.0f} ms is wanted)"
    )
    return cuts[98] < LIMIT_MS
