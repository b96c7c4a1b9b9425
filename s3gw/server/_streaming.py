"""Request bodies that stream: the application begins when the head of a request is complete.

waitress receives a whole body, into a temporary file when it is large, before it calls the
application. Here a large body, one of unknown length, and one whose client waits for ``100
Continue`` are read from the socket by the application's own thread, through ``wsgi.input``. So an
upload is written once, and what is refused is refused before the body arrives. Smaller bodies stay
with waitress's loop, so that no thread waits for a slow small request.

How this fits into waitress: a request in progress already keeps the loop from reading its socket
(``channel_request_lookahead`` is 0), so the thread that serves it may. What it has read beyond the
body goes back to the channel before the request ends, as the beginning of the next one.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import time
from typing import Any

from waitress.buffers import OverflowableBuffer
from waitress.parser import HTTPRequestParser
from waitress.receiver import ChunkedReceiver, FixedStreamReceiver
from waitress.task import ThreadedTaskDispatcher
from waitress.utilities import Error

from s3gw.errors import S3Error
from s3gw.generated import errors
from s3gw.server._head import read_head

# Bodies up to this size are received by the loop.
SMALL = 64 * 1024

_BLOCK = 256 * 1024
_LENGTH = re.compile(r"[0-9]{1,15}", re.ASCII)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

# A client that sends nothing for so long, or on average less than so much, is not waited for.
_IDLE_S = 30.0
_RATE_BYTES_S = 1024

# What is left of a body that nobody wants is read to keep the connection, up to this; beyond it the
# connection is closed, after a while in which the client can read the answer.
_DRAIN_BYTES = 1024 * 1024
_LINGER_S = 5.0
_LINGER_BYTES = 256 * 1024 * 1024


class _Decoded:
    """Where waitress's receiver of chunks puts what it has decoded."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []

    def append(self, data: bytes) -> None:
        self._blocks.append(data)

    def __len__(self) -> int:
        return sum(map(len, self._blocks))

    def take(self) -> bytes:
        data = b"".join(self._blocks)
        self._blocks.clear()
        return data


class BodyStream:
    """``wsgi.input`` of a body that is still arriving.

    `read` gives what has come, at most what is asked for, and nothing at the end.
    """

    def __init__(self, length: int | None, *, waits: bool) -> None:
        self._left = length
        self._waits = waits
        self._chunks: Any = ChunkedReceiver(_Decoded()) if length is None else None
        self._held = b""
        self._rest = b""
        self._ended = length == 0
        self._lost = False
        self._channel: Any = None
        self._began = time.monotonic()
        self._received = 0

    def bind(self, channel: Any) -> None:
        """Read from the socket of a channel from now on."""
        self._channel = channel

    def feed(self, data: bytes) -> None:
        """Take what arrived together with the head."""
        self._accept(data)

    @property
    def ended(self) -> bool:
        """Whether all of the body has been read from the socket."""
        return self._ended

    def take_rest(self) -> bytes:
        """Give what was read beyond the body."""
        rest, self._rest = self._rest, b""
        return rest

    def read(self, size: int = -1) -> bytes:
        """Give the next bytes.

        Raises:
            S3Error: IncompleteBody where the connection ended before the body, RequestTimeout for
                a client that is too slow, BadRequest for broken chunks.
        """
        while not self._held and not self._ended:
            if self._lost:
                raise S3Error(errors.IncompleteBody)
            self._receive(_IDLE_S)
        data, self._held = (self._held, b"") if size < 0 else (self._held[:size], self._held[size:])
        return data

    def _receive(self, idle_s: float) -> None:
        if self._waits:
            self._waits = False
            self._channel.write_soon(_CONTINUE)
        data = self._from_socket(idle_s)
        if data:
            self._accept(data)
        else:
            self._lost = True

    def _from_socket(self, idle_s: float) -> bytes:
        """Wait for bytes; none when the connection has ended."""
        connection: socket.socket = self._channel.socket
        size = _BLOCK if self._left is None else min(_BLOCK, self._left)
        deadline = time.monotonic() + idle_s
        while True:
            try:
                return connection.recv(size)
            except BlockingIOError:
                pass
            except OSError:
                return b""
            left_s = deadline - time.monotonic()
            if left_s <= 0 or self._is_too_slow():
                self._lost = True
                raise S3Error(errors.RequestTimeout)
            _wait(connection, left_s)

    def _is_too_slow(self) -> bool:
        passed_s = time.monotonic() - self._began
        return passed_s > _IDLE_S and self._received < passed_s * _RATE_BYTES_S

    def _accept(self, data: bytes) -> None:
        self._received += len(data)
        if self._chunks is None:
            assert self._left is not None
            self._held, self._rest = data[: self._left], data[self._left :]
            self._left -= len(self._held)
            self._ended = self._left == 0
            return
        while data and not self._chunks.completed:
            used = self._chunks.received(data)
            data = data[used:]
            if self._chunks.error is not None:
                self._lost = True
                raise S3Error(
                    errors.BadRequest, f"The chunked transfer encoding is broken: {self._chunks.error.body}"
                )
        self._held = self._chunks.buf.take()
        self._ended = self._chunks.completed
        self._rest = data

    def may_be_drained(self) -> bool:
        """Tell whether the connection can be kept although the body was not wanted."""
        known = self._left is not None and self._left <= _DRAIN_BYTES
        return self._ended or (known and not self._waits and not self._lost)

    def drain(self) -> bool:
        """Read what is left; false when it did not come in time."""
        self._waits = False
        with contextlib.suppress(S3Error):
            while not self._ended and not self._lost:
                self._receive(_LINGER_S)
        return self._ended


