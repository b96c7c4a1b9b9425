"""What a composed content consists of: parts of rows of ``blob`` and of files.

They stand in their order in rows of ``pieces``, some hundreds in each, so that neither a range nor a
purge reads more than it needs.
"""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from s3gw.pfs.embedded._rows import Content
from s3gw.pfs.embedded._uses import add_uses, forget_contents

IN_A_ROW = 500

_ROW = "SELECT begin, list FROM pieces WHERE composed = ? AND begin <= ? ORDER BY begin DESC LIMIT 1"
_DROPPED = """
SELECT id, begin, list FROM composed LEFT JOIN pieces ON pieces.composed = composed.id WHERE dropped LIMIT ?
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


def contents_of(pieces: str) -> set[Content]:
    """Give the contents that a row of pieces refers to."""
    return {content for content, *_ in json.loads(pieces)}


def write_pieces(connection: sqlite3.Connection, pieces: Sequence[StoredPiece]) -> tuple[int, int]:
    """Make a composed content, and count the uses; the content, and the bytes that were written."""
    composed = connection.execute("INSERT INTO composed DEFAULT VALUES").lastrowid
    assert composed is not None
    begin = 0
    rows: list[tuple[int, int, str]] = []
    uses: Counter[Content] = Counter()
    rest = iter(pieces)
    while some := list(itertools.islice(rest, IN_A_ROW)):
        rows.append((composed, begin, json.dumps(some, separators=(",", ":"))))
        uses.update({piece.content for piece in some})
        begin += sum(piece.size for piece in some)
    connection.executemany("INSERT INTO pieces (composed, begin, list) VALUES (?, ?, ?)", rows)
    add_uses(connection, uses)
    return -composed, sum(len(text) for _, _, text in rows)


def read_pieces(
    reader: Callable[[], sqlite3.Connection], content: int, offset: int, size: int
) -> Iterator[StoredPiece]:
    """Give the pieces of a part of a composed content, a row at a time; they end early where rows miss.

    Args:
        reader: Gives the connection of the thread that asks for a piece.
        content: As a version has it, below 0.
        offset: Where the part begins.
        size: Bytes of the part.
    """
    end = offset + size
    while offset < end:
        row = reader().execute(_ROW, (-content, offset)).fetchone()
        if row is None:
            return
        begin, text = row
        before = offset
        for name, start, length, stamp in json.loads(text):
            skipped = max(0, offset - begin)
            taken = min(length, end - begin) - skipped
            if taken > 0:
                yield StoredPiece(name, start + skipped, taken, stamp)
                offset += taken
            begin += length
        if offset == before:
            return


def drop_some_pieces(connection: sqlite3.Connection, at_once: int) -> tuple[bool, bool]:
    """Forget some pieces of what was dropped: whether there were any, and whether files are doomed now."""
    contents: list[Content] = []
    rows: list[tuple[int, int | None]] = []
    for composed, begin, text in connection.execute(_DROPPED, (at_once,)):
        contents += contents_of(text or "[]")
        rows.append((composed, begin))
        if len(contents) >= at_once:
            break
    connection.executemany("DELETE FROM pieces WHERE composed = ? AND begin = ?", rows)
    connection.executemany(_FORGET, {(composed,) for composed, _ in rows})
    return bool(rows), forget_contents(connection, contents)
