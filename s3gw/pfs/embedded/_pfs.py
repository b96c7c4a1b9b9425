"""The embedded PFS: `s3gw.pfs.interface` over one folder."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

from s3gw.pfs import paths
from s3gw.pfs.embedded._changes import ChangeWork, refuse_clash, settle
from s3gw.pfs.embedded._committer import Committer, Task
from s3gw.pfs.embedded._compose import Composition, compose
from s3gw.pfs.embedded._contents import BodyStaging, ContentStore
from s3gw.pfs.embedded._database import Database, Unusable, telling
from s3gw.pfs.embedded._folder import close_to_others, is_ours, make_folder, sync_folder
from s3gw.pfs.embedded._history import Cut, Keep, choose
from s3gw.pfs.embedded._log_index import LogIndex
from s3gw.pfs.embedded._purge import Purger, alone
from s3gw.pfs.embedded._rows import moment
from s3gw.pfs.embedded._snapshot import EmbeddedSnapshot
from s3gw.pfs.embedded._space import Space
from s3gw.pfs.embedded._transaction import BranchRow, Transaction, add_commit, find_branch, find_writable
from s3gw.pfs.embedded._versions import VersionLister
from s3gw.pfs.interface import (
    OWN_REPO,
    Branch,
    BranchEntry,
    BranchExists,
    BranchInfo,
    BranchInUse,
    BranchNotEmpty,
    BranchNotFound,
    Change,
    Delete,
    Piece,
    Put,
    Snapshot,
    VersionPage,
)
from s3gw.pfs.paging import END, successor

_NAMED = "SELECT name, created FROM named WHERE name >= ? AND name < ? ORDER BY name LIMIT ?"
_STATE = """
SELECT branch.line, (SELECT max(num) FROM commits WHERE commits.line = branch.line),
       (SELECT min(num) FROM commits WHERE commits.line = branch.line)