def linger(connection: socket.socket) -> None:
    """Let a client read the answer before its connection is closed.

    To close while it still sends would reset the connection, and the answer with it.
    """
    deadline = time.monotonic() + _LINGER_S
    dropped = 0
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        while dropped < _LINGER_BYTES and (left_s := deadline - time.monotonic()) > 0:
            _wait(connection, left_s)
            with contextlib.suppress(BlockingIOError):
                data = connection.recv(_BLOCK)
                if not data:
                    return
                dropped += len(data)


def _wait(connection: socket.socket, seconds: float) -> None:
    """Wait until something can be read."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    poll.poll(seconds * 1000)


class StreamingParser(HTTPRequestParser):  # type: ignore[misc] # waitress has no types
    """The head of a request; its body too, where that is small."""

    stream: BodyStream | None = None
    body_rcv: Any
    headers: dict[str, str]
    content_length: int
    headers_finished: bool

    def parse_header(self, header_plus: bytes) -> None:
        """Decide who receives the body."""
        super().parse_header(header_plus)
        if self.chunked:
            self.headers.pop("CONTENT_LENGTH", None)  # the chunks tell, whatever else was said
        if self.body_rcv is None:
            self.expect_continue = False  # waitress would wait for a body that never comes
        elif self.chunked or self.content_length > SMALL or self.expect_continue:
            self._stream_body()

    def _stream_body(self) -> None:
        length = None if self.chunked else self.content_length
        self.stream = BodyStream(length, waits=self.expect_continue)
        self.expect_continue = False
        self.body_rcv = None  # for waitress the request is complete

    def received(self, data: bytes) -> int:
        """Take bytes; those behind the head of a streamed body are all the stream's."""
        used = self._take_head(data) or super().received(data)
        if self.stream is None or not self.headers_finished:
            return used
        try:
            self.stream.feed(data[used:])
        except S3Error as error:
            self.error = Refusal(error.kind, error.message)
        return len(data)

    def _take_head(self, data: bytes) -> int:
        """Take a plain head that comes in one piece; gives its size, or 0 where it is waitress's to read."""
        head = None if self.header_plus or self.headers_finished else read_head(data)
        if head is None or head.size >= self.adj.max_request_header_size:
            return 0
        length = head.fields.get("CONTENT_LENGTH", "0")
        if not _LENGTH.fullmatch(length):
            return 0
        self.command, self.request_uri, self.headers, used = head
        self.version = "1.1"
        self.path = self.request_uri
        self.headers_finished = True
        self.header_bytes_received = used
        self.content_length = int(length)
        if self.content_length > SMALL:
            self._stream_body()
        elif self.content_length:
            self.body_rcv = FixedStreamReceiver(self.content_length, OverflowableBuffer(SMALL + 1))
        self.completed = self.body_rcv is None
        return used

    def get_body_stream(self) -> Any:
        """Give ``wsgi.input``."""
        return self.stream if self.stream is not None else super().get_body_stream()


class Refusal(Error):  # type: ignore[misc]
    """An error of S3 in the place where waitress has its own."""

    def __init__(self, kind: errors.ErrorKind, body: str) -> None:
        super().__init__(body)
        self.kind = kind
        self.code = kind.status


class UploadDispatcher:
    """Threads of their own for streamed bodies, so that slow uploads never keep reads waiting."""

    def __init__(self, threads: int) -> None:
        self._dispatcher = ThreadedTaskDispatcher()
        self._dispatcher.set_thread_count(threads)
        self._threads = threads

    def add_task(self, channel: Any) -> bool:
        """Serve the channel's request, unless all threads are taken."""
        dispatcher = self._dispatcher
        with dispatcher.lock:
            if dispatcher.active_count + len(dispatcher.queue) >= self._threads:
                return False
        dispatcher.add_task(channel)
        return True

    def shutdown(self) -> None:
        """End the threads."""
        self._dispatcher.shutdown()


def refuse_overload(request: Any) -> None:
    """Let the request be answered 503 SlowDown."""
    request.error = Refusal(errors.SlowDown, "All threads for uploads are taken.")
