"""What a change does to the tables, inside a transaction that it may share."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Sequence
from itertools import groupby
from typing import Any, cast

from awscrt import checksums

from s3gw.pfs import paths
from s3gw.pfs.embedded._compose import Composition
from s3gw.pfs.embedded._contents import StagedContent
from s3gw.pfs.embedded._rows import ALL_COLUMNS, Content, inspected
from s3gw.pfs.embedded._transaction import Target, Transaction
from s3gw.pfs.embedded._uses import forget_contents
from s3gw.pfs.interface import Branch, Change, ConditionFailed, Delete, FileInfo, PathClash, Put

_FIND = f"SELECT since, {ALL_COLUMNS} FROM file WHERE line = ? AND path = ?"  # noqa: S608
_RETIRE = f"""
INSERT INTO history (line, until, since, {ALL_COLUMNS})
SELECT line, ?, since, {ALL_COLUMNS} FROM file WHERE line = ? AND path = ?
"""  # noqa: S608
_PLACE = f"INSERT OR REPLACE INTO file (line, since, {ALL_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
_NOT_BEHIND = "SELECT path FROM file WHERE line = ? AND path <= ? ORDER BY path DESC LIMIT 1"
# PERF: as one statement, which is what a PUT of a new path asks
_BELOW_AND_NOT_BEHIND = (
    f"SELECT EXISTS (SELECT 1 FROM file WHERE line = ? AND path > ? AND path < ?), ({_NOT_BEHIND})"  # noqa: S608
)

_RANDOM_BITS = 10

# From so many deletes on they are made together, so many at a time.
_MANY = 8
_MANY_AT_ONCE = 500


def refuse_clash(connection: sqlite3.Connection, line: int, path: str) -> None:
    """Raise `PathClash` where the path is a directory, or lies below a file, at the head."""
    directory = path[: max(0, path.rfind("/"))]
    asked = line, f"{path}/", f"{path}0", line, directory
    below, other = connection.execute(_BELOW_AND_NOT_BEHIND, asked).fetchone()
    if below:
        raise PathClash.of_directory(path)
    while directory and other is not None:
        if other == directory:
            raise PathClash.of_file(directory)
        # a file further up is the beginning of all that stands between it and `directory`
        directory = paths.common_ancestor(directory, other)
        if directory:
            (other,) = connection.execute(_NOT_BEHIND, (line, directory)).fetchone() or (None,)


def settle(edits: Sequence[Put | Delete]) -> None:
    """Tell the contents that a commit refers to that they are to stay."""
    for edit in {edit.path: edit for edit in edits}.values() if len(edits) > 1 else edits:
        if isinstance(edit, Put) and isinstance(edit.content, StagedContent):
            edit.content.committed = True


class ChangeWork:
    """One change of one branch.

    With the id of a `commit` it is made in a commit of its own, even where nothing is altered.
    """

    def __init__(self, branch: Branch, edits: Sequence[Put | Delete], commit: str | None = None) -> None:
        self._branch = branch
        self._edits = edits
        self._commit = commit

    @property
    def frees(self) -> bool:
        """Whether it only deletes."""
        return not any(isinstance(edit, Put) for edit in self._edits)

    def __call__(self, transaction: Transaction) -> Change:
        """Make the edits in their order. What it raises undoes them all."""
        for edit in self._edits:
            paths.check_path(edit.path)
        connection, target = transaction.target(self._branch)
        target.join([edit.path for edit in self._edits])
        if self._commit is None and len(self._edits) == 1:  # it raises before it writes
            return self._make(transaction, connection, target)
        with target.undoing():
            if self._commit is not None:
                target.new_commit(self._commit)
            return self._make(transaction, connection, target)

    def _make(self, transaction: Transaction, connection: sqlite3.Connection, target: Target) -> Change:
        files: list[FileInfo | None] = []
        for deletes, group in groupby(self._edits, _only_deletes):
            edits = list(group)
            if deletes and len(edits) >= _MANY:
                _delete_many(transaction, connection, target, [edit.path for edit in edits])
                files += [None] * len(edits)
            else:
                files += self._make_each(transaction, connection, target, edits)
        return Change(target.head_id, tuple(files))

    def _make_each(
        self,
        transaction: Transaction,
        connection: sqlite3.Connection,
        target: Target,
        edits: Sequence[Put | Delete],
    ) -> list[FileInfo | None]:
        files: list[FileInfo | None] = []
        for edit in edits:
            row = connection.execute(_FIND, (target.line, edit.path)).fetchone()
            if edit.condition is not None and not edit.condition(row and inspected(row[1:])):
                raise ConditionFailed(f"A condition on {edit.path} does not hold.")
            if isinstance(edit, Put):
                if isinstance(edit.content, Composition):
                    edit.content.check(connection)
                if row is None:
                    refuse_clash(connection, target.line, edit.path)
                else:
                    _retire(transaction, connection, target, edit.path, row)
                files.append(_place(transaction, connection, target, edit))
                continue
            if row is not None:
                _retire(transaction, connection, target, edit.path, row)
                connection.execute("DELETE FROM file WHERE line = ? AND path = ?", (target.line, edit.path))
            files.append(None)
        return files


def _only_deletes(edit: Put | Delete) -> bool:
    return isinstance(edit, Delete) and edit.condition is None


def _retire(
    transaction: Transaction, connection: sqlite3.Connection, target: Target, path: str, row: tuple[Any, ...]
) -> None:
    """Copy the live version into the history; one that this very commit had put goes for good."""
    since, *_, content, _properties = row
    until = target.commit().number
    if since == until:
        transaction.dooms |= forget_contents(connection, [content])
    else:
        connection.execute(_RETIRE, (until, target.line, path))


def _delete_many(
    transaction: Transaction, connection: sqlite3.Connection, target: Target, paths: Sequence[str]
) -> None:
    """Delete files, those that there are.

    PERF: 1000 by three statements for every 500 take a quarter of the time that three for each take.
    """
    for begin in range(0, len(paths), _MANY_AT_ONCE):
        some = paths[begin : begin + _MANY_AT_ONCE]
        where = f"line = ? AND path IN ({','.join('?' * len(some))})"
        found = connection.execute(
            f"SELECT since, content FROM file WHERE {where}",  # noqa: S608 - question marks
            (target.line, *some),
        ).fetchall()
        if not found:
            continue
        until = target.commit().number
        replaced = [content for since, content in found if since == until]
        transaction.dooms |= forget_contents(connection, replaced)
        connection.execute(
            f"INSERT INTO history (line, until, since, {ALL_COLUMNS}) "  # noqa: S608
            f"SELECT line, ?, since, {ALL_COLUMNS} FROM file WHERE {where} AND since < ?",
            (until, target.line, *some, until),
        )
        connection.execute(f"DELETE FROM file WHERE {where}", (target.line, *some))  # noqa: S608


def _place(transaction: Transaction, connection: sqlite3.Connection, target: Target, put: Put) -> FileInfo:
    commit = target.commit()
    content = cast("StagedContent | Composition", put.content)
    if isinstance(content, Composition):
        place, written = content.place(connection)
    else:
        place, written = _keep(connection, content)
    transaction.size += written
    row = (put.path, commit.finished, content.size, content.hash, content.md5, place, put.properties)
    connection.execute(_PLACE, (target.line, commit.number, *row))
    return inspected(row)


def _keep(connection: sqlite3.Connection, content: StagedContent) -> tuple[Content | None, int]:
    """Write a staged content; what a version is to refer to, and the bytes that were written."""
    if content.name is not None:
        connection.execute("INSERT INTO large (name, blocks) VALUES (?, ?)", (content.name, content.blocks))
        return content.name, 0
    if not content.data:
        return None, 0
    blob = _new_blob(), content.data, checksums.crc32c(content.data)
    connection.execute("INSERT INTO blob (id, data, sum) VALUES (?, ?, ?)", blob)
    return blob[0], content.size


def _new_blob() -> int:
    """Make an id for a blob that none has had: SQLite would give the highest again when that is gone.

    Who has looked a file up reads its blob in another statement. PERF: it begins with its time, in
    microseconds, so that it stands behind all others; AUTOINCREMENT would write a page more for each commit.
    """
    return time.time_ns() // 1000 << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
