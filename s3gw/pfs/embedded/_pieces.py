"""What a composed content consists of: parts of rows of ``blob`` and of files.

They stand in their order in rows of ``pieces``, some hundreds in each, so that neither a range nor a
purge reads more than it needs.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from awscrt import checksums

from s3gw.pfs.embedded._rows import Content
from s3gw.pfs.embedded._uses import add_uses, forget_contents
from s3gw.pfs.interface import CorruptData

IN_A_ROW = 500

_ROW = "SELECT begin, sum, list FROM pieces WHERE composed = ? AND begin <= ? ORDER BY begin DESC LIMIT 1"
_DROPPED = """
SELECT id, begin, sum, list FROM composed LEFT JOIN pieces ON pieces.composed = composed.id
WHERE dropped LIMIT ?
"""
_FORGET = """
DELETE FROM composed WHERE id = ? AND NOT EXISTS (SELECT 1 FROM pieces WHERE pieces.composed = composed.id)
"""


class StoredPiece(NamedTuple):
    """A part of a content that is not composed itself.

    Attributes:
        content: The row of ``blob``, or the name of the file.
        offset: Where in it the part begins.
        size: Bytes of the part.
        stamp: What tells whether it is still the same: the CRC-32C of a blob, the size of a file.
    """

    content: Content
    offset: int
    size: int
    stamp: int


def _load(known: int, text: str) -> list[StoredPiece]:
    """Read a list of pieces. Raise `CorruptData` where it is not what was stored."""
    if checksums.crc32c(text.encode()) != known:
        raise CorruptData("The list of its pieces differs from what was stored.")
    return [StoredPiece(*piece) for piece in json.loads(text)]


def write_pieces(connection: sqlite3.Connection, pieces: Sequence[StoredPiece]) -> tuple[int, int]:
    """Make a composed content, and count the uses; the content, and the bytes that were written."""
    composed = connection.execute("INSERT INTO composed DEFAULT VALUES").lastrowid
    assert composed is not None
    begin = 0
    rows: list[tuple[int, int, int, str]] = []
    uses: Counter[Content] = Counter()
    rest = iter(pieces)
    while some := list(itertools.islice(rest, IN_A_ROW)):
        text = json.dumps(some, separators=(",", ":"))
        rows.append((composed, begin, checksums.crc32c(text.encode()), text))
        uses.update({piece.content for piece in some})
        begin += sum(piece.size for piece in some)
    connection.executemany("INSERT INTO pieces (composed, begin, sum, list) VALUES (?, ?, ?, ?)", rows)
    add_uses(connection, uses)
    return -composed, sum(len(text) for *_, text in rows)


def read_pieces(
    reader: Callable[[], sqlite3.Connection], content: int, offset: int, size: int
) -> Iterator[StoredPiece]:
    """Give the pieces of a part of a composed content, a row at a time; they end early where rows miss.

    Args:
        reader: Gives the connection of the thread that asks for a piece.
        content: As a version has it, below 0.
        offset: Where the part begins.
        size: Bytes of the part.

    Raises:
        CorruptData: A row is not what was stored.
    """
    end = offset + size
    while offset < end:
        row = reader().execute(_ROW, (-content, offset)).fetchone()
        if row is None:
            return
        begin, *stored = row
        before = offset
        for piece in _load(*stored):
            skipped = max(0, offset - begin)
            taken = min(piece.size, end - begin) - skipped
            if taken > 0:
                yield piece._replace(offset=piece.offset + skipped, size=taken)
                offset += taken
            begin += piece.size
        if offset == before:
            return


def drop_some_pieces(connection: sqlite3.Connection, at_once: int) -> tuple[bool, bool]:
    """Forget some pieces of what was dropped: whether there were any, and whether files are doomed now.

    What a row that has rotted referred to stays, until a repair finds it.
    """
    contents: list[Content] = []
    rows: list[tuple[int, int | None]] = []
    for composed, begin, *stored in connection.execute(_DROPPED, (at_once,)):
        if begin is not None:
            with contextlib.suppress(CorruptData):
                contents += {piece.content for piece in _load(*stored)}
        rows.append((composed, begin))
        if len(contents) >= at_once:
            break
    connection.executemany("DELETE FROM pieces WHERE composed = ? AND begin = ?", rows)
    connection.executemany(_FORGET, {(composed,) for composed, _ in rows})
    return bool(rows), forget_contents(connection, contents)
