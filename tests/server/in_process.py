"""A server of ours in this process, whose loop runs in a thread."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from s3gw.http.wsgi import Face
from s3gw.server._balance import Balance, Seat
from s3gw.server._worker import make_server, turn


@contextmanager
def running(face: Face) -> Iterator[Any]:
    """Run it until the end of the ``with``."""
    ready, stop = threading.Event(), threading.Event()
    made = []

    def run() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            made.append(make_server(face, listener, 2, Seat(Balance(1), 0)))
            ready.set()
            while not stop.is_set():
                turn(made[0])

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(10)
    yield made[0]
    stop.set()
    made[0].loop.wake()
    thread.join(10)
