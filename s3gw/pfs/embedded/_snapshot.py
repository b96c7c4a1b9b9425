"""One commit of a branch of the embedded PFS, read only."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial

from awscrt import checksums

from s3gw.pfs import paths
from s3gw.pfs.blocks import LargeReader
from s3gw.pfs.embedded._contents import ContentStore
from s3gw.pfs.embedded._database import Database, telling
from s3gw.pfs.embedded._listing import Lister
from s3gw.pfs.embedded._pieces import StoredPiece, read_pieces
from s3gw.pfs.embedded._readers import BlobPiece, ComposedReader, SmallReader
from s3gw.pfs.embedded._rows import find_file, inspected
from s3gw.pfs.embedded._transaction import find_branch
from s3gw.pfs.embedded._versions import commit_of, removal
from s3gw.pfs.interface import (
    Branch,
    BranchNotFound,
    CommitNotFound,
    CorruptData,
    FileInfo,
    FileNotFound,
    FileReader,
    Page,
    PFSError,
    Unavailable,
    WouldWait,
    part_of,
)

_HEAD_FILE = """
SELECT branch.line, (SELECT max(num) FROM commits WHERE commits.line = branch.line),
       file.path, file.committed, file.size, file.hash, file.md5, file.content, file.properties
FROM repo JOIN branch ON branch.repo = repo.id
LEFT JOIN file ON file.line = branch.line AND file.path = ?
WHERE repo.project = ? AND repo.name = ? AND branch.name = ?
"""
_BLOB = "SELECT sum, data FROM blob WHERE id = ?"
_BLOCKS = "SELECT blocks FROM large WHERE name = ?"
_COMMIT_NUMBER = "SELECT num FROM commits WHERE id = ? AND line = ?"
_COMMIT_ID = "SELECT id FROM commits WHERE line = ? AND num = ?"

_log = logging.getLogger(__name__)


class EmbeddedSnapshot:
    """One commit of a branch of an embedded PFS; its head is pinned by the first read."""

    def __init__(
        self, database: Database, contents: ContentStore, branch: Branch, count_rot: Callable[[], int]
    ) -> None:
        self._database = database
        self._contents = contents
        self._branch = branch
        self._count_rot = count_rot
        self._pinned: tuple[int, int] | None = None  # the line, and the number of the commit

    @property
    @telling
    def commit(self) -> str:
        """The id of the commit."""
        (commit,) = self._database.reader.execute(_COMMIT_ID, self.place()).fetchone() or (None,)
        if commit is None:
            raise BranchNotFound(f"{self._branch} was deleted meanwhile")
        return str(commit)

    @telling
    def pin(self, commit: str) -> None:
        """Be a certain commit. Raise `BranchNotFound`, `CommitNotFound`."""
        connection = self._database.reader
        line = find_branch(connection, self._branch).line
        row = connection.execute(_COMMIT_NUMBER, (commit, line)).fetchone()
        if row is None:
            raise CommitNotFound.of(self._branch, commit)
        self._pinned = line, row[0]

    def place(self) -> tuple[int, int]:
        """Give the line, and the number of the commit."""
        if self._pinned is None:
            found = find_branch(self._database.reader, self._branch)
            self._pinned = found.line, found.head
        return self._pinned

    @telling
    def inspect_file(self, path: str, *, whole: bool = False) -> FileInfo:  # noqa: ARG002
        """See `Snapshot.inspect_file`."""
        row = None
        connection = self._database.reader
        branch = self._branch
        if self._pinned is None:
            # PERF: the head and its file in one query, which is half of what a small GET asks of SQLite
            legal = path if paths.is_path(path) else ""
            asked = (legal, branch.project, branch.repo, branch.name)
            found = connection.execute(_HEAD_FILE, asked).fetchone()
            if found is None:
                find_branch(connection, branch)
                raise FileNotFound(f"file {path!a} not found in {branch}")
            line, head, *row = found
            self._pinned = line, head
            row = row if row[0] is not None else None
        elif paths.is_path(path):
            row = (find_file(connection, *self._pinned, path) or ())[1:]
        if not row:
            raise FileNotFound(f"file {path!a} not found in {branch}")
        return inspected(row)

    @telling
    def read_file(self, file: FileInfo, offset: int = 0, size: int | None = None) -> FileReader:
        """See `Snapshot.read_file`."""
        length = part_of(file, offset, size)
        content = file.content
        if content is None or not length:
            return SmallReader(b"")
        try:
            if isinstance(content, str):
                return self._read_large(file, content, file.size, offset, length)
            assert isinstance(content, int)
            if content < 0:
                return self._read_composed(file, content, offset, length)
            data = self._read_small(file)
        except CorruptData as error:
            self._tell(file, error)
            raise
        return SmallReader(data if length == file.size else data[offset : offset + length])

    def _read_small(self, file: FileInfo) -> bytes:
        row = self._database.reader.execute(_BLOB, (file.content,)).fetchone()
        if row is None:
            raise self._lost(file)
        stored_sum, data = row
        if len(data) != file.size:
            raise CorruptData(f"It has {len(data)} bytes instead of {file.size}.")
        if stored_sum is None:
            differs = hashlib.md5(data, usedforsecurity=False).digest() != file.md5
        else:
            differs = checksums.crc32c(data) != stored_sum
        if differs:
            raise CorruptData("It differs from what was stored.")
        return bytes(data)

    def _read_large(self, file: FileInfo, name: str, whole: int, offset: int, length: int) -> LargeReader:
        """Read a part of `name`, a file of `whole` bytes that is the content of `file` or a piece of it."""
        if self._database.may_not_wait():
            raise WouldWait("A large file is read from the disk.")
        row = self._database.reader.execute(_BLOCKS, (name,)).fetchone()
        if row is None:
            raise self._lost(file)
        try:
            reader = self._contents.open(name, whole, row[0], offset, length)
        except FileNotFoundError:
            raise self._lost(file) from None
        reader.tell = partial(self._tell, file)
        return reader

    def _read_composed(self, file: FileInfo, content: int, offset: int, length: int) -> FileReader:
        if self._database.may_not_wait():
            raise WouldWait("The pieces of a file are read one by one.")
        reader = ComposedReader(self._open_pieces(file, content, offset, length))
        reader.tell = partial(self._tell, file)
        return reader

    def _open_pieces(
        self, file: FileInfo, content: int, offset: int, length: int
    ) -> Iterator[LargeReader | BlobPiece]:
        left = length
        try:
            for piece in read_pieces(lambda: self._database.reader, content, offset, length):
                yield self._open_piece(file, piece)
                left -= piece.size
        except (sqlite3.Error, OSError) as error:
            raise self._database.told(error) from error
        if left:
            raise self._lost(file)

    def _open_piece(self, file: FileInfo, piece: StoredPiece) -> LargeReader | BlobPiece:
        content, offset, size, stamp = piece
        if isinstance(content, str):
            return self._read_large(file, content, stamp, offset, size)
        row = self._database.reader.execute(_BLOB, (content,)).fetchone()
        if row is None or checksums.crc32c(row[1]) != stamp:
            raise self._lost(file)
        return BlobPiece(row[1][offset : offset + size])

    def _tell(self, file: FileInfo, error: CorruptData) -> None:
        rotten = self._count_rot()
        _log.error("%s of %s: %s (%d such reads so far)", file.path, self._branch, error, rotten)

    def _lost(self, file: FileInfo) -> PFSError:
        """Say why a content is not there: its version may be gone by now, with its branch or its commit."""
        line, number = self.place()
        connection = self._database.reader
        if connection.execute("SELECT 1 FROM branch WHERE line = ?", (line,)).fetchone() is None:
            return FileNotFound("The file was deleted with its branch.")
        found = find_file(connection, line, number, file.path)
        if found is None or inspected(found[1:]).content != file.content:
            return Unavailable(f"The history of {self._branch} was cut off meanwhile.")
        return CorruptData("Its content is missing, or differs from what was stored.")

    @telling
    def list_files(self, prefix: str = "", delimiter: str = "", after: str = "", limit: int = 1000) -> Page:
        """See `Snapshot.list_files`."""
        if self._database.may_not_wait():
            raise WouldWait("A page is read from the disk.")
        with self._database.reading() as connection:
            line, number = self.place()
            return Lister(connection, line, number).page(prefix, delimiter, after, limit)

    @telling
    def commit_of(self, file: FileInfo) -> str | None:
        """See `Snapshot.commit_of`."""
        return commit_of(self._database.reader, *self.place(), file.path)

    @telling
    def removed_in(self, path: str) -> str | None:
        """See `Snapshot.removed_in`."""
        with self._database.reading() as connection:
            return removal(connection, *self.place(), path) if paths.is_path(path) else None
