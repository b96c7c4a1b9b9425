"""One request and its answer: what the application gets, and what it gives.

What the application knows of a request, and what it answers, is here alone; who serves it, and where, is
decided by the connection and its server.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from s3gw.generated import errors
from s3gw.http.application import Application
from s3gw.http.layout import BODILESS, Response
from s3gw.http.operation import Way
from s3gw.http.request import Request
from s3gw.http.wsgi import REQUEST
from s3gw.s3_error import S3Error
from s3gw.server._access_log import line_of
from s3gw.server._delivery import Chunked, Delivery
from s3gw.server._request import WireRequest

if TYPE_CHECKING:
    from s3gw.server._connection import Connection

# What tells where a body ends.
_DELIMITERS = frozenset(("Content-Length", "Transfer-Encoding"))

_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class _Variables(dict[str, str]):
    """WSGI's names of header fields, by those in lower case."""

    _MOST = 1000
    _LONGEST = 100

    def __missing__(self, name: str) -> str:
        made = name.upper().replace("-", "_")
        if name not in ("content-length", "content-type"):
            made = f"HTTP_{made}"
        if len(self) < self._MOST and len(name) <= self._LONGEST:
            self[name] = made
        return made


_VARIABLES = _Variables()


class Exchange:
    """A request in progress.

    Attributes:
        request: What was asked.
        request_id: Of this request.
        closes: Whether the connection is closed behind the answer.
        is_answered: Whether the head of an answer has gone out.
        origin: Where it comes from.
        way: How it is served, where it has been routed.
    """

    def __init__(self, request: WireRequest, connection: Connection) -> None:
        self.request = request
        server = connection.server
        self.request_id = server.ids.request()
        self.closes = not request.keeps_alive
        self.is_answered = False
        self._server = server
        self._output = connection.output
        self._connection = connection
        self.origin = connection.origin
        if server.proxies is not None:
            self.origin = server.proxies.origin(self.origin.address, request.fields)
        self.way: Way | None = None
        self._asked: Request | None = None
        self._started = time.time()
        self._status: int | None = None
        self._sent = 0
        self._delivery: Delivery | None = None
        self._was_whole = False

    # --- the request ----------------------------------------------------------------------------

    def asked(self) -> Request:
        """Give the request as the application has it; it is made once."""
        if self._asked is None:
            request = self.request
            self._asked = Request(
                request.method,
                request.target,
                request.fields,
                request.stream or BytesIO(request.body),
                chunked=request.is_chunked,
                arrived=request.stream is None,
                request_id=self.request_id,
                host_id=self._server.ids.host,
                scheme=self.origin.scheme,
                port=self.origin.port,
            )
        return self._asked

    def arrive(self) -> None:
        """Go on with a request that was judged by its head, now that its body is here."""
        self._started = time.time()
        self.rewind()

    def rewind(self) -> None:
        """Let the body, which is here, be read from its beginning."""
        self.asked().stream = BytesIO(self.request.body)

    def _environ(self) -> dict[str, Any]:
        """Give WSGI's environ; names with an underscore would stand for others there."""
        request = self.request
        path, _, query = request.target.partition("?")
        host, port = self._server.address
        return {
            **{_VARIABLES[name]: value for name, value in request.fields.items() if "_" not in name},
            REQUEST: self.asked(),
            "REQUEST_METHOD": request.method,
            "REQUEST_URI": request.target,
            "SERVER_NAME": host,
            "SERVER_PORT": str(port),
            "SERVER_SOFTWARE": "s3gw",
            "SERVER_PROTOCOL": f"HTTP/{request.version}",
            "REMOTE_ADDR": self.origin.address,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path.encode("latin-1")).decode("latin-1"),
            "QUERY_STRING": query,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": self.origin.scheme,
            "wsgi.input": self.asked().stream,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
        }

    # --- the answer -----------------------------------------------------------------------------

    def run(self, face: Callable[..., Iterable[bytes]]) -> None:
        """Let a WSGI application answer: its head goes out now, its body by `push`.

        Where the application waits for a body of which nothing comes, there is no answer yet: see
        `BodyStream.is_awaited`.
        """
        given: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], None]:
            given[:] = [(status, headers)]
            return _no_write

        body = face(self._environ(), start_response)
        stream = self.request.stream
        if stream is not None and stream.is_awaited:
            self.asked().error_code = None  # it is begun anew
            return
        ((status, headers),) = given
        self._answer(int(status[:3]), headers, body)

    def reply(self, response: Response) -> None:
        """Give a response: its head and a small body go out now, another body by `push`."""
        self._answer(*response)

    def refuse(self, error: S3Error) -> None:
        """Answer an error that the application does not know of, and close."""
        self.closes = True
        application: Application = self._server.application
        self.reply(application.fail(self.asked(), error))

    def fail(self) -> None:
        """Answer InternalError, where nothing has been answered yet, and close."""
        self.closes = True
        if not self.is_answered:
            self.refuse(S3Error(errors.InternalError))

    def _answer(self, status: int, headers: list[tuple[str, str]], body: Any) -> None:
        """Send the head, together with a body that is at hand.

        PERF: head and body in one send: a second system call and packet cost more than the join.
        """
        data = _at_hand(body)
        if data is None and self.request.version == "1.1" and not _has_length(headers):
            headers = [*headers, ("Transfer-Encoding", "chunked")]
            body = Chunked(body)
        head = self._head(status, headers)
        if data is None:
            self._delivery = Delivery(body, self._output, self._connection.socket)
        elif hasattr(body, "close"):
            body.close()
        self.is_answered = True
        self._status = status
        self._output.send(head + data if data else head)
        self._sent = len(data or b"")

    def _head(self, status: int, headers: list[tuple[str, str]]) -> bytes:
        """Write the head of the response, with what is the server's own."""
        lines = [f"HTTP/{self.request.version} {_STATUS_LINES[status]}"]
        is_delimited = status in BODILESS
        for name, value in headers:
            lines.append(f"{name}: {value}")
            is_delimited = is_delimited or name in _DELIMITERS
        lines.append(_always(int(self._started)))
        stream = self.request.stream
        if (
            self.closes
            or not is_delimited
            or self._server.is_draining
            or (stream is not None and stream.unread() is None)
        ):
            self.closes = True
            lines.append("Connection: close")
        elif self.request.version == "1.0":
            lines.append("Connection: keep-alive")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    @property
    def is_whole(self) -> bool:
        """Whether the whole answer has been handed over."""
        return self.is_answered and (self._delivery is None or self._delivery.is_whole)

    def push(self) -> bool:
        """Send on; false when the client reads so slowly that the loop is to wait for it.

        Raises:
            ClientGone: It went away.
        """
        return self._delivery is None or self._delivery.push()

    # --- the end --------------------------------------------------------------------------------

    def finish(self) -> None:
        """Release what the answer holds."""
        delivery = self._delivery
        if delivery is not None:
            delivery.close()
        self._was_whole = self._output.is_open and self.is_whole
        if not self._was_whole:
            self.closes = True

    def line(self) -> str:
        """Give the line of the log, at the end."""
        delivery = self._delivery
        return line_of(
            self.asked(),
            status=self._status,
            sent=self._sent if delivery is None else delivery.sent,
            started=self._started,
            address=self.origin.address,
            whole=self._was_whole,
        )


def _has_length(headers: list[tuple[str, str]]) -> bool:
    return any(name == "Content-Length" for name, _ in headers)


def _at_hand(body: Any) -> bytes | None:
    """Give a body whose bytes are all here: a document, Falcon's list, a small file; None for another."""
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    data: bytes | None = b"".join(body) if isinstance(body, list) else body.data
    return data


def _no_write(_data: bytes) -> None:
    raise NotImplementedError("bodies are returned")


@lru_cache(maxsize=2)
def _always(seconds: int) -> str:
    """Write the fields that all responses of a second share."""
    return f"Date: {formatdate(seconds, usegmt=True)}\r\nServer: s3gw"
