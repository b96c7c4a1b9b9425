"""Whether a content is what was stored, byte by byte."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from pathlib import Path

from awscrt import checksums

from s3gw.pfs.blocks import BLOCK, BlockSums
from s3gw.pfs.embedded._pieces import StoredPiece, read_pieces
from s3gw.pfs.embedded._rows import Content
from s3gw.pfs.interface import CorruptData

_GONE = "its content is missing"
_DIFFERS = "its content differs from what was stored"

# Files that are remembered, since more than one version may be made of them.
_REMEMBERED = 100_000


class Faults:
    """Looks for what is wrong with contents.

    Attributes:
        sums: The sums of the blocks of those files of format 1 that are in order.

    Args:
        objects: The folder of the files.
        connection: To the database.
    """

    def __init__(self, objects: Path, connection: sqlite3.Connection) -> None:
        self.sums: dict[str, bytes] = {}
        self._objects = objects
        self._connection = connection
        self._known: dict[tuple[str, int, bytes | None], str] = {}

    def of(self, content: Content | None, size: int, md5: bytes) -> str:
        """Say what is wrong with the content of a version; nothing where all is in order."""
        if content is None:
            return "it has no content" if size else ""
        if isinstance(content, str):
            return self._of_file(content, size, md5)
        if content < 0:
            return self._of_composed(content, size)
        data = self._blob(content)
        if data is None:
            return _GONE
        is_same = len(data) == size and hashlib.md5(data, usedforsecurity=False).digest() == md5
        return "" if is_same else _DIFFERS

    def _blob(self, content: int) -> bytes | None:
        row = self._connection.execute("SELECT data FROM blob WHERE id = ?", (content,)).fetchone()
        return row[0] if row else None

    def _of_composed(self, content: int, size: int) -> str:
        left = size
        try:
            for piece in read_pieces(lambda: self._connection, content, 0, size):
                fault = self._of_piece(piece)
                if fault:
                    return fault
                left -= piece.size
        except CorruptData:
            return "the list of its pieces differs from what was stored"
        return "pieces of it are missing" if left else ""

    def _of_piece(self, piece: StoredPiece) -> str:
        content, offset, size, stamp = piece
        if isinstance(content, str):
            return self._of_file(content, stamp, None) or ("" if offset + size <= stamp else _DIFFERS)
        data = self._blob(content)
        if data is None:
            return _GONE
        return "" if checksums.crc32c(data) == stamp and offset + size <= len(data) else _DIFFERS

    def _of_file(self, name: str, size: int, md5: bytes | None) -> str:
        """Look at a file once: copies and pieces share it. Without sums or an MD5 its size must do."""
        key = name, size, md5
        fault = self._known.get(key)
        if fault is None:
            if len(self._known) == _REMEMBERED:
                self._known.clear()
            fault = self._known[key] = self._look_at_file(*key)
        return fault

    def _look_at_file(self, name: str, size: int, md5: bytes | None) -> str:
        row = self._connection.execute("SELECT blocks FROM large WHERE name = ?", (name,)).fetchone()
        if row is None:
            return f"objects/{name} is missing in the table large"
        try:
            file = os.open(self._objects / name, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return f"objects/{name} is missing"
        with open(file, "rb", buffering=0) as reader:
            if os.fstat(file).st_size != size:
                return f"objects/{name} has {os.fstat(file).st_size} bytes instead of {size}"
            sums = BlockSums()
            digest = hashlib.md5(usedforsecurity=False)
            while block := reader.read(4 * BLOCK):
                sums.update(block)
                if row[0] is None:
                    digest.update(block)
        is_right = sums.sums() == row[0]
        if row[0] is None:
            is_right = md5 is None or digest.digest() == md5
            if is_right and md5 is not None:
                self.sums[name] = sums.sums()
        return "" if is_right else f"objects/{name} differs from what was stored"
