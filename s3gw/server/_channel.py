"""waitress's connection, as S3 wants it: three lanes, answers that hold no thread, S3 errors."""

from __future__ import annotations

import contextlib
import logging
import select
import socket
from typing import Any

from waitress.channel import ClientDisconnected, HTTPChannel

from s3gw.generated import errors
from s3gw.http.application import Unfinished
from s3gw.http.layout import Response
from s3gw.server._exchange import Exchange
from s3gw.server._streaming import Refusal, StreamingParser

_log = logging.getLogger(__name__)


class GatewayChannel(HTTPChannel):  # type: ignore[misc] # waitress has no types
    """A connection.

    Attributes:
        exchange: The request in progress, where its answer has been begun.
        parked: Whether the rest of an answer waits for a slow client, and no thread does.
    """

    parser_class = StreamingParser

    exchange: Exchange | None = None
    parked = False
    request: Any

    def add_channel(self, map: Any = None) -> None:  # noqa: A002
        """Count it."""
        super().add_channel(map)
        self.server.seat.set_count(len(self.server.active_channels))

    def del_channel(self, map: Any = None) -> None:  # noqa: A002
        """Count it no more."""
        super().del_channel(map)
        if not self.server.draining:
            self.server.seat.set_count(len(self.server.active_channels))

    # --- the loop's side ------------------------------------------------------------------------

    def handle_read(self) -> None:
        """Read what has arrived, and serve what is quick."""
        if self._ends_early():
            self._refuse_short_body()
        else:
            super().handle_read()
        reads = self.server.reads
        while reads:
            reads.popleft().begin()

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

    def writable(self) -> bool:
        """Tell whether there is something to be done when the socket takes more."""
        return bool(self.parked or super().writable())

    def handle_write(self) -> None:
        """Send what is held, then let a thread go on with an answer that was left to the loop."""
        with self.outbuf_lock:
            self._flush_exception(self._flush_some)
        if self.will_close or (self.close_when_flushed and not self.total_outbufs_len):
            self.handle_close()
        elif self.parked and not self.total_outbufs_len:
            self._resume()

    def handle_close(self) -> None:
        """Close it; whoever serves it is told by `connected`."""
        super().handle_close()
        if self.parked:
            self._resume()

    def _resume(self) -> None:
        self.parked = False
        self.server.hand_over(self)

    @property
    def is_idle(self) -> bool:
        """Whether it is the client's turn: to send a request, or to take the rest of an answer."""
        return self.parked or not self.requests

    def close_if_idle(self) -> None:
        """Close it unless a request is on its way, being served, or being answered."""
        if not self.requests and self.request is None and not self.total_outbufs_len:
            self.handle_close()

    # --- lanes ----------------------------------------------------------------------------------

    def begin(self) -> Any:
        """Begin a request of a lane, in whatever thread has it.

        Returns:
            What is to be changed before it can be answered, if anything; it is answered by `end`
            then.
        """
        exchange = self.exchange
        assert exchange is not None
        try:
            outcome = self.server.application.application.begin(exchange.asked())
        except Exception:
            _log.exception("%s: unexpected error", exchange.request_id)
            exchange.fail()
            self._finish(exchange)
            return None
        if outcome is None:
            self.exchange = None
            self.server.hand_over(self)
        elif isinstance(outcome, Unfinished):
            return outcome
        else:
            self.end(outcome)
        return None

    def end(self, answer: Response) -> None:
        """Answer a request of a lane; what does not go out at once is left to a thread."""
        exchange = self.exchange
        assert exchange is not None
        try:
            exchange.reply(answer)
        except ClientDisconnected:
            exchange.closes = True
        except Exception:  # those that wait with it are answered all the same
            _log.exception("%s: unexpected error", exchange.request_id)
            exchange.closes = True
        else:
            if not exchange.is_whole:
                self.server.hand_over(self)
                return
        self._finish(exchange)

    def service(self) -> None:
        """Serve the request in progress in a thread, or go on with its answer."""
        exchange = self.exchange
        begun = exchange is not None
        if exchange is None:
            exchange = self.exchange = Exchange(self, self.requests[0])
        try:
            if not begun and self.connected:
                if exchange.request.error is not None:
                    exchange.refuse()
                else:
                    exchange.run(self.server.application)
            if self.connected and not exchange.push():
                self.parked = True
                self.server.loop.announce(self)
                return
        except ClientDisconnected:
            exchange.closes = True
        except Exception:
            _log.exception("%s: unexpected error", exchange.request_id)
            with contextlib.suppress(ClientDisconnected):
                exchange.fail()
        self._finish(exchange)

    def _finish(self, exchange: Exchange) -> None:
        """End a request, and go on with what the client has sent behind it."""
        exchange.end()
        exchange.request.close()
        self.exchange = None
        with self.requests_lock:
            if exchange.closes:
                self.close_when_flushed = True
                self.requests.clear()
            else:
                self.requests.pop(0)
                if self.requests:
                    self.server.add_task(self)
        loop = self.server.loop
        if self.close_when_flushed or self.total_outbufs_len or not loop.reads(self):
            loop.announce(self)

    # --- output ---------------------------------------------------------------------------------

    def write_soon(self, data: bytes) -> None:
        """Send what the socket takes at once, and hold the rest.

        PERF: most answers never see a buffer.

        Raises:
            ClientDisconnected: There is nobody to send it to.
        """
        with self.outbuf_lock:
            if not self.connected:
                raise ClientDisconnected
            sent = 0
            if not self.total_outbufs_len:
                try:
                    sent = self.socket.send(data)
                except BlockingIOError:
                    pass
                except OSError as error:
                    raise ClientDisconnected from error
            if sent < len(data):
                self.outbufs[-1].append(data[sent:])
                self.total_outbufs_len += len(data) - sent

    def flush_below(self, limit: int, patience_s: float) -> bool:
        """Wait until at most `limit` bytes are held; false when that takes longer.

        Raises:
            ClientDisconnected: There is nobody to send them to.
        """
        while self.total_outbufs_len > limit:
            with self.outbuf_lock:
                if not self.connected:
                    raise ClientDisconnected
                flushed, failed = self._flush_exception(self._flush_some, do_close=False)
            if failed:
                raise ClientDisconnected
            if not flushed and not self.is_writable(patience_s):
                return False
        return True

    def is_writable(self, patience_s: float) -> bool:
        """Wait until the socket takes more; false when that takes longer."""
        poll = select.poll()
        poll.register(self.socket, select.POLLOUT)
        return bool(poll.poll(patience_s * 1000))
