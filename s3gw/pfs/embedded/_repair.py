"""What can be done where a check has found something."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from s3gw.pfs.embedded._database import Database
from s3gw.pfs.embedded._folder import make_folder, open_file
from s3gw.pfs.embedded._history import HEAD
from s3gw.pfs.embedded._pieces import StoredPiece, read_pieces
from s3gw.pfs.embedded._report import Findings, LostVersion
from s3gw.pfs.embedded._rows import Content
from s3gw.pfs.embedded._tables import fill_names
from s3gw.pfs.embedded._transaction import add_commit
from s3gw.pfs.embedded._uses import MISCOUNTED, forget_contents
from s3gw.pfs.interface import CorruptData

_BLOCK = 1024 * 1024

_REVIVE = """
UPDATE composed SET dropped = 0
WHERE dropped AND -id IN (SELECT content FROM file UNION ALL SELECT content FROM history)
"""
_RECOUNT = """
INSERT INTO shared (content, uses) VALUES (?, ?)
ON CONFLICT (content) DO UPDATE SET uses = uses + excluded.uses
"""


def make_indexes(database: Database) -> bool:
    """Make the indexes of a database anew; tell whether it is in order then, as far as SQLite sees."""
    with database.writing() as connection:
        connection.execute("REINDEX")
        return [row[0] for row in connection.execute("PRAGMA integrity_check(20)")] == ["ok"]


class Repair:
    """Mends what can be mended.

    What cannot be read any more leaves its branch: what is left of it goes to the folder ``lost``.

    Args:
        folder: Of the PFS.
        database: To write to it.
        findings: What a check has found.
    """

    def __init__(self, folder: Path, database: Database, findings: Findings) -> None:
        self._folder = folder
        self._objects = folder / "objects"
        self._database = database
        self._findings = findings

    def run(self) -> None:
        """Do what there is to do: the counts come first, since deletes go by them."""
        if self._findings.misnamed:
            self._index_names()
        if self._findings.orphans or self._findings.miscounted:
            self._recount()
        for version in self._findings.lost:
            self._give_up(version)
        self._delete_unused()
        self._remove_strays()
        self._keep_sums()

    def _index_names(self) -> None:
        with self._database.writing() as connection:
            fill_names(connection)
        self._findings.repaired("pfs.sqlite: the index of names was made anew")

    def _recount(self) -> None:
        """Count the uses of contents anew; pieces of nothing are dropped."""
        with self._database.writing() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO composed (id, dropped) VALUES (?, 1)",
                [(composed,) for composed in self._findings.orphans],
            )
            connection.execute(_REVIVE)
            surplus = connection.execute(MISCOUNTED).fetchall()
            connection.executemany(_RECOUNT, [(content, uses - 1) for content, uses in surplus])
            connection.execute("DELETE FROM shared WHERE uses <= 0")
        if self._findings.orphans:
            self._findings.repaired(f"pfs.sqlite: the pieces of {len(self._findings.orphans)} were dropped")
        if self._findings.miscounted:
            self._findings.repaired(f"pfs.sqlite: the uses of {len(surplus)} contents were counted anew")

    def _give_up(self, version: LostVersion) -> None:
        """Take a version out of its branch."""
        line, path, until, size, _, content = version.row
        place = self._save(line, content, size)
        where = "line = ? AND path = ? AND content IS ?" + (
            " AND until = ?" if version.table == "history" else ""
        )
        values = (line, path, content, until)[: where.count("?")]
        with self._database.writing() as connection:
            found = connection.execute(f"DELETE FROM {version.table} WHERE {where}", values)  # noqa: S608
            if found.rowcount:  # else a change has moved it meanwhile
                forget_contents(connection, [content])
                (head,) = connection.execute(HEAD, (line,)).fetchone()
                if head:  # what was kept of the branch holds no more
                    add_commit(connection, line, head)
        self._findings.repaired(
            f"{version.branch} {path} was given up{f', what is left of it is {place}' if place else ''}"
        )

    def _save(self, line: int, content: Content | None, size: int) -> str:
        """Put what is left of a content into the folder ``lost``; its name there."""
        lost = self._folder / "lost"
        make_folder(lost)
        if isinstance(content, str):
            name = content.replace("/", "-")
            with contextlib.suppress(FileNotFoundError):
                with contextlib.suppress(FileExistsError):  # another version has the same content
                    os.link(self._objects / content, lost / name)
                return f"lost/{name}"
        elif content is not None:
            name = f"{line}-{content}" if content > 0 else f"composed-{-content}"
            with open(open_file(lost / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file:
                file.writelines(self._blocks(content, size))
                if file.tell():
                    return f"lost/{name}"
            (lost / name).unlink()
        return ""

    def _blocks(self, content: int, size: int) -> Iterator[bytes]:
        """Read what is there of a blob or of pieces, whatever it is."""
        if content > 0:
            yield self._blob(content)
            return
        with contextlib.suppress(CorruptData):
            for piece in read_pieces(lambda: self._database.reader, content, 0, size):
                if isinstance(piece.content, int):
                    yield self._blob(piece.content)[piece.offset : piece.offset + piece.size]
                else:
                    yield from self._part_of_file(piece)

    def _blob(self, content: int) -> bytes:
        row = self._database.reader.execute("SELECT data FROM blob WHERE id = ?", (content,)).fetchone()
        return row[0] if row else b""

    def _part_of_file(self, piece: StoredPiece) -> Iterator[bytes]:
        with contextlib.suppress(OSError), (self._objects / str(piece.content)).open("rb") as file:
            file.seek(piece.offset)
            left = piece.size
            while block := file.read(min(left, _BLOCK)):
                left -= len(block)
                yield block

    def _delete_unused(self) -> None:
        unused = {table: some for table, some in self._findings.unused.items() if some}
        if unused:
            with self._database.writing() as connection:
                forget_contents(connection, [content for some in unused.values() for content in some])
        for table, some in unused.items():
            self._findings.repaired(f"pfs.sqlite: {len(some)} rows of {table} were deleted")

    def _remove_strays(self) -> None:
        strays = self._findings.strays
        for path in strays:
            path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                path.parent.rmdir()
                path.parent.parent.rmdir()
        if strays:
            self._findings.repaired(f"{len(strays)} files that belonged to nothing were removed")

    def _keep_sums(self) -> None:
        sums = self._findings.sums
        if sums:
            with self._database.writing() as connection:
                connection.executemany(
                    "UPDATE large SET blocks = ? WHERE name = ?",
                    [(blocks, name) for name, blocks in sums.items()],
                )
            self._findings.tell(f"{len(sums)} files of format 1 have sums of their blocks now")
