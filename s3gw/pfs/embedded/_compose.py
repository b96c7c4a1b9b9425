"""Contents that refer to what is there: one whole file, or parts of several.

The hash of what is composed is made of the hashes of its pieces: BLAKE2b-256 over the hash of each, and
that of a part of a file is BLAKE2b-256 over the hash of the file and the part's offset and size. One whole
file keeps its own.
"""

from __future__ import annotations

import hashlib
import sqlite3
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple, cast

from awscrt import checksums

from s3gw.pfs.embedded._contents import blake2b
from s3gw.pfs.embedded._pieces import StoredPiece, read_pieces, write_pieces
from s3gw.pfs.embedded._rows import Content, find_file
from s3gw.pfs.embedded._snapshot import EmbeddedSnapshot
from s3gw.pfs.embedded._uses import add_uses
from s3gw.pfs.interface import CorruptData, FileInfo, Piece, PiecesGone, part_of

# Beyond so many pieces the bytes are to be copied, which makes one of them.
MOST_PIECES = 100_000

_AT_ONCE = 500

_IS_LINE = "SELECT 1 FROM line WHERE id = ? AND NOT dropped"
_SUM = "SELECT sum, CASE WHEN sum IS NULL THEN data END FROM blob WHERE id = ?"


class _Source(NamedTuple):
    """A file that pieces are of, in commit `number` of a line."""

    line: int
    number: int
    path: str
    content: Content | None


class _Part(NamedTuple):
    """A piece that is not empty."""

    file: FileInfo
    offset: int
    size: int

    @property
    def is_whole(self) -> bool:
        return self.size == self.file.size

    def hash(self) -> bytes:
        if self.is_whole:
            return self.file.hash
        place = struct.pack(">QQ", self.offset, self.size)
        return blake2b(self.file.hash + place)


@dataclass(slots=True)
class Composition:
    """A content for a `Put`.

    Attributes:
        size: Bytes.
        md5: What `FileInfo.md5` will be.
        hash: What `FileInfo.hash` will be.
        content: What it refers to as a whole; None where there are pieces, or no bytes.
        pieces: Its pieces.
        sources: What must still be there.
    """

    size: int
    md5: bytes
    hash: bytes
    content: Content | None = None
    pieces: list[StoredPiece] = field(default_factory=list)
    sources: set[_Source] = field(default_factory=set)

    def check(self, connection: sqlite3.Connection) -> None:
        """Look whether it can be placed.

        Raises:
            PiecesGone: A source was deleted with its branch, or cut off from the history.
            CorruptData: A source is not all there.
        """
        for line in {source.line for source in self.sources}:
            if connection.execute(_IS_LINE, (line,)).fetchone() is None:
                raise PiecesGone("A branch that pieces are of was deleted.")
        for line, number, path, content in self.sources - _live(connection, self.sources):
            row = find_file(connection, line, number, path)
            if row is None or row[-2] != content:
                raise PiecesGone(f"{path} was cut off from the history of its branch.")
        if self.content is None and sum(piece.size for piece in self.pieces) != self.size:
            raise CorruptData("Pieces are missing.")

    def place(self, connection: sqlite3.Connection) -> tuple[Content | None, int]:
        """Take the content into use: what a version is to refer to, and the bytes that were written."""
        if self.pieces:
            return write_pieces(connection, self.pieces)
        if self.content is not None:
            add_uses(connection, {self.content: 1})
        return self.content, 0


def compose(connection: sqlite3.Connection, pieces: Sequence[Piece], md5: bytes | None) -> Composition | None:
    """See `PFS.compose`; None where there would be too many pieces.

    Raises:
        ValueError: `md5` is missing, and there is more than one whole file, or a part is none of its file.
    """
    parts = [
        _Part(piece.file, piece.offset, part_of(piece.file, piece.offset, piece.size)) for piece in pieces
    ]
    if len(parts) > 1:
        parts = [part for part in parts if part.size] or parts[:1]
    whole = parts[0].file if len(parts) == 1 and parts[0].is_whole else None
    if md5 is None:
        if whole is None or whole.md5 is None:
            raise ValueError("there is no MD5 for what is no whole file")
        md5 = whole.md5
    if whole is not None:
        pfs_hash = whole.hash
    else:
        pfs_hash = blake2b(b"".join(part.hash() for part in parts if part.size))
    composition = Composition(sum(part.size for part in parts), md5, pfs_hash)
    composition.sources = {_source(piece) for piece in pieces}
    # a content that is not composed belongs to one MD5
    if whole is not None and (md5 == whole.md5 or _is_composed(whole.content)):
        composition.content = cast("Content | None", whole.content)
        return composition
    for stored in _stored(connection, parts):
        last = composition.pieces[-1] if composition.pieces else None
        if last and last.content == stored.content and last.offset + last.size == stored.offset:
            composition.pieces[-1] = last._replace(size=last.size + stored.size)
        elif len(composition.pieces) == MOST_PIECES:
            return None
        else:
            composition.pieces.append(stored)
    return composition


def _live(connection: sqlite3.Connection, sources: Iterable[_Source]) -> set[_Source]:
    """Give the sources that are live at the heads of their lines: all but some, as a rule.

    PERF: to look the parts of an upload up one by one takes longer than the rest of its completion.
    """
    found: set[_Source] = set()
    rest = iter(sorted(sources, key=lambda source: source[:3]))
    while some := list(islice(rest, _AT_ONCE)):
        marks = ",".join(["(?,?)"] * len(some))
        query = f"SELECT line, path, since, content FROM file WHERE (line, path) IN (VALUES {marks})"  # noqa: S608
        rows = connection.execute(query, [word for source in some for word in (source.line, source.path)])
        live = {(line, path): (since, content) for line, path, since, content in rows}
        for source in some:
            since, content = live.get((source.line, source.path), (source.number + 1, None))
            if since <= source.number and content == source.content:
                found.add(source)
    return found


def _is_composed(content: object) -> bool:
    return isinstance(content, int) and content < 0


def _source(piece: Piece) -> _Source:
    snapshot = cast("EmbeddedSnapshot", piece.snapshot)
    return _Source(*snapshot.place(), piece.file.path, cast("Content | None", piece.file.content))


def _stored(connection: sqlite3.Connection, parts: Sequence[_Part]) -> Iterator[StoredPiece]:
    """Give what parts consist of. What is not there any more is found by `Composition.check`."""
    for file, offset, size in parts:
        content = cast("Content | None", file.content)
        if content is None:
            continue
        if isinstance(content, str):
            yield StoredPiece(content, offset, size, file.size)
        elif content < 0:
            yield from read_pieces(lambda: connection, content, offset, size)
        elif (stamp := _sum(connection, file)) is not None:
            yield StoredPiece(content, offset, size, stamp)


def _sum(connection: sqlite3.Connection, file: FileInfo) -> int | None:
    """Give the CRC-32C of a blob, None where it is gone; format 1 kept none, but the MD5 of the file."""
    row = connection.execute(_SUM, (file.content,)).fetchone()
    if row is None:
        return None
    known, data = row
    if known is not None:
        return int(known)
    if hashlib.md5(data, usedforsecurity=False).digest() != file.md5:
        raise CorruptData(f"{file.path} differs from what was stored.")
    return int(checksums.crc32c(data))
