"""A client's connection: one request after the other, each served by the loop or by a thread.

Whoever serves a request owns the connection's socket until it gives it back; all else is the loop's,
which reads requests, sends what is held for a slow client, and gets rid of what nobody wants.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from s3gw.generated import errors
from s3gw.http.application import Unfinished
from s3gw.http.layout import Response
from s3gw.http.operation import Way
from s3gw.pfs.interface import PFSError
from s3gw.s3_error import S3Error
from s3gw.server._body import IDLE_S, BodyStream
from s3gw.server._exchange import Exchange
from s3gw.server._logging import Lines, write_line
from s3gw.server._loop import READ, WRITE
from s3gw.server._output import ClientGone, Output
from s3gw.server._proxies import Origin
from s3gw.server._request import RequestReader, WireRequest

if TYPE_CHECKING:
    from s3gw.server._server import GatewayServer

_RECEIVE = 64 * 1024

# Of requests that a client sends all at once, before others have their turn.
_MOST_AT_ONCE = 16

# A client that was answered before it has sent its body has so much time to send the rest, or to read
# the answer: a connection that is closed while it sends is reset, and the answer with it.
_LINGER_S = 5.0
_LINGER_BYTES = 256 * 1024 * 1024

_log = logging.getLogger(__name__)


class _State(Enum):
    """Whose turn it is."""

    READS = auto()  # the client's: to send a request, or to take what is held
    SERVED = auto()  # that of whoever serves a request
    AWAITS_BODY = auto()  # the client's: to send the first bytes of a body
    PARKED = auto()  # the client's: to take so much that a thread can go on with the answer
    LINGERS = auto()  # the client's: to close
    CLOSED = auto()


class Connection:
    """A connection.

    Attributes:
        descriptor: Of its socket.
        socket: Not blocking.
        origin: The other end; for each request see `client`.
        output: Its sending side.
        server: Whose it is.
    """

    def __init__(self, server: GatewayServer, connection: socket.socket, address: str) -> None:
        connection.setblocking(False)
        self.socket = connection
        self.descriptor = connection.fileno()
        self.origin = Origin(address)
        self.output = Output(connection)
        self.server = server
        self._state = _State.READS
        self._reader = RequestReader(server.settings)
        self._unread = b""
        self._unwanted = 0  # bytes of a body that nobody wants
        self._exchange: Exchange | None = None
        self._closes = False  # once what is held is sent
        self._lingers = False  # before that, since the client still sends
        self._deadline: float | None = None  # of a body, or of the end

    # --- the loop's side ------------------------------------------------------------------------

    def interest(self) -> int:
        """Tell what it waits for."""
        state = self._state
        if state is _State.READS:
            if self.output.held:
                return WRITE
            return 0 if self._unread else READ  # what has come is served first; it is announced
        if state is _State.PARKED:
            return WRITE
        return READ if state is _State.AWAITS_BODY or state is _State.LINGERS else 0

    def ready(self, events: int) -> None:
        """Read what has arrived and serve what is quick, or send what is held."""
        self._guard(self._send_held if events & WRITE else self._receive)

    def advance(self) -> None:
        """Go on with what is due: the next request, or the end."""
        self._guard(self._go_on)

    def _guard(self, step: Callable[[], None]) -> None:
        """Whatever happens to one connection, the loop serves the others."""
        try:
            step()
        except (ClientGone, OSError):
            self._abandon()
        except Exception:
            _log.exception("a connection fails")
            self._abandon()

    def _abandon(self) -> None:
        """Close it after a failure of whoever has it."""
        if self._state is _State.SERVED:
            self._state = _State.READS
        self.close()

    def _send_held(self) -> None:
        if self.output.flush() and self._state is _State.PARKED:
            self._state = _State.SERVED
            self.server.in_thread(self.serve)
        self._go_on()

    def _go_on(self) -> None:
        if self._unread:
            self._take_requests()
        if self._state is not _State.READS or self.output.held:
            return
        if not self.output.is_open:
            self.close()
        elif self._closes:
            self._end()

    def expire(self, now: float) -> None:
        """Give the client up where it was waited for too long."""
        self._guard(lambda: self._expire(now))

    def _expire(self, now: float) -> None:
        state, reader = self._state, self._reader
        if state is _State.SERVED or state is _State.CLOSED:
            return
        silent = now - self.output.last_activity > self.server.settings.idle_timeout_s
        if state is _State.AWAITS_BODY:
            if self._is_late(now):
                self._refuse_body(errors.RequestTimeout)
        elif state is _State.READS and reader.has_part and not self.output.held:
            if reader.deadline is not None and now > reader.deadline:
                self._serve_part(errors.RequestTimeout)
        elif silent or self._is_late(now) or (reader.deadline is not None and now > reader.deadline):
            self.close()

    def _is_late(self, now: float) -> bool:
        return self._deadline is not None and now > self._deadline

    def _receive(self) -> None:
        try:
            data = self.socket.recv(_RECEIVE)
        except BlockingIOError:  # a thread that read a body was quicker
            return
        if not data:
            self._end_input()
            return
        self.output.last_activity = time.monotonic()
        if self._state is _State.AWAITS_BODY:
            self._take_body(data)
        elif self._state is _State.LINGERS:
            self._unwanted -= len(data)
            if self._unwanted < 0:
                self.close()
        else:
            self._unread = self._drop(data) if self._unwanted else data
        self._go_on()

    def _take_requests(self) -> None:
        """Read requests from what has arrived; those that the loop serves are over at once."""
        taken = 0
        while self._unread and self._state is _State.READS and not (self.output.held or self._closes):
            if taken == _MOST_AT_ONCE:
                self.server.loop.announce(self)
                return
            taken += 1
            request, self._unread = self._reader.feed(self._unread)
            if request is not None:
                self._take(request)
            elif self._exchange is None and self.server.application.judges_heads:
                self._judge_head()

    def _judge_head(self) -> None:
        """Refuse a request before its body has come, where that would change nothing."""
        begun = self._reader.begun
        if begun is not None:
            self._exchange = Exchange(begun, self)
            refusal = self.server.application.refusal(self._exchange.asked())
            if refusal is not None:
                self._take(self._reader.refuse(refusal))

    def _take(self, request: WireRequest) -> None:
        self._state = _State.SERVED
        if self._exchange is None:
            self._exchange = Exchange(request, self)
        else:
            self._exchange.arrive()
        if request.stream is not None:
            request.stream.bind(self.socket, self.output)
        self.server.assign(self, request)

    def _end_input(self) -> None:
        """The client sends nothing more; within a body that may be its own side alone."""
        if self._state is _State.AWAITS_BODY:
            self._refuse_body(errors.IncompleteBody)
        elif self._state is _State.READS and self._reader.begun is not None:
            self._serve_part(errors.IncompleteBody)
        else:
            self.close()

    def _serve_part(self, kind: errors.ErrorKind) -> None:
        """Answer a request of which only a part has come."""
        self._take(self._reader.refuse(S3Error(kind)))
        self._go_on()

    def _take_body(self, data: bytes) -> None:
        """Go on with a request whose body has begun to come."""
        assert self._exchange is not None
        stream = self._exchange.request.stream
        assert stream is not None
        stream.go_on()
        self._state = _State.SERVED
        self._deadline = None
        try:
            stream.feed(data)
        except S3Error as error:
            self.refuse(error)
        else:
            self.server.assign(self, self._exchange.request)

    def _refuse_body(self, kind: errors.ErrorKind) -> None:
        """Answer a request whose body does not come."""
        self._state = _State.SERVED
        self._deadline = None
        self.refuse(S3Error(kind))
        self._go_on()

    def _drop(self, data: bytes) -> bytes:
        """Drop the rest of a body that nobody wants; gives what is behind it."""
        rest = data[self._unwanted :]
        self._unwanted -= len(data) - len(rest)
        if not self._unwanted:
            self._deadline = None
        return rest

    def _end(self) -> None:
        """Close it; where the client still sends, once it has had the time to read the answer."""
        if not self._lingers:
            self.close()
            return
        self._state = _State.LINGERS
        self._unwanted = _LINGER_BYTES
        self._deadline = time.monotonic() + _LINGER_S
        self.socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close it; where it is being served, whoever does so is told, and gives it back."""
        self.output.drop()
        if self._state is _State.SERVED:
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)
        elif self._state is _State.PARKED:
            self._state = _State.SERVED
            self.server.in_thread(self.serve)  # what an answer holds may take time to be released
        elif self._state is not _State.CLOSED:
            if self._state is _State.AWAITS_BODY:
                self._finish()
            self._state = _State.CLOSED
            self.server.forget(self)
            self.socket.close()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is lost by closing it."""
        busy = self._reader.has_part or self._unread or self._unwanted or self.output.held
        return self._state is _State.READS and not busy

    @property
    def is_over(self) -> bool:
        """Whether it has been answered for the last time."""
        return self._state is _State.LINGERS

    # --- whoever serves the request ---------------------------------------------------------------

    @property
    def client(self) -> str:
        """The address of whoever sends the request: behind a trusted proxy that of the client there."""
        assert self._exchange is not None
        return self._exchange.origin.address

    def route(self) -> Way | None:
        """Tell how the request, whose body is here, is served; see `Application.route`."""
        exchange = self._exchange
        assert exchange is not None
        exchange.way = self.server.application.route(exchange.asked())
        return exchange.way

    def begin(self, lines: Lines) -> Unfinished[Any] | None:
        """Begin a request of a lane.

        Args:
            lines: Of the log; that of the request is added to them.

        Returns:
            What is to be changed before it can be answered, if anything; it is answered by `answer`
            then.
        """
        exchange = self._exchange
        assert exchange is not None
        try:
            outcome = self.server.application.begin(exchange.asked())
        except Exception:
            self.fail()
            return None
        if outcome is None:
            if exchange.request.stream is None:
                exchange.rewind()
            self.server.in_thread(self.serve)
        elif isinstance(outcome, Unfinished):
            return outcome
        else:
            self.answer(outcome, lines)
        return None

    def glance(self, lines: Lines) -> None:
        """Serve the request of a client who is alone: by what is kept, or in a thread. See `begin`."""
        exchange = self._exchange
        assert exchange is not None
        try:
            response = self.server.application.glance(exchange.asked())
        except Exception:
            self.fail()
            return
        if response is None:
            self.server.in_thread(self.serve)
        else:
            self.answer(response, lines)

    def answer(self, response: Response, lines: Lines) -> None:
        """Answer a request of a lane; what does not go out at once is left to a thread. See `begin`."""
        exchange = self._exchange
        assert exchange is not None
        try:
            exchange.reply(response)
        except ClientGone:
            exchange.closes = True
        except Exception:  # those that wait with it are answered all the same
            self.fail()
            return
        else:
            if not exchange.is_whole:
                self.server.in_thread(self.serve)
                return
        # PERF: the client sends its next request meanwhile, and the loop is to read it at once
        self._finish(lines)

    def refuse(self, error: S3Error) -> None:
        """Answer a request that the application is not asked about."""
        exchange = self._exchange
        assert exchange is not None
        self._last_try(lambda: exchange.refuse(error))

    def serve(self) -> None:
        """Serve the request in a thread, or go on with its answer."""
        exchange = self._exchange
        assert exchange is not None
        stream = exchange.request.stream
        try:
            if self.output.is_open and not exchange.is_answered:
                if exchange.way == "thread":  # PERF: the way through WSGI and Falcon takes 80 us
                    exchange.reply(self.server.application.answer(exchange.asked()))
                else:
                    exchange.run(self.server.face)
            if stream is not None:
                self.server.uploads.release(stream)
                if stream.is_awaited:
                    self._give_back(_State.AWAITS_BODY, time.monotonic() + IDLE_S)
                    return
            if self.output.is_open and not exchange.push():
                self._give_back(_State.PARKED, None)
                return
        except ClientGone:
            exchange.closes = True
        except PFSError as error:  # while a body went out; what comes before is answered
            _log.warning("%s: the body ends early: %s", exchange.request_id, error)
            self._last_try(exchange.fail)
            return
        except Exception:
            self.fail()
            return
        self._finish()

    def fail(self) -> None:
        """Answer InternalError, where nothing has been answered yet; after an unexpected error."""
        exchange = self._exchange
        assert exchange is not None
        _log.exception("%s: unexpected error", exchange.request_id)
        self._last_try(exchange.fail)

    def _last_try(self, answer: Callable[[], None]) -> None:
        """Answer, and end the request whatever comes of it: nobody else would."""
        try:
            answer()
        except ClientGone:
            pass
        except Exception:
            _log.exception("a request cannot be answered")
            self.output.drop()
        self._finish()

    def _give_back(self, state: _State, deadline: float | None) -> None:
        """Leave it to the loop to wait for the client."""
        self._deadline = deadline
        self._state = state
        self.server.loop.announce(self)

    def _finish(self, lines: Lines | None = None) -> None:
        """End the request; what the client has sent behind it is read next.

        Its line of the log is written at once, or at the very end added to others.
        """
        exchange, self._exchange = self._exchange, None
        assert exchange is not None
        try:
            exchange.finish()
            if lines is None:
                write_line(exchange.line())
        except Exception:
            _log.exception("%s: unexpected error", exchange.request_id)
            self.output.drop()
        stream = exchange.request.stream
        if stream is not None:
            self.server.uploads.release(stream)
        if exchange.closes:
            self._closes = True
            unread = self._unread or (stream is not None and not stream.ended)
            self._lingers = exchange.request.refusal is not None or bool(unread)
        elif stream is not None:
            self._leave_body(stream)
        self.output.last_activity = time.monotonic()  # the time of being served does not count
        loop = self.server.loop
        self._state = _State.READS
        due = self._unread or self._closes or self.output.held or not self.output.is_open
        if due or not loop.reads(self):
            loop.announce(self)
        if lines is not None:
            try:
                lines.add(exchange.line())
            except Exception:
                _log.exception("%s: unexpected error", exchange.request_id)

    def _leave_body(self, stream: BodyStream) -> None:
        """Have the rest of a body dropped that was not wanted, and what was read beyond it read."""
        self._unread = stream.take_rest()
        self._unwanted = stream.unread() or 0
        if self._unwanted:
            self._deadline = time.monotonic() + _LINGER_S
