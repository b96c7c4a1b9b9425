"""The listening socket, which several workers share."""

from __future__ import annotations

import errno
import logging
import socket
import time
from typing import TYPE_CHECKING

from s3gw.server._loop import READ

if TYPE_CHECKING:
    from s3gw.server._server import GatewayServer

_EXHAUSTED = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))
_PAUSE_S = 0.5
_LOG_PAUSE_S = 60.0

# PERF: connections that are accepted before those that are open have their turn. With one at a time, the
# last of a thousand that come at once waits for as many turns of all the others.
_MOST_AT_ONCE = 64

_log = logging.getLogger(__name__)


class Listener:
    """Accepts connections while there is room for them.

    Attributes:
        descriptor: Of the socket.
    """

    def __init__(self, listener: socket.socket, server: GatewayServer) -> None:
        listener.setblocking(False)
        self.descriptor = listener.fileno()
        self._socket = listener
        self._server = server
        self._paused_until: float | None = None
        self._logged = -_LOG_PAUSE_S

    def interest(self) -> int:
        """Wait for connections, but for pauses."""
        return READ if self._paused_until is None else 0

    def advance(self) -> None:
        """There is nothing to go on with."""

    def ready(self, _events: int) -> None:
        """Accept those that have come, up to a bound; where there is no room, one."""
        for number in range(_MOST_AT_ONCE):
            if not self._accept(has_come=number == 0) or self._is_full():
                return

    def _is_full(self) -> bool:
        return len(self._server.connections) >= self._server.most_connections

    def _accept(self, *, has_come: bool) -> bool:
        """Tell whether a connection was accepted; for one that has come one that is idle makes room."""
        server = self._server
        if self._is_full() and not server.make_room():
            self._tell("all connections are in use")
            self._pause()
            return False
        try:
            connection, _ = self._socket.accept()
        except OSError as error:  # most often another worker was quicker
            if has_come and error.errno in _EXHAUSTED:
                self._tell(f"no connection can be accepted: {error.strerror}")
                if not server.make_room():
                    self._pause()
            return False
        server.accept(connection)
        return True

    def _pause(self) -> None:
        self._paused_until = time.monotonic() + _PAUSE_S

    def _tell(self, what: str) -> None:
        """Log it, once a minute."""
        now = time.monotonic()
        if now - self._logged >= _LOG_PAUSE_S:
            self._logged = now
            _log.warning("%s (%d are open); others wait", what, len(self._server.connections))

    def resume(self) -> None:
        """Accept again, after a pause or where there is room now."""
        if self._paused_until is not None and (
            not self._is_full() and time.monotonic() >= self._paused_until
        ):
            self._paused_until = None
            self._server.loop.announce(self)
