"""A worker process: waitress's loop and threads around the application."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from waitress.server import create_server

from s3gw.server._admin import serve_admin
from s3gw.server._balance import Inbox, Seat
from s3gw.server._channel import GatewayChannel
from s3gw.server._exchange import Exchange, Ids
from s3gw.server._loop import Loop
from s3gw.server._streaming import UploadDispatcher, refuse_overload
from s3gw.server._writes import WriteLane

if TYPE_CHECKING:
    from s3gw.server._master import Settings

# 8 KiB of URL and as much of headers are S3's own limits; signatures and metadata need room.
HEADER_LIMIT = 64 * 1024

# Streamed bodies at a time, for each thread that serves everything else.
_UPLOADS_PER_THREAD = 4

_log = logging.getLogger(__name__)


def run_worker(
    settings: Settings,
    make_app: Callable[[], Any],
    listener: socket.socket,
    admin: socket.socket | None,
    seat: Seat,
    alive: int,
    tell: int,
    pause_s: float,
) -> int:
    """Serve until SIGTERM, or until the master is gone; the result is the exit status."""
    stop = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the master passes it on
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    if stop.wait(pause_s):
        return 0
    try:
        app = make_app()
    except Exception as error:
        _tell(tell, str(error) or repr(error))
        _log.error("the worker cannot start: %s", error)
        return 1
    server = make_server(app, listener, settings.threads, seat)
    if admin is not None:
        serve_admin(admin, app.application.check)
    signal.signal(signal.SIGTERM, lambda *_: _stop(stop, server))
    threading.Thread(target=_watch, args=(alive, stop, server), daemon=True).start()
    _tell(tell, "ready")
    while not stop.is_set():
        turn(server)
    _drain(server)
    return 0


def make_server(app: Any, listener: socket.socket, threads: int, seat: Seat) -> Any:
    """Make waitress's server around the application, with lanes for what is quick.

    Its attributes that are ours: `loop`, `ids`, `draining`, `uploads`, `writes`; `reads`, the channels
    whose next request the loop itself is about to serve; `hand_over`, which gives a channel to a thread.
    """
    loop = Loop()
    server = create_server(
        app,
        map=loop,
        sockets=[listener],
        threads=threads,
        ident=None,
        backlog=1024,
        connection_limit=4096,
        channel_timeout=120,
        cleanup_interval=10,
        clear_untrusted_proxy_headers=False,
        max_request_header_size=HEADER_LIMIT,
        max_request_body_size=1 << 62,
        # A slow reader holds its producer back long before a buffer would go to a temporary file.
        outbuf_high_watermark=1024 * 1024,
        outbuf_overflow=64 * 1024 * 1024,
    )
    loop.wakes_by(server.trigger)
    server.seat = seat
    server.channel_class = _open_channel
    server.inbox = Inbox(seat.inbox(), lambda connection: _take(server, connection), loop)
    server.loop = loop
    server.draining = False
    server.ids = Ids()
    server.uploads = UploadDispatcher(_UPLOADS_PER_THREAD * threads)
    server.reads = deque()
    server.writes = WriteLane(app.application)
    server.pending_writes = []
    server.hand_over = server.add_task

    def add_task(channel: Any) -> None:
        """Choose who serves the next request of a channel."""
        request = channel.requests[0]
        if request.error is None and request.stream is not None:
            if server.uploads.add_task(channel):
                return
            refuse_overload(request)
        elif request.error is None and loop.in_thread() and not channel.total_outbufs_len:
            exchange = channel.exchange = Exchange(channel, request)
            lane = app.application.route(exchange.asked())
            if lane == "read":
                server.reads.append(channel)
                return
            if lane == "write":
                server.pending_writes.append(channel)
                return
            channel.exchange = None
        server.hand_over(channel)

    def maintenance(now: float) -> None:
        """Close connections on which nothing has happened for long, and that nobody serves."""
        for channel in list(server.active_channels.values()):
            if now - channel.last_activity > server.adj.channel_timeout and channel.is_idle:
                channel.handle_close()

    server.add_task = add_task
    server.maintenance = maintenance
    seat.set_count(0)
    return server


def _open_channel(server: Any, connection: socket.socket, address: Any, adj: Any, map: Any) -> None:  # noqa: A002
    """Serve a connection that was accepted, or leave it to a worker that has fewer."""
    if not server.seat.hand_over(connection):
        GatewayChannel(server, connection, address, adj, map=map)


def _take(server: Any, connection: socket.socket) -> None:
    """Serve a connection that another worker has accepted."""
    with contextlib.suppress(OSError):  # it is gone already
        address = server.fix_addr(connection.getpeername())
        GatewayChannel(server, connection, address, server.adj, map=server.loop)


def turn(server: Any) -> None:
    """Let the loop go round once."""
    server.loop.turn(1.0)
    accepts = server.readable()  # and does its maintenance
    if accepts and not server.draining and not server.loop.reads(server):
        server.loop.announce(server)  # there were too many connections
    if server.pending_writes:
        server.writes.add(server.pending_writes)
        server.pending_writes = []


def _tell(report: int, text: str) -> None:
    """Report to the master, which listens only while the first workers start."""
    with contextlib.suppress(BrokenPipeError):
        os.write(report, text.encode())
    os.close(report)


def _stop(stop: threading.Event, server: Any) -> None:
    stop.set()
    server.loop.wake()  # a signal's handler runs in the loop's thread, which goes on waiting behind it


def _watch(alive: int, stop: threading.Event, server: Any) -> None:
    os.read(alive, 1)
    _stop(stop, server)


def _drain(server: Any) -> None:
    """Finish what is in flight: no new connections, and idle ones are closed."""
    server.draining = True
    server.seat.set_gone()
    server.accepting = False
    server.del_channel()
    while server.active_channels:
        for channel in list(server.active_channels.values()):
            channel.close_if_idle()
        turn(server)
    server.task_dispatcher.shutdown()
    server.uploads.shutdown()
    server.writes.shutdown()
