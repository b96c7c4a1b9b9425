"""Request bodies that stream: the application begins when the head of a request is complete.

A large body, one of unknown length, and one whose client waits for ``100 Continue`` are read from
the socket by the application's own thread. So an upload is written once, and what is refused is
refused before the body arrives. Smaller bodies are received by the loop, so that no thread waits for
a slow small request; where somebody is asked who they are, the loop judges their heads.

A thread is held only while bytes flow. Where the application asks for a body of which nothing has
come, its call is broken off (nothing has been changed yet), the loop waits for the first bytes, and
the call is made once more.
"""

from __future__ import annotations

import select
import socket
import threading
import time

from s3gw.generated import errors
from s3gw.s3_error import S3Error
from s3gw.server._chunks import ChunkDecoder
from s3gw.server._output import ClientGone, Output
from s3gw.server._rules import Malformed

_BLOCK = 256 * 1024
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

# A client that sends nothing for so long is not waited for; nor is one whose pace over more than
# this time is too slow.
IDLE_S = 30.0

# How long a thread that nobody else needs waits for the first bytes: longer than most round trips.
PATIENCE_S = 0.1

# How often a thread that waits looks whether it still may.
_LOOK_S = 0.5

# What is left of a body that nobody wants is read to keep the connection, up to this.
_DRAIN_BYTES = 1024 * 1024


class BodyStream:
    """A body that is still arriving.

    `read` gives what has come, at most what is asked for, and nothing at the end.

    Attributes:
        is_awaited: Whether the call was broken off because nothing has come yet.
        patience_s: How long a thread waits for the first bytes; without any it does not even look.
    """

    def __init__(self, length: int | None, *, waits: bool, min_rate: int) -> None:
        self.is_awaited = False
        self.patience_s = 0.0
        self._left = length
        self._waits = waits
        self._min_rate = min_rate
        self._chunks = ChunkDecoder() if length is None else None
        self._held = b""
        self._rest = b""
        self._ended = length == 0
        self._lost: errors.ErrorKind | None = None
        self._socket: socket.socket
        self._output: Output
        self._began: float | None = None
        self._last = 0.0
        self._received = 0
        self._lock = threading.Lock()  # of the moment in which it begins

    def bind(self, connection: socket.socket, output: Output) -> None:
        """Read from a connection from now on."""
        self._socket = connection
        self._output = output

    def feed(self, data: bytes) -> None:
        """Take what arrived together with the head. Raise S3Error."""
        if data:
            self._accept(data)
            self._waits = self._waits and not self._ended  # the client has sent all without waiting

    @property
    def ended(self) -> bool:
        """Whether all of the body has been read from the socket."""
        return self._ended

    @property
    def has_begun(self) -> bool:
        """Whether some of it has come."""
        return self._began is not None or self._ended

    def pace(self, now: float) -> float:
        """Give bytes per second so far, 0 where nothing has come for long."""
        if self._began is None or now - self._last > IDLE_S / 6:
            return 0.0
        return self._received / max(1.0, now - self._began)

    def age_s(self, now: float) -> float:
        """Tell since when it holds a thread."""
        return 0.0 if self._began is None else now - self._began

    def give_up_waiting(self) -> bool:
        """Wait for the first bytes no longer, from any thread; false where they have come."""
        with self._lock:
            if self._began is None:
                self.patience_s = 0.0
            return self._began is None

    def go_on(self) -> None:
        """Be read once more, now that something has come, or that nothing will."""
        self.is_awaited = False

    def lose(self, kind: errors.ErrorKind) -> None:
        """Let it end with an error soon, unless all of it is here; from any thread."""
        self._lost = kind

    def take_rest(self) -> bytes:
        """Give what was read beyond the body."""
        rest, self._rest = self._rest, b""
        return rest

    def read(self, size: int = -1) -> bytes:
        """Give the next bytes.

        Raises:
            S3Error: IncompleteBody where the connection ended before the body, RequestTimeout for
                a client that is too slow, SlowDown where another needs the thread more, BadRequest
                for broken chunks.
        """
        while not self._held and not self._ended:
            if self._lost is not None:
                raise S3Error(self._lost)
            self._receive()
        data, self._held = (self._held, b"") if size < 0 else (self._held[:size], self._held[size:])
        return data

    def _receive(self) -> None:
        if self._waits:
            self._waits = False
            try:
                self._output.send(_CONTINUE)
            except ClientGone:
                self._lost = errors.IncompleteBody
                return
        data = self._from_socket()
        if data:
            self._accept(data)
        elif self._lost is None:
            self._lost = errors.IncompleteBody

    def _from_socket(self) -> bytes:
        """Wait for bytes; none when the connection has ended."""
        size = _BLOCK if self._left is None else min(_BLOCK, self._left)
        deadline = time.monotonic() + IDLE_S
        if self._began is None:
            self._await_first_bytes()
        while self._lost is None:
            try:
                return self._socket.recv(size)
            except BlockingIOError:
                pass
            except OSError:
                return b""
            now = time.monotonic()
            if now >= deadline or self._is_too_slow(now):
                self._lost = errors.RequestTimeout
            else:
                _wait(self._socket, min(deadline - now, _LOOK_S))
        return b""

    def _await_first_bytes(self) -> None:
        """Wait for them with patience; break the call off where they do not come."""
        come = bool(self.patience_s) and _wait(self._socket, self.patience_s)
        with self._lock:
            if come and self.patience_s:
                self._began = time.monotonic()
                return
        self.is_awaited = True
        raise S3Error(errors.RequestTimeout)

    def _is_too_slow(self, now: float) -> bool:
        passed_s = self.age_s(now)
        return passed_s > IDLE_S and self._received < passed_s * self._min_rate

    def _accept(self, data: bytes) -> None:
        self._last = time.monotonic()
        if self._began is None:
            self._began = self._last
        self._received += len(data)
        if self._chunks is None:
            assert self._left is not None
            self._held, self._rest = data[: self._left], data[self._left :]
            self._left -= len(self._held)
            self._ended = self._left == 0
            return
        try:
            self._held, self._rest = self._chunks.feed(data)
        except Malformed as error:
            self._lost = errors.BadRequest
            raise S3Error(errors.BadRequest, str(error)) from error
        self._ended = self._chunks.ended

    def unread(self) -> int | None:
        """Tell how many bytes must be read to keep the connection; None where it cannot be kept.

        It cannot where the client still waits for ``100 Continue``, though the body be empty: the AWS
        CLI reads an answer wrongly when one before it on the connection came in the place of that.
        """
        if self._ended and not self._waits:
            return 0
        if self._left is None or self._left > _DRAIN_BYTES or self._waits or self._lost is not None:
            return None
        return self._left


def _wait(connection: socket.socket, seconds: float) -> bool:
    """Wait until something can be read; false where that takes longer."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(seconds * 1000))
