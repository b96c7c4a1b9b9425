"""Whether all that the tables promise is there, and nothing else; and what can be done where it is not."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s3gw.pfs.embedded._contents import BlockSums
from s3gw.pfs.embedded._database import FORMAT, Database, Unusable, check_is_there, tables
from s3gw.pfs.embedded._folder import make_folder, open_file
from s3gw.pfs.embedded._purge import alone
from s3gw.pfs.embedded._readers import BLOCK
from s3gw.pfs.embedded._space import Space
from s3gw.pfs.embedded._uses import forget_contents

_PAGE = 500
_TELL_EVERY_S = 1.0

_VERSIONS = {
    "file": ("line, path", "0"),
    "history": ("line, path, until", "until"),
}
_BRANCHES = """
SELECT repo.project || '/' || repo.name || '@' || branch.name, branch.line,
       EXISTS (SELECT 1 FROM commits WHERE commits.num = branch.head AND commits.line = branch.line),
       EXISTS (SELECT 1 FROM line WHERE line.id = branch.line AND NOT line.dropped)
FROM branch LEFT JOIN repo ON repo.id = branch.repo
"""
_UNUSED = """
SELECT {key} FROM {table} WHERE {key} NOT IN (
    SELECT content FROM file WHERE content IS NOT NULL
    UNION ALL SELECT content FROM history WHERE content IS NOT NULL
)
"""


@dataclass(slots=True)
class _Version:
    """A version of a file whose content is not what was stored."""

    table: str
    row: tuple[Any, ...]
    fault: str


@dataclass(slots=True)
class Report:
    """What a check has found.

    Attributes:
        problems: What is not in order, a line each.
        lost: How many of these are versions of files that cannot be read any more.
        repaired: What was done about it, a line each.
        versions: Of files, that were looked at.
        size: Bytes of these.
        strays: Files that nothing refers to.
    """

    problems: list[str] = field(default_factory=list)
    lost: int = 0
    repaired: list[str] = field(default_factory=list)
    versions: int = 0
    size: int = 0
    strays: int = 0

    @property
    def in_order(self) -> bool:
        """Whether nothing is left to be done, and nothing was lost."""
        return not self.lost and len(self.repaired) >= len(self.problems)

    def __str__(self) -> str:
        found = f"{self.versions} versions of files, {self.size / 1e6:.1f} MB: "
        if not self.problems:
            return found + "all is in order"
        repaired = f", {len(self.repaired)} repaired" if self.repaired else ""
        return f"{found}{len(self.problems)} problems, {self.lost} versions lost{repaired}"


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
            return _Check(folder, connection, tell).run(repair=repair)
    except sqlite3.DatabaseError as error:
        report = Report([f"pfs.sqlite: {error}: restore a backup"])
        tell(report.problems[0])
        return report
    except OSError as error:
        raise Unusable(f"{folder} cannot be checked: {error}") from error


def _open(folder: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{folder / 'pfs.sqlite'}?mode=ro", uri=True, isolation_level=None, timeout=60
    )
    connection.execute("PRAGMA query_only=1")
    return connection


class _Check:
    def __init__(self, folder: Path, connection: sqlite3.Connection, tell: Callable[[str], None]) -> None:
        self._folder = folder
        self._objects = folder / "objects"
        self._connection = connection
        self._tell = tell
        self._report = Report()
        self._lost: list[_Version] = []
        self._strays: list[Path] = []
        self._unused: dict[str, list[Any]] = {}
        self._sums: dict[str, bytes] = {}
        self._told_s = time.monotonic()

    def run(self, *, repair: bool) -> Report:
        self._tell("checking the database")
        schema = self._check_schema()
        if not schema:
            return self._report
        damaged = self._check_integrity()
        self._check_branches()
        for table in _VERSIONS:
            self._check_versions(table)
        self._check_unused()
        self._check_strays()
        if repair:
            self._repair(damaged=damaged)
        return self._report

    def _problem(self, text: str) -> None:
        self._report.problems.append(text)
        self._tell(text)

    # --- the database ---------------------------------------------------------------------------

    def _check_schema(self) -> bool:
        (found,) = self._connection.execute("PRAGMA user_version").fetchone()
        if found != FORMAT:
            self._problem(
                f"pfs.sqlite has format {found} instead of {FORMAT}: serve it once with this version"
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

    def _check_integrity(self) -> bool:
        rows = [row[0] for row in self._connection.execute("PRAGMA integrity_check(20)")]
        if rows == ["ok"]:
            return False
        for row in rows:
            self._problem(f"pfs.sqlite: {row}")
        return True

    def _check_branches(self) -> None:
        for name, _, has_head, has_line in self._connection.execute(_BRANCHES).fetchall():
            if name is None or not has_head or not has_line:
                self._problem(f"pfs.sqlite: the branch {name} has no repo, head or line: restore a backup")

    def _check_unused(self) -> None:
        for table, key in (("blob", "id"), ("large", "name")):
            rows = self._connection.execute(_UNUSED.format(table=table, key=key)).fetchall()
            self._unused[table] = [row[0] for row in rows]
            if rows:
                self._problem(f"pfs.sqlite: {len(rows)} rows of {table} belong to no file")

    # --- contents -------------------------------------------------------------------------------

    def _check_versions(self, table: str) -> None:
        for row in self._rows(table):
            _, path, _, size, md5, content = row
            self._report.versions += 1
            self._report.size += size
            fault = self._fault(size, md5, content)
            if fault:
                self._lost.append(_Version(table, row, fault))
                self._report.lost += 1
                self._problem(f"{self._name(row[0])} {path}{'' if table == 'file' else ' (past)'}: {fault}")
            if time.monotonic() - self._told_s > _TELL_EVERY_S:
                self._told_s = time.monotonic()
                self._tell(
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

    def _fault(self, size: int, md5: bytes, content: int | str | None) -> str:
        if content is None:
            return "it has no content" if size else ""
        if isinstance(content, str):
            return self._fault_of_file(content, size, md5)
        row = self._connection.execute("SELECT data FROM blob WHERE id = ?", (content,)).fetchone()
        if row is None:
            return "its content is missing"
        if len(row[0]) != size or hashlib.md5(row[0], usedforsecurity=False).digest() != md5:
            return "its content differs from what was stored"
        return ""

    def _fault_of_file(self, name: str, size: int, md5: bytes) -> str:
        row = self._connection.execute("SELECT blocks FROM large WHERE name = ?", (name,)).fetchone()
        if row is None:
            return f"objects/{name} is missing in the table large"
        try:
            file = os.open(self._objects / name, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return f"objects/{name} is missing"
        with open(file, "rb", buffering=0) as reader:
            if os.fstat(file).st_size != size:
                return f"objects/{name} has {os.fstat(file).st_size} bytes instead of {size}"
            sums = BlockSums()
            digest = hashlib.md5(usedforsecurity=False)
            while block := reader.read(4 * BLOCK):
                sums.update(block)
                if row[0] is None:
                    digest.update(block)
        if row[0] is None and digest.digest() == md5:
            self._sums[name] = sums.sums()
            return ""
        return "" if sums.sums() == row[0] else f"objects/{name} differs from what was stored"

    def _name(self, line: int) -> str:
        rows = self._connection.execute(_BRANCHES).fetchall()
        return next((name for name, other, *_ in rows if other == line), f"line {line}")

    def _check_strays(self) -> None:
        known = "SELECT 1 FROM large WHERE name = ?1 UNION ALL SELECT 1 FROM doomed WHERE name = ?1"
        for session in sorted(self._objects.iterdir()):
            if not session.is_dir() or _lives(session.with_suffix(".lock")):
                continue
            for path in session.glob("*/*"):
                name = str(path.relative_to(self._objects))
                if self._connection.execute(known, (name,)).fetchone() is None:
                    self._strays.append(path)
        self._report.strays = len(self._strays)
        if self._strays:
            example = self._strays[0].relative_to(self._folder)
            self._problem(f"{len(self._strays)} files belong to nothing, such as {example}")

    # --- repair ---------------------------------------------------------------------------------

    def _repair(self, *, damaged: bool) -> None:
        database = Database(self._folder, durable=True, space=Space(self._folder))
        try:
            if damaged:
                with database.writing() as connection:
                    connection.execute("REINDEX")
                    rows = [row[0] for row in connection.execute("PRAGMA integrity_check(20)")]
                if rows == ["ok"]:
                    self._repaired("pfs.sqlite: its indexes were made anew")
                    self._report.problems = [
                        text for text in self._report.problems if not text.startswith("pfs.sqlite: ")
                    ]
            for version in self._lost:
                self._give_up(database, version)
            if any(self._unused.values()):
                with database.writing() as connection:
                    forget_contents(
                        connection, [content for some in self._unused.values() for content in some]
                    )
                for table, some in self._unused.items():
                    if some:
                        self._repaired(f"pfs.sqlite: {len(some)} rows of {table} were deleted")
            for path in self._strays:
                path.unlink(missing_ok=True)
                with contextlib.suppress(OSError):
                    path.parent.rmdir()
                    path.parent.parent.rmdir()
            if self._strays:
                self._repaired(f"{len(self._strays)} files that belonged to nothing were removed")
            if self._sums:
                with database.writing() as connection:
                    connection.executemany(
                        "UPDATE large SET blocks = ? WHERE name = ?",
                        [(sums, name) for name, sums in self._sums.items()],
                    )
                self._tell(f"{len(self._sums)} files of format 1 have sums of their blocks now")
        finally:
            database.close()

    def _give_up(self, database: Database, version: _Version) -> None:
        """Take a version out of its branch; what is left of its content goes to the folder ``lost``."""
        line, path, until, _, _, content = version.row
        place = self._save(line, content)
        where = "line = ? AND path = ? AND content IS ?" + (
            " AND until = ?" if version.table == "history" else ""
        )
        values = (line, path, content, until)[: where.count("?")]
        with database.writing() as connection:
            connection.execute(f"DELETE FROM {version.table} WHERE {where}", values)  # noqa: S608 - our names
            forget_contents(connection, [content])
        self._repaired(
            f"{self._name(line)} {path} was given up{f', what is left of it is {place}' if place else ''}"
        )

    def _save(self, line: int, content: int | str | None) -> str:
        lost = self._folder / "lost"
        make_folder(lost)
        if isinstance(content, str):
            with contextlib.suppress(FileNotFoundError):
                name = content.replace("/", "-")
                os.link(self._objects / content, lost / name)
                return f"lost/{name}"
        elif content is not None:
            row = self._connection.execute("SELECT data FROM blob WHERE id = ?", (content,)).fetchone()
            if row is not None:
                name = f"{line}-{content}"
                with open(open_file(lost / name, os.O_WRONLY | os.O_CREAT), "wb") as file:
                    file.write(row[0])
                return f"lost/{name}"
        return ""

    def _repaired(self, text: str) -> None:
        self._report.repaired.append(text)
        self._tell(text)


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
