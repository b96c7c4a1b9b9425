"""Servers in this process, for tests that look into them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from s3gw.context import Context
from s3gw.http.gateway import create_app
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.server._balance import Balance, Seat
from s3gw.server._heartbeat import Heartbeats
from s3gw.server._server import GatewayServer
from s3gw.server._settings import Settings


@pytest.fixture
def serve(tmp_path) -> Iterator[Callable[..., GatewayServer]]:
    """Make servers with settings, over an empty PFS; the loop of each runs in a thread."""
    with ExitStack() as stack:
        pfs = EmbeddedPFS(tmp_path / "pfs", "process")
        stack.callback(pfs.close)

        def start(**settings) -> GatewayServer:
            ready, stop = threading.Event(), threading.Event()
            made: list[GatewayServer] = []

            def run() -> None:
                with socket.create_server(("127.0.0.1", 0)) as listener:
                    seat = Seat(Balance(1), Heartbeats(1), 0)
                    app = create_app(Context(pfs))
                    made.append(GatewayServer(app, listener, Settings("", 0, threads=2, **settings), seat))
                    ready.set()
                    while not stop.is_set():
                        made[0].turn()
                    for connection in list(made[0].connections):
                        connection.close()
                    made[0].close()

            def end() -> None:
                stop.set()
                made[0].loop.wake()
                thread.join(10)

            thread = threading.Thread(target=run)
            thread.start()
            stack.callback(end)
            assert ready.wait(10)
            return made[0]

        yield start


@pytest.fixture
def server(serve) -> GatewayServer:
    """One with the settings that are usual."""
    return serve()
