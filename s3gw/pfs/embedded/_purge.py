"""Contents of deleted branches go in the background, a little at a time, and on at the next start."""

from __future__ import annotations

import logging
import sqlite3
import threading

from s3gw.pfs.embedded._committer import Committer
from s3gw.pfs.embedded._contents import ContentStore
from s3gw.pfs.embedded._rows import forget_contents
from s3gw.pfs.embedded._transaction import Transaction
from s3gw.pfs.interface import PFSError

# Files in one transaction: what writers may have to wait for.
_STEP = 500

_log = logging.getLogger(__name__)


class Purger:
    """Deletes what dropped lines have left, in a thread of its own that ends with its work."""

    def __init__(self, committer: Committer, contents: ContentStore) -> None:
        self._committer = committer
        self._contents = contents
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._again = False
        self._ending = threading.Event()

    def begin(self) -> None:
        """Look for dropped lines, now or when the look that is going on has ended."""
        with self._lock:
            self._again = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="purge", daemon=True)
                self._thread.start()

    def end(self) -> None:
        """Stop after the step that is going on; the next opening goes on with it."""
        self._ending.set()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._again or self._ending.is_set():
                    self._thread = None
                    return
                self._again = False
            try:
                while not self._ending.is_set() and self._step():
                    pass
            except PFSError as error:
                _log.warning("contents of deleted branches stay for now: %s", error)

    def _step(self) -> bool:
        """Delete a few; false when nothing is left. Files go only when their rows are gone for good."""
        found, names = self._committer.run(_delete_some)
        for name in names:
            self._contents.remove(name)
        return found


def _delete_some(transaction: Transaction) -> tuple[bool, list[str]]:
    with transaction.whole() as connection:
        return _delete_some_rows(connection)


def _delete_some_rows(connection: sqlite3.Connection) -> tuple[bool, list[str]]:
    row = connection.execute("SELECT id FROM line WHERE dropped LIMIT 1").fetchone()
    if row is None:
        return False, []
    (line,) = row
    names: list[str] = []
    for table, key in (("file", "path"), ("history", "path, until")):
        rows = connection.execute(
            f"SELECT content, {key} FROM {table} WHERE line = ? LIMIT ?",  # noqa: S608
            (line, _STEP),
        ).fetchall()
        names += forget_contents(connection, [content for content, *_ in rows])
        where = " AND ".join(f"{column} = ?" for column in ["line", *key.split(", ")])
        connection.executemany(f"DELETE FROM {table} WHERE {where}", [(line, *rest) for _, *rest in rows])  # noqa: S608
        if rows:
            return True, names
    connection.execute("DELETE FROM commits WHERE line = ?", (line,))
    connection.execute("DELETE FROM line WHERE id = ?", (line,))
    return True, names
