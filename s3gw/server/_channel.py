"""waitress's connection and request, as S3 wants them: ids, S3 errors, connections that stay open."""

from __future__ import annotations

import contextlib
import itertools
import secrets
import socket
from email.utils import formatdate
from functools import lru_cache
from typing import Any

from waitress.channel import HTTPChannel
from waitress.task import ErrorTask, Task, WSGITask

from s3gw.errors import S3Error
from s3gw.generated import errors
from s3gw.http.error import error_answer
from s3gw.server import _log
from s3gw.server._streaming import Refusal, StreamingParser, linger

_ERRORS = {
    400: errors.BadRequest,
    413: errors.EntityTooLarge,
    431: errors.RequestHeaderSectionTooLarge,
    501: errors.NotImplemented,
}
_BODILESS = ("1", "204", "304")

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


class TooLarge(BaseException):
    """The loop must not write such a response; a thread will. Nothing was written yet."""


class _Names(dict[str, str]):
    """Header names as HTTP/1 writes them; there are few, each is spelled out once."""

    def __missing__(self, name: str) -> str:
        spelled = "-".join(part.capitalize() for part in name.split("-"))
        self[name] = spelled
        return spelled


_NAMES = _Names(etag="ETag")


class _GatewayTask(Task):  # type: ignore[misc] # waitress has no types
    """What all answers share: ids in the headers, a line in the log, an open connection."""

    close_on_finish: bool
    wrote_header: bool

    def __init__(self, channel: Any, request: Any) -> None:
        super().__init__(channel, request)
        self.ids: Ids = channel.server.ids
        self.request_id = self.ids.request()
        self.note = _log.Note()
        self.stream = request.stream
        if self.stream is not None:
            self.stream.bind(channel)

    def service(self) -> None:
        """Serve the request, then write its line."""
        try:
            super().service()
        except TooLarge:
            raise  # it is served again, and has its line then
        except BaseException:
            self._log_access(whole=False)
            raise
        whole = self.channel.connected
        if whole:
            self._end_body()
        self._log_access(whole=whole)

    def _log_access(self, *, whole: bool) -> None:
        _log.access(
            request_id=self.request_id,
            note=self.note,
            method=getattr(self.request, "command", "-"),
            status=self.status[:3],
            sent=self.content_bytes_written,
            started=self.start_time,
            address=self.channel.addr[0],
            whole=whole,
        )

    def write(self, data: bytes) -> None:
        """Write a part of the body."""
        # PERF: head and body in one send: a second system call and packet cost more than the join
        if data and not self.wrote_header and self.content_length == len(data):
            self.wrote_header = True
            self.content_bytes_written = len(data)
            self.channel.write_soon(self.build_response_header() + data)
        else:
            super().write(data)

    def _end_body(self) -> None:
        """Deal with what is left of the body, and with what came behind it."""
        stream = self.stream
        unread = self.request.error is not None if stream is None else not stream.ended
        if self.close_on_finish:
            if unread and not self.channel.total_outbufs_len:
                linger(self.channel.socket)
        elif stream is None:
            return
        elif stream.ended or stream.drain():
            self.channel.received(self.stream.take_rest())
        else:
            self.close_on_finish = True

    def build_response_header(self) -> bytes:
        """Write the head of the response.

        waitress closes the connection after each answer without a length, 204 and 304 among them,
        and sorts and spells the headers anew for each.
        """
        bodiless = self.status.startswith(_BODILESS)
        lines = [f"HTTP/{self.version} {self.status}"]
        length = None if self.content_length is None else str(self.content_length)
        for name, value in self.response_headers:
            if name.lower() == "content-length":
                length = value
            else:
                lines.append(f"{_NAMES[name]}: {value}")
        if bodiless:
            length = None
        elif length is not None:
            lines.append(f"Content-Length: {length}")
        elif self.version == "1.1":
            lines.append("Transfer-Encoding: chunked")
            self.chunked_response = True
        lines += (
            f"Date: {_date(int(self.start_time))}",
            "Server: s3gw",
            f"X-Amz-Request-Id: {self.request_id}",
            f"X-Amz-Id-2: {self.ids.host}",
        )
        if not self._stays_open(delimited=bodiless or length is not None or self.chunked_response):
            self.close_on_finish = True
            lines.append("Connection: close")
        elif self.version == "1.0":
            lines.append("Connection: keep-alive")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _stays_open(self, *, delimited: bool) -> bool:
        if self.close_on_finish or not delimited or self.channel.server.draining:
            return False
        if self.stream is not None and not self.stream.may_be_drained():
            return False
        connection: str = self.request.headers.get("CONNECTION", "").lower()
        return connection == "keep-alive" if self.version == "1.0" else connection != "close"


