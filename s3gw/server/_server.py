"""The server of a worker: its connections, and who serves each request."""

from __future__ import annotations

import heapq
import logging
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from s3gw.generated import errors
from s3gw.http.wsgi import Face
from s3gw.s3_error import S3Error
from s3gw.server import _logging
from s3gw.server._balance import Inbox, Seat
from s3gw.server._connection import Connection
from s3gw.server._ids import Ids
from s3gw.server._kernel import descriptor_limit
from s3gw.server._listener import Listener
from s3gw.server._loop import Loop
from s3gw.server._proxies import Proxies
from s3gw.server._request import WireRequest
from s3gw.server._settings import Settings
from s3gw.server._uploads import Uploads
from s3gw.server._writes import WriteLane

_SWEEP_S = 1.0

_log = logging.getLogger(__name__)


class GatewayServer:
    """Serves an application on a listening socket; to be made and turned in one thread.

    Attributes:
        face: What answers in a thread.
        application: What it is the face of, for the lanes.
        settings: As they were given.
        loop: Watches the listener and the connections.
        address: Host and port.
        ids: Of answers.
        uploads: Who receives large bodies.
        proxies: Whose word counts on who asks, if anybody's.
        connections: All that are open.
        most_connections: How many may be.
        is_draining: Whether there are no new connections any more.
    """

    def __init__(self, face: Face, listener: socket.socket, settings: Settings, seat: Seat) -> None:
        self.face = face
        self.application = face.application
        self.application.forbid_waiting()
        self.settings = settings
        self.address: tuple[str, int] = listener.getsockname()[:2]
        self.ids = Ids()
        self.loop = Loop()
        self.uploads = Uploads(settings.uploads)
        self.proxies = Proxies(settings.trusted_proxies) if settings.trusted_proxies else None
        self.connections: set[Connection] = set()
        # each may need a descriptor for a file too
        self.most_connections = min(settings.connections, descriptor_limit() // 2)
        self.is_draining = False
        self._seat = seat
        self._threads = ThreadPoolExecutor(settings.threads, "request")
        self._upload_threads = ThreadPoolExecutor(settings.uploads + settings.threads, "upload")
        self._writes = WriteLane(self.application)
        self._pending_writes: list[Connection] = []
        self._lines = _logging.Lines()
        self._served_last: Connection | None = None
        self._is_alone = False  # the one that was served last
        self._next_sweep = 0.0
        self._listener = Listener(listener, self)
        self._inbox = Inbox(seat.inbox(), self.open)
        self.loop.add(self._listener)
        self.loop.add(self._inbox)
        seat.set_count(0)

    # --- connections ----------------------------------------------------------------------------

    def accept(self, connection: socket.socket) -> None:
        """Serve a connection that was accepted, or leave it to a worker that has fewer."""
        if not self._seat.hand_over(connection):
            self.open(connection)

    def open(self, connection: socket.socket) -> None:
        """Serve a connection."""
        try:
            address = connection.getpeername()[0]
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:  # it is gone already
            connection.close()
            return
        opened = Connection(self, connection, address)
        self.connections.add(opened)
        self.loop.add(opened)
        self._seat.set_count(len(self.connections))

    def forget(self, connection: Connection) -> None:
        """Count a connection no more that is about to be closed."""
        self.loop.remove(connection)
        self.connections.discard(connection)
        if connection is self._served_last:
            self._served_last = None
        if not self.is_draining:
            self._seat.set_count(len(self.connections))
            self._listener.resume()

    def make_room(self) -> bool:
        """Close the connections that are idle for longest, to have room for others; false where none is.

        PERF: one in 64 of them, so that many new ones do not look at all of the old ones each.
        """
        idle = [connection for connection in self.connections if connection.is_idle or connection.is_over]
        most = max(1, len(idle) // 64)
        longest = heapq.nsmallest(most, idle, key=lambda connection: connection.output.last_activity)
        for connection in longest:
            connection.close()
        return bool(longest)

    # --- requests -------------------------------------------------------------------------------

    def assign(self, connection: Connection, request: WireRequest) -> None:
        """Have a request served: at once, with other writes, or in a thread."""
        self._is_alone, self._served_last = connection is self._served_last, connection
        if request.refusal is not None:
            connection.refuse(request.refusal)
            return
        if request.stream is not None:
            request.stream.patience_s = 0.0
            may_receive = self.uploads.take(request.stream, connection.client)
            if may_receive or not request.stream.has_begun:  # to judge a head takes no time
                self._upload_threads.submit(connection.serve)
            else:
                connection.refuse(S3Error(errors.SlowDown, "All threads for uploads are taken."))
            return
        lane = connection.route()
        if lane == "read":
            connection.begin(self._lines)
        elif lane == "write":
            self._pending_writes.append(connection)
        elif lane == "thread" and self._is_alone:
            connection.glance(self._lines)
        else:
            self.in_thread(connection.serve)

    def in_thread(self, serve: Callable[[], None]) -> None:
        """Call it in a thread; from any."""
        self._threads.submit(serve)

    # --- the loop -------------------------------------------------------------------------------

    def turn(self) -> None:
        """Let the loop go round once."""
        self._seat.beat()
        self.loop.turn(_SWEEP_S)
        if self._pending_writes:
            self._write(self._pending_writes)
            self._pending_writes = []
        self._lines.write()
        now = time.monotonic()
        if now >= self._next_sweep:
            self._next_sweep = now + _SWEEP_S
            self._sweep(now)

    def _write(self, pending: list[Connection]) -> None:
        """Serve writes; that of a client who alone has asked lately here and now, if it is quick."""
        if len(pending) == 1 and self._is_alone:
            self._writes.serve_at_once(pending[0], self._lines)
        else:
            self._writes.add(pending)

    def _sweep(self, now: float) -> None:
        for connection in list(self.connections):
            connection.expire(now)
        self._listener.resume()
        _logging.flush()

    def drain(self) -> None:
        """Finish what is in flight: no new connections, and idle ones are closed."""
        self.is_draining = True
        self._seat.set_gone()
        self.loop.remove(self._listener)
        while self.connections:
            for connection in list(self.connections):
                if connection.is_idle:
                    connection.close()
            self.turn()

    def close(self) -> None:
        """End its threads; nothing is served any more."""
        for threads in (self._threads, self._upload_threads):
            threads.shutdown(wait=False, cancel_futures=True)
        self._writes.shutdown()
        self.loop.close()
