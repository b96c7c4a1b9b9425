"""One request and its answer on a connection: ids, the head of the response, the body as it goes out."""

from __future__ import annotations

import itertools
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

from waitress.channel import ClientDisconnected

from s3gw.errors import S3Error
from s3gw.generated import errors
from s3gw.http.call import Answer
from s3gw.http.error import error_answer
from s3gw.pfs.interface import CorruptData, FileExtent
from s3gw.server import _log
from s3gw.server._streaming import Refusal, linger

# waitress's errors by their status.
_ERRORS = {
    400: errors.BadRequest,
    413: errors.EntityTooLarge,
    431: errors.RequestHeaderSectionTooLarge,
    501: errors.NotImplemented,
}
_BODILESS = frozenset(("204", "304"))
_STATUS_LINES = {str(status.value): f"{status.value} {status.phrase}" for status in HTTPStatus}

# What a connection holds back at the most for a client that reads slowly.
_HELD_BYTES = 1024 * 1024

# How long a thread waits for such a client before it leaves the rest to the loop.
_PATIENCE_S = 0.05

_FILE_BLOCK = 8 * 1024 * 1024
_LAST_REQUEST_ID = (1 << 64) - 1


class Ids:
    """The ids that answers of one worker carry; to be made after the fork.

    Attributes:
        host: ``x-amz-id-2``, which tells the worker.
    """

    def __init__(self) -> None:
        self.host = secrets.token_urlsafe(24)
        # PERF: a random beginning and a count are as unique as random numbers, without a system call
        self._numbers = itertools.count(secrets.randbits(64))

    def request(self) -> str:
        """Give the next ``x-amz-request-id``: 16 upper-case hex digits."""
        return f"{next(self._numbers) & _LAST_REQUEST_ID:016X}"


class _Variables(dict[str, str]):
    """WSGI's names of header fields, by waitress's."""

    _MOST = 1000

    def __missing__(self, name: str) -> str:
        made = name if name in ("CONTENT_LENGTH", "CONTENT_TYPE") else f"HTTP_{name}"
        if len(self) < self._MOST:
            self[name] = made
        return made


_VARIABLES = _Variables()


class _Spelled(dict[str, str]):
    """Names of header fields as HTTP/1 writes them, by Falcon's, which are in lower case."""

    def __missing__(self, name: str) -> str:
        self[name] = "-".join(part.capitalize() for part in name.split("-"))
        return self[name]


_SPELLED = _Spelled(etag="ETag")