class GatewayTask(_GatewayTask, WSGITask):  # type: ignore[misc]
    """A request for the application."""

    def get_environment(self) -> dict[str, Any]:
        """Add the ids and the note to WSGI's environ."""
        environ: dict[str, Any] = super().get_environment()
        environ["s3gw.request_id"] = self.request_id
        environ["s3gw.host_id"] = self.ids.host
        environ["s3gw.log"] = self.note
        environ["s3gw.chunked"] = self.request.chunked
        environ["s3gw.on_loop"] = self.channel.on_loop
        return environ


class GatewayErrorTask(_GatewayTask, ErrorTask):  # type: ignore[misc]
    """A request that waitress could not read, or an application that failed: S3's XML all the same."""

    def execute(self) -> None:
        """Write the error."""
        error = self.request.error
        kind = error.kind if isinstance(error, Refusal) else _ERRORS.get(error.code, errors.InternalError)
        message = kind.message if kind is errors.InternalError else f"{kind.message} {error.body}".strip()
        resource = getattr(self.request, "request_uri", "").partition("?")[0]
        answer = error_answer(S3Error(kind, message), resource, self.request_id, self.ids.host)
        assert isinstance(answer.body, bytes)
        body = answer.body
        self.status = f"{kind.status} {kind.code}"
        self.response_headers = [("Content-Type", "application/xml"), *answer.headers]
        self.content_length = len(body)
        self.close_on_finish = True
        self.write(b"" if getattr(self.request, "command", "") == "HEAD" else body)


class GatewayChannel(HTTPChannel):  # type: ignore[misc]
    """A connection.

    Attributes:
        on_loop: Whether the loop itself serves the request in progress.
    """

    parser_class = StreamingParser

    task_class = GatewayTask
    error_task_class = GatewayErrorTask
    on_loop = False
    request: Any
    _quick = False

    def serve_quickly(self) -> None:
        """Let the loop serve the next request when it has read what has arrived."""
        self._quick = True

    def handle_read(self) -> None:
        """Read what has arrived, and serve what is quick at once.

        PERF: to hand a request over to a thread and back costs more than to look a small object
        up: 1 KiB GETs are 2 x as fast without.
        """
        if self._ends_early():
            self._refuse_short_body()
            return
        super().handle_read()
        while self._quick:
            self._quick = False
            self.on_loop = True
            try:
                self.service()
            except TooLarge:
                self.on_loop = False  # before a thread can look
                self.server.hand_over(self)
            else:
                self.on_loop = False

    def _ends_early(self) -> bool:
        """Tell whether the client has ended its side within a body that the loop receives."""
        if self.request is None or self.request.body_rcv is None:
            return False
        with contextlib.suppress(OSError):
            return bool(self.socket.recv(1, socket.MSG_PEEK) == b"")
        return False

    def _refuse_short_body(self) -> None:
        """Let the request be answered: the client may have ended its own side alone."""
        with self.requests_lock:
            request, self.request = self.request, None
            request.error = Refusal(errors.IncompleteBody, "")
            request.completed = True
            self.requests.append(request)
            if len(self.requests) == 1:
                self.server.add_task(self)

    def write_soon(self, data: Any) -> int:
        """Send at once what the socket takes; the rest goes to waitress's buffers."""
        if not isinstance(data, bytes) or self.total_outbufs_len or not self.connected:
            count: int = super().write_soon(data)
            return count
        # PERF: most answers never see a buffer
        with self.outbuf_lock:
            sent = 0
            if not self.total_outbufs_len:
                with contextlib.suppress(OSError):
                    sent = self.socket.send(data)
            if sent < len(data):
                super().write_soon(data[sent:])
        return len(data)

    def close_if_idle(self) -> None:
        """Close it unless a request is on its way, being served, or being answered."""
        if not self.requests and self.request is None and not self.total_outbufs_len:
            self.handle_close()


@lru_cache(maxsize=2)
def _date(seconds: int) -> str:
    """Give HTTP's date; the same for all responses of a second."""
    return formatdate(seconds, usegmt=True)
