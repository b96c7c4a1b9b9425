"""A worker process: a server around the application, from its start to its end."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable

from s3gw.http.wsgi import Face
from s3gw.server._admin import serve_admin
from s3gw.server._balance import Seat
from s3gw.server._server import GatewayServer
from s3gw.server._settings import Settings

_log = logging.getLogger(__name__)


def run_worker(
    settings: Settings,
    make_app: Callable[[], Face],
    listener: socket.socket,
    admin: socket.socket | None,
    seat: Seat,
    tell: int,
    pause_s: float,
) -> int:
    """Serve until SIGTERM; the result is the exit status."""
    stop = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the master passes it on
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    if stop.wait(pause_s):
        return 0
    try:
        face = make_app()
    except Exception as error:
        if not _tell(tell, str(error) or repr(error)):
            _log.error("the worker cannot start: %s", error)
        return 1
    server = GatewayServer(face, listener, settings, seat)
    if admin is not None:
        serve_admin(admin, face.application.check)

    def end(*_: object) -> None:
        stop.set()
        server.loop.wake()  # the handler runs in the loop's thread, which goes on waiting behind it

    signal.signal(signal.SIGTERM, end)
    _tell(tell, "ready")
    while not stop.is_set():
        server.turn()
    server.drain()
    server.close()
    return 0


def _tell(report: int, text: str) -> bool:
    """Report to the master, which listens only while the first workers start; tell whether it does."""
    try:
        os.write(report, text.encode())
    except BrokenPipeError:
        return False
    finally:
        os.close(report)
    return True
