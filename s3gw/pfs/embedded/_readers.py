"""Readers of contents: from the database, from a file, and from several of these in turn."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator

from awscrt import checksums

from s3gw.pfs.interface import CorruptData, FileExtent

# Bytes that share a CRC-32C. PERF: they stay in the processor's cache between check and use.
BLOCK = 256 * 1024


class SmallReader:
    """A body from the database."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def extents(self) -> None:
        """There is no file."""

    def __iter__(self) -> Iterator[bytes]:
        if self.data:
            yield self.data

    def close(self) -> None:
        """Nothing is held."""


class LargeReader:
    """A range of a file, block by block; each is checked before it is given.

    Attributes:
        tell: Is told of a difference that is found while the bytes go out.
    """

    data = None

    def __init__(self, file: int, name: str, size: int, offset: int, length: int) -> None:
        self.tell: Callable[[CorruptData], None] = lambda _: None
        self._range = offset, length
        self._file = file
        self._name = name
        self._size = size
        self._offset = offset
        self._left = length
        self._sums: tuple[int, ...] = ()
        self._seen = bytearray()
        self._checked = offset  # so far all is known to be right
        self._closed = False

    def compare(self, blocks: bytes, seen: bytearray) -> None:
        """Compare blocks with their sums from now on, but for those that were seen to be right."""
        self._sums = struct.unpack(f">{len(blocks) // 4}I", blocks)
        self._seen = seen
        self._buffer = bytearray(BLOCK)

    def extents(self) -> Iterator[FileExtent]:
        """Where the bytes lie."""
        yield FileExtent(self._file, *self._range, self.check)

    def check(self, offset: int, size: int) -> None:
        """Raise `CorruptData` where these bytes are not what was stored."""
        end = offset + size
        while self._sums and self._checked < end:
            number = self._checked // BLOCK
            if not self._seen[number]:
                self._compare(number)
                self._seen[number] = 1
            self._checked = (number + 1) * BLOCK

    def _compare(self, number: int) -> None:
        begin = number * BLOCK
        view = memoryview(self._buffer)[: min(BLOCK, self._size - begin)]
        try:
            read = os.preadv(self._file, [view], begin)
        except OSError:
            read = -1
        if read != len(view) or checksums.crc32c(view) != self._sums[number]:
            what = "cannot be read" if read < 0 else "differs from what was stored"
            error = CorruptData(f"{self._name} {what}, behind byte {begin}.")
            self.tell(error)
            raise error

    def __iter__(self) -> Iterator[bytes]:
        while self._left and not self._closed:
            size = min(BLOCK, self._left)
            self.check(self._offset, size)
            block = os.pread(self._file, size, self._offset)
            if not block:
                raise CorruptData(f"{self._name} has lost its end while it was read.")
            self._offset += len(block)
            self._left -= len(block)
            yield block

    def close(self) -> None:
        """Close the file; again is no error."""
        if not self._closed:
            self._closed = True
            os.close(self._file)

    def __del__(self) -> None:
        self.close()


class BlobPiece:
    """A piece from the database."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._file: int | None = None

    def extents(self) -> Iterator[FileExtent]:
        """Where the bytes lie: in memory that the system takes for a file."""
        self._file = os.memfd_create("piece", os.MFD_CLOEXEC)
        os.write(self._file, self._data)
        yield FileExtent(self._file, 0, len(self._data), lambda _offset, _size: None)

    def __iter__(self) -> Iterator[bytes]:
        yield self._data

    def close(self) -> None:
        """Close the file, where there is one; again is no error."""
        if self._file is not None:
            file, self._file = self._file, None
            os.close(file)


class ComposedReader:
    """The pieces of a file in turn: each is opened when it is needed, and closed before the next.

    Attributes:
        tell: Is told of a piece that is not what was stored, when it is opened.

    Args:
        pieces: Gives them, in order, opened. The first is asked for at once, so that what is wrong with
            it is known before any byte goes out.
    """

    data = None

    def __init__(self, pieces: Iterator[LargeReader | BlobPiece]) -> None:
        self.tell: Callable[[CorruptData], None] = lambda _: None
        self._pieces = pieces
        self._piece = next(pieces, None)

    def _turns(self) -> Iterator[LargeReader | BlobPiece]:
        while self._piece is not None:
            yield self._piece
            self._close_piece()
            try:
                self._piece = next(self._pieces, None)
            except CorruptData as error:
                self.tell(error)
                raise

    def extents(self) -> Iterator[FileExtent]:
        """Where the bytes lie."""
        for piece in self._turns():
            yield from piece.extents()

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._turns():
            yield from piece

    def _close_piece(self) -> None:
        piece, self._piece = self._piece, None
        if piece is not None:
            piece.close()

    def close(self) -> None:
        """Close what is open, and open nothing more; again is no error."""
        self._pieces = iter(())
        self._close_piece()
