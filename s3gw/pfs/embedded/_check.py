"""Whether all that the tables promise is there, and nothing else; and what can be done where it is not."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from s3gw.pfs.embedded._database import Database, Unusable, check_is_there, refuse_newer
from s3gw.pfs.embedded._faults import Faults
from s3gw.pfs.embedded._folder import files_below, uri_of
from s3gw.pfs.embedded._purge import alone
from s3gw.pfs.embedded._repair import Repair, make_indexes
from s3gw.pfs.embedded._report import Findings, LostVersion, Report
from s3gw.pfs.embedded._space import Space
from s3gw.pfs.embedded._tables import FORMAT, MISNAMED, tables
from s3gw.pfs.embedded._uses import MISCOUNTED, USED

_PAGE = 500
_TELL_EVERY_S = 1.0

_VERSIONS = {
    "file": ("line, path", "0"),
    "history": ("line, path, until", "until"),
}
_BRANCHES = """
SELECT repo.project || '/' || repo.name || '@' || branch.name, branch.line,
       EXISTS (SELECT 1 FROM commits WHERE commits.line = branch.line),
       EXISTS (SELECT 1 FROM line WHERE line.id = branch.line AND NOT line.dropped)
FROM branch LEFT JOIN repo ON repo.id = branch.repo
"""
_UNUSED = {
    "blob": f"SELECT id FROM blob WHERE id NOT IN (SELECT content FROM ({USED}))",  # noqa: S608
    "large": f"SELECT name FROM large WHERE name NOT IN (SELECT content FROM ({USED}))",  # noqa: S608
    "composed": f"SELECT -id FROM composed WHERE NOT dropped AND -id NOT IN (SELECT content FROM ({USED}))",  # noqa: S608
}
_ORPHANS = "SELECT DISTINCT composed FROM pieces WHERE composed NOT IN (SELECT id FROM composed)"


def check(folder: Path, *, repair: bool = False, tell: Callable[[str], None] = lambda _: None) -> Report:
    """Look at a PFS, also while it is served: tables, contents, files.

    With `repair` strays are removed, and what cannot be read any more leaves its branch: what is left
    of it goes to the folder ``lost``. Purges wait until it has ended.

    Args:
        folder: Of the PFS.
        repair: Whether to mend what can be mended.
        tell: Is told how far it is, and each problem.

    Raises:
        Unusable: There is no PFS, or it cannot be looked at.
    """
    check_is_there(folder)
    try:
        with alone(folder, waits=True), contextlib.closing(_open(folder)) as connection:
            findings = Findings(Report(), tell)
            looked = _Check(folder, connection, findings).run()
            if repair and looked:
                database = Database(folder, durable=True, space=Space(folder))
                with contextlib.closing(database):
                    if findings.is_damaged and make_indexes(database):
                        findings = Findings(Report(["pfs.sqlite: its indexes were damaged"]), tell)
                        findings.repaired("pfs.sqlite: its indexes were made anew")
                        _Check(folder, connection, findings).run()  # what was seen through them may be wrong
                    Repair(folder, database, findings).run()
            return findings.report
    except sqlite3.DatabaseError as error:
        report = Report([f"pfs.sqlite: {error}: restore a backup"])
        tell(report.problems[0])
        return report
    except OSError as error:
        raise Unusable(f"{folder} cannot be checked: {error}") from error


def _open(folder: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(uri_of(folder / "pfs.sqlite"), uri=True, isolation_level=None, timeout=60)
    connection.execute("PRAGMA query_only=1")
    return connection


class _Check:
    def __init__(self, folder: Path, connection: sqlite3.Connection, findings: Findings) -> None:
        self._folder = folder
        self._objects = folder / "objects"
        self._connection = connection
        self._findings = findings
        self._report = findings.report
        self._problem = findings.problem
        self._faults = Faults(self._objects, connection)
        self._told_s = time.monotonic()

    def run(self) -> bool:
        """Look at everything; false where the tables are none of this version's."""
        self._findings.tell("checking the database")
        if not self._check_schema():
            return False
        self._check_integrity()
        self._check_branches()
        for table in _VERSIONS:
            self._check_versions(table)
        self._findings.sums = self._faults.sums
        self._check_uses()
        self._check_strays()
        return True

    # --- the database ---------------------------------------------------------------------------

    def _check_schema(self) -> bool:
        found = refuse_newer(self._folder / "pfs.sqlite", self._connection)
        if found != FORMAT:
            self._problem(
                f"pfs.sqlite has format {found} instead of {FORMAT}: serve it once with this version, "
                "or check it with the one that wrote it"
            )
            return False
        wrong = [
            name
            for name, columns in tables().items()
            if sorted(columns) != sorted(_columns(self._connection, name))
        ]
        for name in wrong:
            self._problem(f"pfs.sqlite: the table {name} is not as it must be: restore a backup")
        return not wrong

    def _check_integrity(self) -> None:
        rows = [row[0] for row in self._connection.execute("PRAGMA integrity_check(20)")]
        if rows != ["ok"]:
            self._findings.is_damaged = True
            for row in rows:
                self._problem(f"pfs.sqlite: {row}")

    def _check_branches(self) -> None:
        for name, _, has_head, has_line in self._connection.execute(_BRANCHES).fetchall():
            if name is None or not has_head or not has_line:
                self._problem(f"pfs.sqlite: the branch {name} has no repo, head or line: restore a backup")
        (self._findings.misnamed,) = self._connection.execute(MISNAMED).fetchone()
        if self._findings.misnamed:
            self._problem(f"pfs.sqlite: {self._findings.misnamed} names of branches are indexed wrong")

    def _check_uses(self) -> None:
        """Tell what nothing refers to, and what is referred to more or less often than is counted."""
        for table, query in _UNUSED.items():
            rows = self._findings.unused[table] = [row[0] for row in self._connection.execute(query)]
            if rows:
                self._problem(f"pfs.sqlite: {len(rows)} rows of {table} belong to no file")
        self._findings.miscounted = sum(1 for _ in self._connection.execute(MISCOUNTED))
        if self._findings.miscounted:
            self._problem(f"pfs.sqlite: the uses of {self._findings.miscounted} contents are counted wrong")
        self._findings.orphans = [row[0] for row in self._connection.execute(_ORPHANS)]
        if self._findings.orphans:
            self._problem(f"pfs.sqlite: there are pieces of {len(self._findings.orphans)} that are missing")

    # --- contents -------------------------------------------------------------------------------

    def _check_versions(self, table: str) -> None:
        for row in self._rows(table):
            _, path, _, size, md5, content = row
            self._report.versions += 1
            self._report.size += size
            fault = self._faults.of(content, size, md5)
            if fault:
                lost = LostVersion(table, self._name(row[0]), row)
                self._findings.lost.append(lost)
                self._report.lost += 1
                self._problem(f"{lost.branch} {path}{'' if table == 'file' else ' (past)'}: {fault}")
            if time.monotonic() - self._told_s > _TELL_EVERY_S:
                self._told_s = time.monotonic()
                self._findings.tell(
                    f"{self._report.versions} versions of files, {self._report.size / 1e6:.0f} MB so far"
                )

    def _rows(self, table: str) -> Iterator[tuple[Any, ...]]:
        """Give the rows page by page: a long read would keep the log from beginning anew."""
        key, until = _VERSIONS[table]
        after: tuple[Any, ...] = (-1, "", -1)[: key.count(",") + 1]
        marks = ", ".join("?" * len(after))
        query = (
            f"SELECT line, path, {until}, size, md5, content FROM {table} "  # noqa: S608 - our own names
            f"WHERE ({key}) > ({marks}) AND line NOT IN (SELECT id FROM line WHERE dropped) "
            f"ORDER BY {key} LIMIT ?"
        )
        while page := self._connection.execute(query, (*after, _PAGE)).fetchall():
            yield from page
            after = page[-1][: len(after)]

    def _name(self, line: int) -> str:
        rows = self._connection.execute(_BRANCHES).fetchall()
        return next((name for name, other, *_ in rows if other == line), f"line {line}")

    def _check_strays(self) -> None:
        known = "SELECT 1 FROM large WHERE name = :name UNION ALL SELECT 1 FROM doomed WHERE name = :name"
        for session in sorted(self._objects.iterdir()):
            if not session.is_dir():
                if session.suffix != ".lock":
                    self._findings.strays.append(session)
                continue
            if _lives(session.with_suffix(".lock")):
                continue
            for path in files_below(session):
                name = str(path.relative_to(self._objects))
                if self._connection.execute(known, {"name": name}).fetchone() is None:
                    self._findings.strays.append(path)
        strays = self._findings.strays
        self._report.strays = len(strays)
        if strays:
            example = strays[0].relative_to(self._folder)
            self._problem(f"{len(strays)} files belong to nothing, such as {example}")


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def _lives(lock: Path) -> bool:
    """Tell whether a process holds the lock of a session."""
    try:
        file = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False
