"""Space comes back in the background, a little at a time, and on at the next start.

What goes is told by the tables, so that a kill at any moment leaves nothing behind: lines that were
dropped with their branch, commits beyond the history that is kept, files that are doomed.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from s3gw.pfs.embedded._committer import Committer, Task
from s3gw.pfs.embedded._contents import ContentStore
from s3gw.pfs.embedded._database import Database
from s3gw.pfs.embedded._folder import open_file
from s3gw.pfs.embedded._history import STEP, Cut, Keep, cut_some, is_due, lines, own_lines
from s3gw.pfs.embedded._pieces import drop_some_pieces
from s3gw.pfs.embedded._transaction import Transaction
from s3gw.pfs.embedded._uses import forget_contents
from s3gw.pfs.interface import PFSError

# After each step the purge rests so many times as long as that took.
_REST = 2.0

# How often a history that is bounded is looked at, or what failed is tried again; how soon what
# another process keeps this one from.
_EVERY_S = 5.0
_AGAIN_S = 1.0

# Free pages that stay in the database for what comes next, and what is given back at a time.
_SLACK_PAGES = 1024
_PAGES = 500

# What is kept of the branches of the gateway's own repo, whatever is kept of others.
_OWN = Keep(seconds=3600)

_DOOMED = "SELECT name FROM doomed WHERE name > ? ORDER BY name LIMIT ?"

_log = logging.getLogger(__name__)


@contextmanager
def alone(folder: Path, *, waits: bool) -> Iterator[None]:
    """Keep every purge of the folder out, and wait for one that is going on, or raise BlockingIOError."""
    file = open_file(folder / "purge.lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(file, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(file)


class Purger:
    """Deletes what is not needed any more, in a thread of its own.

    Args:
        folder: Of the PFS.
        database: Where the tables are.
        contents: Where the files are.
        keep: How far the history of each branch goes back; None keeps all of it.
    """

    def __init__(self, folder: Path, database: Database, contents: ContentStore, keep: Keep | None) -> None:
        self._folder = folder
        self._database = database
        self._contents = contents
        self._keep = keep
        self._wake = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="purge", daemon=True)

    def start(self, committer: Committer) -> None:
        """Start the thread, which first looks for what an earlier life has left."""
        self._committer = committer
        self._wake.set()
        self._thread.start()

    def begin(self) -> None:
        """Look for work, now or when the look that is going on has ended."""
        self._wake.set()

    def end(self) -> None:
        """Stop after the step that is going on; the next opening goes on with it."""
        self._ending.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        pause_s = None
        while True:
            self._wake.wait(pause_s)
            self._wake.clear()
            if self._ending.is_set():
                return
            try:
                own = own_lines(self._database.reader)
                pause_s = None if self._keep is None and not own else _EVERY_S
                with alone(self._folder, waits=False):
                    self.drop_lines()
                    for line in own:
                        self.cut(line, _OWN)
                    for line, _ in lines(self._database.reader) if self._keep else ():
                        if line not in own:
                            self.cut(line, self._keep or Keep())
                    self.drop_pieces()
                    self.remove_files()
                    self.give_back()
            except BlockingIOError:  # another process is at it, and may be past what has come up
                pause_s = _AGAIN_S
            except (PFSError, sqlite3.Error, OSError) as error:
                _log.warning("what is not needed any more stays for now: %s", error)
                pause_s = _EVERY_S

    def drop_lines(self) -> None:
        """Delete what dropped lines have left."""
        self._repeat(lambda: self._committer.run(Task(_drop_some, frees=True)))

    def drop_pieces(self) -> None:
        """Give the pieces of composed contents back that nothing refers to."""
        self._repeat(lambda: self._committer.run(Task(_drop_some_pieces, frees=True)))

    def cut(self, line: int, keep: Keep, tell: Callable[[Cut], None] = lambda _: None) -> Cut:
        """Cut a line off; `tell` is told what is done so far."""
        done = Cut()

        def step() -> bool:
            nonlocal done
            if not is_due(self._database.reader, line, keep):
                return False
            made = self._committer.run(Task(partial(cut_some, line=line, keep=keep), frees=True))
            done += made
            tell(done)
            return bool(made)

        self._repeat(step)
        return done

    def remove_files(self) -> None:
        """Remove the files that are doomed. Raise OSError where some cannot be: a later look tries again."""
        after = ""
        problem: OSError | None = None

        def step() -> bool:
            nonlocal after, problem
            rows = self._database.reader.execute(_DOOMED, (after, STEP)).fetchall()
            removed = []
            for (name,) in rows:
                after = name
                try:
                    self._contents.remove(name)
                    removed.append((name,))
                except OSError as error:
                    problem = error
            if removed:
                self._committer.run(Task(partial(_forget_doomed, rows=removed), frees=True))
            return bool(rows)

        self._repeat(step)
        if problem is not None:
            raise problem

    def give_back(self, *, all_: bool = False) -> None:
        """Give the free pages of the database back to the disk, but for some.

        SQLite moves pages into the gaps. A database that was made by format 1 cannot do that: it is
        written anew, where all are asked for and they are many, and writers wait for it.
        """
        reader = self._database.reader
        (kind,) = reader.execute("PRAGMA auto_vacuum").fetchone()
        if kind:
            self._repeat(lambda: self._give_some_back(all_=all_))
        elif all_ and self._free()[0] > self._free()[1] // 4:
            self._database.rewrite()
        if all_:
            self._database.shorten_log()

    def _free(self) -> tuple[int, int]:
        """Count the free pages of the database, and all."""
        reader = self._database.reader
        (free,) = reader.execute("PRAGMA freelist_count").fetchone()
        (pages,) = reader.execute("PRAGMA page_count").fetchone()
        return free, pages

    def _give_some_back(self, *, all_: bool) -> bool:
        free, pages = self._free()
        if free <= (0 if all_ else _SLACK_PAGES + pages // 8):
            return False
        self._committer.run(Task(_vacuum_some, frees=True))
        return True

    def _repeat(self, step: Callable[[], bool]) -> None:
        """Do step after step, with rests, until nothing is left."""
        while not self._ending.is_set():
            began = time.monotonic()
            if not step():
                return
            self._ending.wait(_REST * (time.monotonic() - began))


def _forget_doomed(transaction: Transaction, rows: list[tuple[str]]) -> None:
    with transaction.whole() as connection:
        connection.executemany("DELETE FROM doomed WHERE name = ?", rows)


def _vacuum_some(transaction: Transaction) -> None:
    with transaction.whole() as connection:
        for _ in range(_PAGES):  # it gives a page back with each step, of which Python makes one
            connection.execute("PRAGMA incremental_vacuum")


def _drop_some(transaction: Transaction) -> bool:
    with transaction.whole() as connection:
        found, dooms = _drop_some_rows(connection)
    transaction.dooms |= dooms
    return found


def _drop_some_pieces(transaction: Transaction) -> bool:
    with transaction.whole() as connection:
        found, dooms = drop_some_pieces(connection, STEP)
    transaction.dooms |= dooms
    return found


def _drop_some_rows(connection: sqlite3.Connection) -> tuple[bool, bool]:
    row = connection.execute("SELECT id FROM line WHERE dropped LIMIT 1").fetchone()
    if row is None:
        return False, False
    (line,) = row
    for table, key in (("file", "path"), ("history", "path, until")):
        rows = connection.execute(
            f"SELECT content, {key} FROM {table} WHERE line = ? LIMIT ?",  # noqa: S608
            (line, STEP),
        ).fetchall()
        dooms = forget_contents(connection, [content for content, *_ in rows])
        where = " AND ".join(f"{column} = ?" for column in ["line", *key.split(", ")])
        connection.executemany(f"DELETE FROM {table} WHERE {where}", [(line, *rest) for _, *rest in rows])  # noqa: S608
        if rows:
            return True, dooms
    some = "SELECT num FROM commits WHERE line = ? LIMIT ?"
    delete = f"DELETE FROM commits WHERE line = ? AND num IN ({some})"  # noqa: S608
    if not connection.execute(delete, (line, line, STEP)).rowcount:
        connection.execute("DELETE FROM line WHERE id = ?", (line,))
    return True, False
