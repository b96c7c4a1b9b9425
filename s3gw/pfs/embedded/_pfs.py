"""The embedded PFS: `s3gw.pfs.interface` over one folder."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from awscrt import checksums

from s3gw.pfs import paths
from s3gw.pfs.embedded._changes import ChangeWork, refuse_clash, settle
from s3gw.pfs.embedded._committer import Committer, Task
from s3gw.pfs.embedded._contents import BodyStaging, ContentStore, SmallReader
from s3gw.pfs.embedded._database import Database, Unusable, is_ours, telling
from s3gw.pfs.embedded._folder import close_to_others, make_folder, sync_folder
from s3gw.pfs.embedded._history import Cut, Keep, choose
from s3gw.pfs.embedded._listing import Lister
from s3gw.pfs.embedded._purge import Purger, alone
from s3gw.pfs.embedded._rows import COLUMNS, file_info, moment
from s3gw.pfs.embedded._space import Space
from s3gw.pfs.embedded._transaction import BranchRow, Transaction, add_commit, find_branch, find_writable
from s3gw.pfs.interface import (
    Branch,
    BranchEntry,
    BranchExists,
    BranchInfo,
    BranchInUse,
    BranchNotEmpty,
    BranchNotFound,
    Change,
    CommitNotFound,
    CorruptData,
    Delete,
    FileInfo,
    FileNotFound,
    FileReader,
    Page,
    PFSError,
    Put,
    Snapshot,
    Unavailable,
    WouldWait,
    part_of,
)

_log = logging.getLogger(__name__)

_LIVE_FILE = f"SELECT {COLUMNS} FROM file WHERE line = ? AND path = ? AND since <= ?"  # noqa: S608
_PAST_FILE = f"""
SELECT {COLUMNS} FROM history
WHERE line = ? AND path = ? AND until > ? AND since <= ? ORDER BY until LIMIT 1
"""  # noqa: S608
_HEAD_FILE = """
SELECT branch.line, branch.head, file.path, file.committed, file.size, file.hash, file.md5, file.content
FROM repo JOIN branch ON branch.repo = repo.id
LEFT JOIN file ON file.line = branch.line AND file.path = ?
WHERE repo.project = ? AND repo.name = ? AND branch.name = ?
"""
_BLOB = "SELECT sum, data FROM blob WHERE id = ?"
_BLOCKS = "SELECT blocks FROM large WHERE name = ?"
_COMMIT_NUMBER = "SELECT num FROM commits WHERE id = ? AND line = ?"
_COMMIT_ID = "SELECT id FROM commits WHERE num = ?"
_ALL_BRANCHES = """
SELECT repo.name, branch.name, repo.project, repo.created FROM repo JOIN branch ON branch.repo = repo.id
"""
_UPSTREAM = """
SELECT repo.name, branch.name, repo.project
FROM provenance JOIN branch ON branch.id = provenance.upstream JOIN repo ON repo.id = branch.repo
WHERE provenance.branch = ? ORDER BY 3, 1, 2
"""


class EmbeddedPFS:
    """A PFS in a folder: SQLite for names, history and small files, files for large ones.

    Several processes may share the folder. Each opens it for itself, after it was forked.

    Args:
        folder: Is made where it is missing, and closed to others than its owner.
        durability: What an acknowledged change survives: ``power``, a power loss too (everything
            is on the disk before it is acknowledged); ``process``, the end of the process, however
            sudden.
        history: How far back the history of each branch is kept, in the background; None keeps all.

    Raises:
        Unusable: The folder cannot be written, or was written by a newer version.
    """

    is_quick = True

    def __init__(
        self,
        folder: Path,
        durability: Literal["power", "process"] = "power",
        history: Keep | None = None,
    ) -> None:
        try:
            make_folder(folder)
            if is_ours(folder):
                close_to_others(folder)
        except OSError as error:
            raise Unusable(f"{folder} cannot be made or is no folder: {error.strerror}") from error
        durable = durability == "power"
        self._folder = folder
        self._rotten = 0
        space = Space(folder)
        try:
            self._database = Database(folder, durable=durable, space=space)
        except Unusable:
            if not space.is_full():
                raise
            space.spend()  # even the index of the log takes some room
            self._database = Database(folder, durable=durable, space=space)
        try:
            with self._database.exclusive():
                self._contents = ContentStore(folder, durable=durable, space=space, is_kept=self._is_kept)
                if durable:
                    sync_folder(folder)
                if self._database.found == 1:
                    close_to_others(folder / "objects", *(folder / "objects").rglob("*"))
        except (sqlite3.Error, OSError) as error:
            self._database.close()
            raise Unusable(f"{folder} cannot be written: {error}") from error
        self._purger = Purger(folder, self._database, self._contents, history)
        self._committer = Committer(self._database, space, self._purger.begin)
        self._purger.start(self._committer)

    def _is_kept(self, name: str) -> bool:
        return (
            self._database.reader.execute("SELECT 1 FROM large WHERE name = ?", (name,)).fetchone()
            is not None
        )

    @telling
    def list_branches(self) -> Sequence[BranchEntry]:
        """See `PFS.list_branches`."""
        rows = self._database.reader.execute(_ALL_BRANCHES).fetchall()
        return [BranchEntry(Branch(*names), moment(created)) for *names, created in rows]

    @telling
    def inspect_branch(self, branch: Branch) -> BranchInfo:
        """See `PFS.inspect_branch`."""
        with self._database.reading() as connection:
            return _branch_info(connection, branch, find_branch(connection, branch))

    def create_branch(self, branch: Branch, provenance: Sequence[Branch] = ()) -> BranchInfo:
        """See `PFS.create_branch`; here a project comes into being with its first repo."""
        paths.check_branch(branch)

        def create(transaction: Transaction) -> BranchInfo:
            with transaction.whole() as connection:
                return create_rows(connection)

        def create_rows(connection: sqlite3.Connection) -> BranchInfo:
            upstream = [find_branch(connection, other).id for other in provenance]
            connection.execute("INSERT INTO line DEFAULT VALUES")
            (line,) = connection.execute("SELECT last_insert_rowid()").fetchone()
            head = add_commit(connection, line)
            connection.execute(
                "INSERT INTO repo (project, name, created) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (branch.project, branch.repo, head.finished),
            )
            try:
                cursor = connection.execute(
                    "INSERT INTO branch (repo, name, line, head) "
                    "SELECT id, ?, ?, ? FROM repo WHERE project = ? AND name = ?",
                    (branch.name, line, head.number, branch.project, branch.repo),
                )
            except sqlite3.IntegrityError as error:
                raise BranchExists(f"branch {branch.name!r} already exists in repo {branch.repo}") from error
            connection.executemany(
                "INSERT INTO provenance (branch, upstream) VALUES (?, ?)",
                [(cursor.lastrowid, other) for other in dict.fromkeys(upstream)],
            )
            return _branch_info(connection, branch, find_branch(connection, branch))

        return self._committer.run(Task(create))

    def delete_branch(self, branch: Branch, *, with_files: bool = False) -> None:
        """See `PFS.delete_branch`; its commits go too, and their contents in the background."""

        def delete(transaction: Transaction) -> None:
            with transaction.whole() as connection:
                delete_rows(connection)

        def delete_rows(connection: sqlite3.Connection) -> None:
            found = find_branch(connection, branch)
            used = connection.execute("SELECT 1 FROM provenance WHERE upstream = ? LIMIT 1", (found.id,))
            if used.fetchone():
                raise BranchInUse.of(branch)
            held = connection.execute("SELECT 1 FROM file WHERE line = ? LIMIT 1", (found.line,))
            if held.fetchone() and not with_files:
                raise BranchNotEmpty.of(branch)
            connection.execute("DELETE FROM provenance WHERE branch = ?", (found.id,))
            (repo,) = connection.execute("SELECT repo FROM branch WHERE id = ?", (found.id,)).fetchone()
            connection.execute("DELETE FROM branch WHERE id = ?", (found.id,))
            connection.execute(
                "DELETE FROM repo WHERE id = ? AND NOT EXISTS (SELECT 1 FROM branch WHERE repo = ?)",
                (repo, repo),
            )
            connection.execute("UPDATE line SET dropped = 1 WHERE id = ?", (found.line,))

        self._committer.run(Task(delete, frees=True))
        self._purger.begin()

    def snapshot(self, branch: Branch, commit: str | None = None) -> Snapshot:
        """See `PFS.snapshot`."""
        snapshot = EmbeddedSnapshot(self._database, self._contents, branch, self._count_rot)
        if commit is not None:
            snapshot.pin(commit)
        return snapshot

    @telling
    def stage(self, branch: Branch, path: str, *, arrived: bool = False) -> BodyStaging:
        """See `PFS.stage`."""
        if not arrived:
            connection = self._database.reader
            found = find_writable(connection, branch)
            paths.check_path(path)
            refuse_clash(connection, found.line, path)
        return self._contents.stage()

    def change(self, branch: Branch, edits: Sequence[Put | Delete]) -> Change:
        """See `PFS.change`."""
        change = self._committer.run(ChangeWork(branch, edits))
        settle(edits)
        return change

    def change_all(
        self, changes: Sequence[tuple[Branch, Sequence[Put | Delete]]]
    ) -> list[Change | BaseException]:
        """See `PFS.change_all`; they share a transaction."""
        results = self._committer.run_all([ChangeWork(branch, edits) for branch, edits in changes])
        for (_, edits), result in zip(changes, results, strict=True):
            if isinstance(result, Change):
                settle(edits)
        return results

    def _count_rot(self) -> int:
        self._rotten += 1
        return self._rotten

    def forbid_waiting(self) -> None:
        """See `PFS.forbid_waiting`."""
        self._database.forbid_waiting()

    @telling
    def check(self) -> None:
        """See `PFS.check`."""
        self._database.reader.execute("SELECT 1 FROM branch LIMIT 1").fetchone()

    @telling
    def prune(
        self, keep: Keep, branches: Sequence[str] = (), tell: Callable[[str], None] = lambda _: None
    ) -> Cut:
        """Cut the history of branches off, of all where none is named, and give the space back.

        Args:
            keep: What is kept beside the head of each.
            branches: Their names, as S3 has them.
            tell: Is told how far it is.
        """
        cut = Cut()
        with alone(self._folder, waits=True):
            purger = self._purger
            purger.drop_lines()
            for line, name in choose(self._database.reader, branches):
                cut += purger.cut(line, keep, lambda done, name=name: tell(f"{name}: {done}"))  # type: ignore[misc]
            tell("removing files")
            purger.remove_files()
            tell("giving the space back")
            purger.give_back(all_=True)
        return cut

    def close(self) -> None:
        """See `PFS.close`."""
        self._purger.end()
        self._database.close()
        self._contents.close()


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
        _, number = self._place()
        (commit,) = self._database.reader.execute(_COMMIT_ID, (number,)).fetchone() or (None,)
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

    def _place(self) -> tuple[int, int]:
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
            row = _find_file(connection, *self._pinned, path)
        if row is None:
            raise FileNotFound(f"file {path!a} not found in {branch}")
        return file_info(row)

    @telling
    def read_file(self, file: FileInfo, offset: int = 0, size: int | None = None) -> FileReader:
        """See `Snapshot.read_file`."""
        length = part_of(file, offset, size)
        if file.content is None:
            return SmallReader(b"")
        try:
            if isinstance(file.content, str):
                return self._read_large(file, file.content, offset, length)
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

    def _read_large(self, file: FileInfo, name: str, offset: int, length: int) -> FileReader:
        if self._database.may_not_wait():
            raise WouldWait("A large file is read from the disk.")
        row = self._database.reader.execute(_BLOCKS, (name,)).fetchone()
        if row is None:
            raise self._lost(file)
        try:
            reader = self._contents.open(name, file.size, row[0], offset, length)
        except FileNotFoundError:
            raise self._lost(file) from None
        reader.tell = partial(self._tell, file)
        return reader

    def _tell(self, file: FileInfo, error: CorruptData) -> None:
        rotten = self._count_rot()
        _log.error("%s of %s: %s (%d such reads so far)", file.path, self._branch, error, rotten)

    def _lost(self, file: FileInfo) -> PFSError:
        """Say why a content is not there: its version may be gone by now, with its branch or its commit."""
        line, number = self._place()
        connection = self._database.reader
        if connection.execute("SELECT 1 FROM branch WHERE line = ?", (line,)).fetchone() is None:
            return FileNotFound("The file was deleted with its branch.")
        found = _find_file(connection, line, number, file.path)
        if found is None or found[-1] != file.content:
            return Unavailable(f"The history of {self._branch} was cut off meanwhile.")
        return CorruptData("Its content is missing.")

    @telling
    def list_files(self, prefix: str = "", delimiter: str = "", after: str = "", limit: int = 1000) -> Page:
        """See `Snapshot.list_files`."""
        with self._database.reading() as connection:
            line, number = self._place()
            return Lister(connection, line, number).page(prefix, delimiter, after, limit)


def _find_file(connection: sqlite3.Connection, line: int, number: int, path: str) -> tuple[Any, ...] | None:
    """Find the row of a file in commit `number` of a line."""
    row: tuple[Any, ...] | None = connection.execute(_LIVE_FILE, (line, path, number)).fetchone()
    if row is None:
        row = connection.execute(_PAST_FILE, (line, path, number, number)).fetchone()
    return row


def _branch_info(connection: sqlite3.Connection, branch: Branch, found: BranchRow) -> BranchInfo:
    upstream = _upstream(connection, found.id) if found.output else ()
    return BranchInfo(branch, found.head_id, upstream)


def _upstream(connection: sqlite3.Connection, branch: int) -> tuple[Branch, ...]:
    return tuple(Branch(*row) for row in connection.execute(_UPSTREAM, (branch,)))
