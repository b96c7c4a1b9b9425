"""A server of ours in this process, whose loop runs in a thread."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from s3gw.http.wsgi import Face
from s3gw.server._balance import Balance, Seat
from s3gw.server._heartbeat import Heartbeats
from s3gw.server._server import GatewayServer
from s3gw.server._settings import Settings


@contextmanager
def running(face: Face, **settings: int) -> Iterator[GatewayServer]:
    """Run it until the end of the ``with``."""
    ready, stop = threading.Event(), threading.Event()
    made: list[GatewayServer] = []

    def run() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            seat = Seat(Balance(1), Heartbeats(1), 0)
            made.append(GatewayServer(face, listener, Settings("", 0, threads=2, **settings), seat))
            ready.set()
            while not stop.is_set():
                made[0].turn()
            for connection in list(made[0].connections):
                connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(10)
    yield made[0]
    stop.set()
    made[0].loop.wake()
    thread.join(10)
    made[0].close()
