"""What goes out on a connection: at once where the socket takes it, else held in a bounded queue."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections import deque


class ClientGone(Exception):
    """There is nobody to send to."""


class Output:
    """The sending side of a connection; any thread may use it.

    Attributes:
        held: Bytes that the socket has not taken yet.
        is_open: Whether there is still somebody to send to.
        last_activity: When the client took or sent something, on the clock of `time.monotonic`.
    """

    def __init__(self, connection: socket.socket) -> None:
        self.held = 0
        self.is_open = True
        self.last_activity = time.monotonic()
        self._socket = connection
        self._blocks: deque[memoryview] = deque()
        self._lock = threading.Lock()

    def send(self, data: bytes) -> None:
        """Send what the socket takes at once, and hold the rest.

        PERF: most answers are never held.

        Raises:
            ClientGone: It went away.
        """
        with self._lock:
            if not self.is_open:
                raise ClientGone
            sent = 0
            if not self.held:
                try:
                    sent = self._socket.send(data)
                except BlockingIOError:
                    pass
                except OSError as error:
                    raise ClientGone from error
            if sent < len(data):
                self._blocks.append(memoryview(data)[sent:])
                self.held += len(data) - sent

    def flush(self) -> bool:
        """Send what is held; false when the socket takes no more for now.

        Raises:
            ClientGone: It went away.
        """
        with self._lock:
            while self._blocks:
                if not self.is_open:
                    raise ClientGone
                block = self._blocks[0]
                try:
                    sent = self._socket.send(block)
                except BlockingIOError:
                    return False
                except OSError as error:
                    raise ClientGone from error
                self.held -= sent
                self.last_activity = time.monotonic()
                if sent == len(block):
                    self._blocks.popleft()
                else:
                    self._blocks[0] = block[sent:]
        return True

    def flush_below(self, limit: int, patience_s: float) -> bool:
        """Wait until at most `limit` bytes are held; false when that takes longer.

        Raises:
            ClientGone: It went away.
        """
        while self.held > limit:
            if not self.flush() and self.held > limit and not self.is_ready(patience_s):
                return False
        return True

    def is_ready(self, patience_s: float) -> bool:
        """Wait until the socket takes more; false when that takes longer."""
        poll = select.poll()
        poll.register(self._socket, select.POLLOUT)
        return bool(poll.poll(patience_s * 1000))

    def drop(self) -> None:
        """Send nothing more; what is held is forgotten."""
        with self._lock:
            self.is_open = False
            self._blocks.clear()
            self.held = 0
