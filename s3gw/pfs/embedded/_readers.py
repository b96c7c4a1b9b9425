"""Readers of contents: from the database, and from several pieces in turn."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from s3gw.pfs.blocks import LargeReader
from s3gw.pfs.interface import CorruptData, FileExtent


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