class Exchange:
    """A request in progress.

    Attributes:
        request_id: Of this request.
        closes: Whether the connection is closed behind the answer.
    """

    def __init__(self, channel: Any, request: Any) -> None:
        self.request = request
        self.request_id: str = channel.server.ids.request()
        self.closes = False
        self._channel = channel
        self._stream = request.stream
        if self._stream is not None:
            self._stream.bind(channel)
        self._note = _log.Note()
        self._started = time.time()
        self._status = "-"
        self._sent = 0
        self._body: Any = None
        self._blocks: Iterator[bytes] = iter(())

    # --- the request ----------------------------------------------------------------------------

    def environ(self) -> dict[str, Any]:
        """Give what the application's lanes need of WSGI's environ."""
        request = self.request
        environ: dict[str, Any] = {_VARIABLES[name]: value for name, value in request.headers.items()}
        environ["REQUEST_METHOD"] = request.command
        environ["REQUEST_URI"] = request.request_uri
        environ["wsgi.input"] = request.get_body_stream()
        environ["s3gw.request_id"] = self.request_id
        environ["s3gw.host_id"] = self._channel.server.ids.host
        environ["s3gw.log"] = self._note
        environ["s3gw.chunked"] = request.chunked
        environ["s3gw.arrived"] = self._stream is None
        return environ

    def _wsgi_environ(self) -> dict[str, Any]:
        server = self._channel.server
        path, _, query = self.request.request_uri.partition("?")
        return {
            **self.environ(),
            "SERVER_NAME": server.server_name,
            "SERVER_PORT": str(server.effective_port),
            "SERVER_SOFTWARE": "s3gw",
            "SERVER_PROTOCOL": f"HTTP/{self.request.version}",
            "REMOTE_ADDR": self._channel.addr[0],
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path.encode("latin-1")).decode("latin-1"),
            "QUERY_STRING": query,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
        }

    # --- the answer -----------------------------------------------------------------------------

    def run(self, application: Callable[..., Iterable[bytes]]) -> None:
        """Let a WSGI application answer: its head goes out now, its body by `push`."""
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], None]:
            begun[:] = [(status, headers)]
            return _no_write

        body = application(self._wsgi_environ(), start_response)
        ((status, headers),) = begun
        self._begin(status[:3], [(_SPELLED[name], value) for name, value in headers], body)

    def reply(self, answer: Answer) -> None:
        """Give an answer: its head and a small body go out now, another body by `push`."""
        self._begin(str(answer.status), answer.headers, answer.body)

    def refuse(self) -> None:
        """Answer what could not be read, or what failed."""
        error = self.request.error
        kind = error.kind if isinstance(error, Refusal) else _ERRORS.get(error.code, errors.InternalError)
        message = kind.message if kind is errors.InternalError else f"{kind.message} {error.body}".strip()
        self.closes = True
        self._reply_error(S3Error(kind, message))

    def fail(self) -> None:
        """Answer InternalError, where nothing has been answered yet, and close."""
        self.closes = True
        if self._status == "-":
            self._reply_error(S3Error(errors.InternalError))

    def _reply_error(self, error: S3Error) -> None:
        resource = getattr(self.request, "request_uri", "").partition("?")[0]
        self.reply(error_answer(error, resource, self.request_id, self._channel.server.ids.host))

    def _begin(self, status: str, headers: list[tuple[str, str]], body: Any) -> None:
        """Send the head, together with a body that is small.

        PERF: head and body in one send: a second system call and packet cost more than the join.
        """
        self._body = body
        self._status = status
        if isinstance(body, bytes):
            length: str | None = str(len(body))
            headers = [("Content-Type", "application/xml"), *headers]
        elif body is None:
            length = "0"
        else:
            length = None
        head = self._head(status, headers, length)
        data = self._small_body(body)
        self._channel.write_soon(head + data if data else head)
        self._sent = len(data)

    def _small_body(self, body: Any) -> bytes:
        """Give a body that needs no `push`; it is closed then."""
        if body is None or getattr(self.request, "command", "") == "HEAD":
            data: bytes | None = b""
        elif isinstance(body, bytes):
            data = body
        elif isinstance(body, list):
            data = b"".join(body)
        else:
            data = body.data
        if data is None:
            self._blocks = iter(body)
            return b""
        self.close_body()
        return data

    def _head(self, status: str, headers: list[tuple[str, str]], length: str | None) -> bytes:
        """Write the head of the response; names are spelled by those who give them."""
        lines = [f"HTTP/{self._version()} {_STATUS_LINES[status]}"]
        for name, value in headers:
            if name == "Content-Length":
                length = value
            else:
                lines.append(f"{name}: {value}")
        bodiless = status in _BODILESS
        if length is not None and not bodiless:
            lines.append(f"Content-Length: {length}")
        request_id, host = self.request_id, self._channel.server.ids.host
        lines.append(f"{_always(int(self._started))}{host}\r\nX-Amz-Request-Id: {request_id}")
        if not self._stays_open(delimited=bodiless or length is not None):
            self.closes = True
            lines.append("Connection: close")
        elif self.request.version == "1.0":
            lines.append("Connection: keep-alive")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _version(self) -> str:
        version: str = self.request.version
        return version if version in ("1.0", "1.1") else "1.0"

    def _stays_open(self, *, delimited: bool) -> bool:
        if self.closes or not delimited or self._channel.server.draining:
            return False
        if self._stream is not None and not self._stream.may_be_drained():
            return False
        connection: str = self.request.headers.get("CONNECTION", "").lower()
        return connection == "keep-alive" if self._version() == "1.0" else connection != "close"

    @property
    def is_whole(self) -> bool:
        """Whether the whole answer has been handed over."""
        return self._status != "-" and self._body is None

    def push(self) -> bool:
        """Send on; false when the client reads so slowly that the loop is to wait for it.

        Raises:
            ClientDisconnected: It went away.
        """
        channel = self._channel
        while self._body is not None:
            extent: FileExtent | None = getattr(self._body, "extent", None)
            if not channel.flush_below(0 if extent else _HELD_BYTES, _PATIENCE_S):
                return False
            if extent is not None and self._sent < extent.size:
                if not self._send_file(extent):
                    return False
            elif extent is None and (block := next(self._blocks, None)) is not None:
                channel.write_soon(block)
                self._sent += len(block)
            else:
                self.close_body()
        return True

    def _send_file(self, extent: FileExtent) -> bool:
        """Send a part of a file without reading it.

        PERF: the bytes go from the page cache to the socket, and none of them through Python.
        """
        channel = self._channel
        offset, left = extent.offset + self._sent, extent.size - self._sent
        size = min(left, _FILE_BLOCK)
        extent.check(offset, size)
        try:
            sent = os.sendfile(channel.socket.fileno(), extent.descriptor, offset, size)
        except BlockingIOError:
            return bool(channel.is_writable(_PATIENCE_S))
        except OSError as error:
            raise ClientDisconnected from error
        if not sent:
            raise CorruptData("A file has lost its end while it was read.")
        self._sent += sent
        channel.last_activity = time.time()
        return True

    def close_body(self) -> None:
        """Release what the body holds; again is no error."""
        body, self._body, self._blocks = self._body, None, iter(())
        if hasattr(body, "close"):
            body.close()

    # --- the end --------------------------------------------------------------------------------

    def end(self) -> None:
        """Deal with what is left of the request's body, and write the line of the log."""
        channel = self._channel
        whole = channel.connected and self.is_whole
        if whole:
            self._end_request()
        else:
            self.closes = True
            self.close_body()
        _log.access(
            request_id=self.request_id,
            note=self._note,
            method=getattr(self.request, "command", "-"),
            status=self._status,
            sent=self._sent,
            started=self._started,
            address=channel.addr[0],
            whole=whole,
        )

    def _end_request(self) -> None:
        stream = self._stream
        unread = self.request.error is not None if stream is None else not stream.ended
        if self.closes:
            if unread and not self._channel.total_outbufs_len:
                linger(self._channel.socket)
        elif stream is None:
            return
        elif stream.ended or stream.drain():
            self._channel.received(stream.take_rest())
        else:
            self.closes = True


def _no_write(_data: bytes) -> None:
    raise NotImplementedError("bodies are returned")


@lru_cache(maxsize=2)
def _always(seconds: int) -> str:
    """Write the fields that all responses of a second share."""
    return f"Date: {formatdate(seconds, usegmt=True)}\r\nServer: s3gw\r\nX-Amz-Id-2: "
