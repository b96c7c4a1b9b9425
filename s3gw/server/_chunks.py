"""The chunked transfer coding of RFC 9112, section 7.1, decoded; no part of it is kept without bound."""

from __future__ import annotations

import re
from collections.abc import Callable

from s3gw.server._rules import Malformed

_LINE_LIMIT = 4096
_TRAILER_LIMIT = 16 * 1024

_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?")
_FIELD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*")


class ChunkDecoder:
    """Takes a body as it arrives.

    Attributes:
        ended: Whether its end has come.
    """

    def __init__(self) -> None:
        self.ended = False
        self._left = 0
        self._line = b""
        self._trailer_bytes = 0
        self._take_line: Callable[[bytes], None] = self._take_size

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Take bytes.

        Returns:
            What they decode to, and those behind the end of the body.

        Raises:
            Malformed: They are not chunks.
        """
        blocks = []
        at = 0
        while at < len(data) and not self.ended:
            if self._left:
                block = data[at : at + self._left]
                blocks.append(block)
                at += len(block)
                self._left -= len(block)
            else:
                at = self._feed_line(data, at)
        return b"".join(blocks), data[at:]

    def _feed_line(self, data: bytes, at: int) -> int:
        """Take a line, or what there is of it; gives where the next begins."""
        end = data.find(b"\n", at) + 1
        self._line += data[at : end or at + _LINE_LIMIT]
        if len(self._line) > _LINE_LIMIT:
            raise Malformed("A line of the chunked transfer encoding is too long.")
        if not end:
            return len(data)
        line, self._line = self._line, b""
        if not line.endswith(b"\r\n"):
            raise Malformed("A line of the chunked transfer encoding ends with LF alone.")
        self._take_line(line[:-2])
        return end

    def _take_size(self, line: bytes) -> None:
        match = _SIZE.fullmatch(line)
        if match is None:
            raise Malformed("The size of a chunk is malformed.")
        self._left = int(match[1], 16)
        self._take_line = self._take_end_of_chunk if self._left else self._take_trailer

    def _take_end_of_chunk(self, line: bytes) -> None:
        if line:
            raise Malformed("A chunk is longer than it says.")
        self._take_line = self._take_size

    def _take_trailer(self, line: bytes) -> None:
        self._trailer_bytes += len(line)
        if not line:
            self.ended = True
        elif self._trailer_bytes > _TRAILER_LIMIT or not _FIELD.fullmatch(line):
            raise Malformed("The trailer section is malformed or too long.")
