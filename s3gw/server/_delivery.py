"""The body of an answer on its way out, at the pace of the client."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable, Iterator
from typing import Any

from s3gw.pfs.interface import CorruptData, FileExtent
from s3gw.server._output import ClientGone, Output

# What a connection holds back at the most for a client that reads slowly.
_HELD_BYTES = 256 * 1024

# How long a thread waits for a client before it leaves the rest to the loop; once, it is slow then.
_PATIENCE_S = 0.05

_FILE_BLOCK = 8 * 1024 * 1024


class Delivery:
    """A body that is streamed.

    Attributes:
        sent: Bytes that were handed over.
        is_whole: Whether all were.
    """

    def __init__(self, body: Iterable[bytes], output: Output, connection: socket.socket) -> None:
        self.sent = 0
        self.is_whole = False
        self._body: Any = body
        extents: Iterator[FileExtent] | None = body.extents() if hasattr(body, "extents") else None
        self._extents = extents
        self._extent: FileExtent | None = None
        self._extent_sent = 0
        self._blocks: Iterator[bytes] = iter(body) if extents is None else iter(())
        self._output = output
        self._socket = connection
        self._patience_s = _PATIENCE_S

    def push(self) -> bool:
        """Send on; false when the client reads so slowly that the loop is to wait for it.

        Raises:
            ClientGone: It went away.
        """
        while not self.is_whole:
            if not self._output.flush_below(_HELD_BYTES if self._extents is None else 0, self._patience_s):
                self._patience_s = 0.0
                return False
            if self._extents is not None:
                if self._extent is None:
                    self._extent, self._extent_sent = next(self._extents, None), 0
                    self.is_whole = self._extent is None
                elif self._extent_sent == self._extent.size:
                    self._extent = None
                elif not self._send_file(self._extent):
                    self._patience_s = 0.0
                    return False
            elif (block := next(self._blocks, None)) is None:
                self.is_whole = True
            else:
                self._output.send(block)
                self.sent += len(block)
        return True

    def _send_file(self, extent: FileExtent) -> bool:
        """Send a part of a file without reading it.

        PERF: the bytes go from the page cache to the socket, and none of them through Python.
        """
        if not self._output.is_open:
            raise ClientGone
        offset, left = extent.offset + self._extent_sent, extent.size - self._extent_sent
        size = min(left, _FILE_BLOCK)
        extent.check(offset, size)
        try:
            sent = os.sendfile(self._socket.fileno(), extent.descriptor, offset, size)
        except BlockingIOError:
            return self._output.is_ready(self._patience_s)
        except OSError as error:
            raise ClientGone from error
        if not sent:
            raise CorruptData("A file has lost its end while it was read.")
        self.sent += sent
        self._extent_sent += sent
        self._output.last_activity = time.monotonic()
        return True

    def close(self) -> None:
        """Release what the body holds; again is no error."""
        body, self._body, self._blocks = self._body, None, iter(())
        self._extent = self._extents = None
        if hasattr(body, "close"):
            body.close()


class Chunked:
    """A body whose length nobody knows, in chunks (RFC 9112, section 7.1)."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        for block in self._body:
            if block:
                yield b"%x\r\n%b\r\n" % (len(block), block)
        yield b"0\r\n\r\n"

    def close(self) -> None:
        """Release what it holds."""
        self._body.close()