FROM repo JOIN branch ON branch.repo = repo.id WHERE repo.project = ? AND repo.name = ? AND branch.name = ?
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
    composes_parts = True
    keeps_md5 = True
    keeps_properties = True
    own_repo = OWN_REPO

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
        self._is_closed = False
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
        self._log_index = LogIndex(folder / "pfs.sqlite")
        self._purger = Purger(folder, self._database, self._contents, history)
        self._committer = Committer(self._database, space, self._purger.begin)
        self._purger.start(self._committer)

    def _is_kept(self, name: str) -> bool:
        return (
            self._database.reader.execute("SELECT 1 FROM large WHERE name = ?", (name,)).fetchone()
            is not None
        )

    def list_branches(self, prefix: str = "", after: str = "", at_once: int = 1000) -> Iterator[BranchEntry]:
        """See `PFS.list_branches`; no statement is open while an entry is looked at."""
        low, high = max(prefix, successor(after)), prefix + END
        rows = self._named(low, high, at_once) if prefix.isascii() else []
        while rows:
            for full_name, created in rows:
                name, repo, *project = full_name.split(".")
                yield BranchEntry(Branch(repo, name, *project), moment(created))
            low = successor(rows[-1][0])
            rows = self._named(low, high, at_once) if len(rows) == at_once else []

    @telling
    def _named(self, low: str, high: str, limit: int) -> list[tuple[str, int]]:
        return self._database.reader.execute(_NAMED, (low, high, limit)).fetchall()

    @telling
    def inspect_branch(self, branch: Branch) -> BranchInfo:
        """See `PFS.inspect_branch`."""
        with self._database.reading() as connection:
            return _branch_info(connection, branch, find_branch(connection, branch))

    def at_one_moment(self) -> EmbeddedPFS:
        """See `PFS.at_one_moment`; a look takes microseconds."""
        return self

    def state(self, branch: Branch) -> tuple[int, int, int]:
        """See `PFS.state`: the line, the newest of its commits, and the oldest."""
        found = self._log_index.found()
        state: tuple[int, int, int] | None = found.get(branch)
        if state is None:
            state = found[branch] = self._find_state(branch)
        return state

    @telling
    def _find_state(self, branch: Branch) -> tuple[int, int, int]:
        asked = (branch.project, branch.repo, branch.name)
        row: tuple[int, int, int] | None = self._database.reader.execute(_STATE, asked).fetchone()
        if row is None:
            raise BranchNotFound(f"there is no {branch}")
        return row

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
            head = add_commit(connection, line, 0)
            connection.execute(
                "INSERT INTO repo (project, name, created) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (branch.project, branch.repo, head.finished),
            )
            try:
                cursor = connection.execute(
                    "INSERT INTO branch (repo, name, line) "
                    "SELECT id, ?, ? FROM repo WHERE project = ? AND name = ?",
                    (branch.name, line, branch.project, branch.repo),
                )
            except sqlite3.IntegrityError as error:
                raise BranchExists(f"branch {branch.name!r} already exists in repo {branch.repo}") from error
            connection.executemany(
                "INSERT INTO provenance (branch, upstream) VALUES (?, ?)",
                [(cursor.lastrowid, other) for other in dict.fromkeys(upstream)],
            )
            return _branch_info(connection, branch, find_branch(connection, branch))

        info = self._committer.run(Task(create))
        if branch.repo == OWN_REPO:
            self._purger.begin()  # which watches over its history from now on
        return info

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
            self._database.check()
            connection = self._database.reader
            found = find_writable(connection, branch)
            paths.check_path(path)
            refuse_clash(connection, found.line, path)
        return self._contents.stage()

    @telling
    def compose(
        self,
        branch: Branch,  # noqa: ARG002
        path: str,  # noqa: ARG002
        pieces: Sequence[Piece],
        md5: bytes | None = None,
    ) -> Composition | None:
        """See `PFS.compose`; None where there would be too many pieces. Raise ValueError without an MD5."""
        return compose(self._database.reader, pieces, md5)

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

    def turn(self) -> AbstractContextManager[None]:
        """See `PFS.turn`."""
        return self._committer.turn()

    @telling
    def list_versions(
        self,
        branch: Branch,
        prefix: str = "",
        delimiter: str = "",
        after: tuple[str, str | None] = ("", None),
        limit: int = 1000,
    ) -> VersionPage:
        """See `PFS.list_versions`."""
        with self._database.reading() as connection:
            line = find_branch(connection, branch).line
            return VersionLister(connection, line).page(prefix, delimiter, after, limit)

    def _count_rot(self) -> int:
        self._rotten += 1
        return self._rotten

    def forbid_waiting(self) -> None:
        """See `PFS.forbid_waiting`."""
        self._database.forbid_waiting()

    @telling
    def check(self) -> None:
        """See `PFS.check`."""
        self._database.check()
        self._database.check_format()
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
            purger.drop_pieces()
            tell("removing files")
            purger.remove_files()
            tell("giving the space back")
            purger.give_back(all_=True)
        return cut

    def user_of(self, token: str) -> None:
        """See `PFS.user_of`; a folder knows no users."""

    def acting_as(self, user: str, token: str) -> EmbeddedPFS:  # noqa: ARG002
        """See `PFS.acting_as`."""
        return self

    def acting(self) -> Sequence[EmbeddedPFS]:
        """See `PFS.acting`."""
        return (self,)

    def authorize(self, branch: Branch, right: str, *, is_new: bool = False) -> None:
        """See `PFS.authorize`; whoever may use the folder may do everything."""

    def close(self) -> None:
        """See `PFS.close`."""
        if self._is_closed:  # its descriptors may be somebody else's by now
            return
        self._is_closed = True
        self._purger.end()
        self._database.close()
        self._log_index.close()
        self._contents.close()


def _branch_info(connection: sqlite3.Connection, branch: Branch, found: BranchRow) -> BranchInfo:
    upstream = _upstream(connection, found.id) if found.output else ()
    return BranchInfo(branch, found.head_id, upstream)


def _upstream(connection: sqlite3.Connection, branch: int) -> tuple[Branch, ...]:
    return tuple(Branch(*row) for row in connection.execute(_UPSTREAM, (branch,)))
