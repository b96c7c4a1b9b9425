"""How far back the history of a branch goes, and how it is cut off there.

Of a line the newest commits are kept. What they need is every version with ``until`` behind the
first of them; all others are part of no commit that is left.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass

from s3gw.pfs.embedded._transaction import Transaction
from s3gw.pfs.embedded._uses import forget_contents
from s3gw.pfs.interface import DEFAULT_PROJECT, OWN_REPO, BranchNotFound

# Commits and versions in one transaction: what writers may have to wait for.
STEP = 500

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_DURATION = re.compile(r"(\d{1,6})([smhdw])", re.ASCII)
_COUNT = re.compile(r"\d{1,12}", re.ASCII)

_LINES = """
SELECT branch.line, repo.project, repo.name, branch.name
FROM branch JOIN repo ON repo.id = branch.repo ORDER BY 2, 3, 4
"""
_OWN_LINES = """
SELECT branch.line FROM branch JOIN repo ON repo.id = branch.repo WHERE repo.project = ? AND repo.name = ?
"""
_NTH = "SELECT num FROM commits WHERE line = ? ORDER BY num DESC LIMIT 1 OFFSET ?"
_YOUNG = "SELECT num FROM commits WHERE line = ? AND finished >= ? ORDER BY num LIMIT 1"
HEAD = "SELECT coalesce(max(num), 0) FROM commits WHERE line = ?"
_OLD_COMMITS = "SELECT line, num FROM commits WHERE line = ? AND num < ? ORDER BY num LIMIT ?"
_DEAD = "SELECT path, until, size, content FROM history WHERE line = ? AND until <= ? LIMIT ?"
_COUNT_COMMITS = "SELECT count(*) FROM commits WHERE line = ? AND num < ?"
_COUNT_DEAD = "SELECT count(*), coalesce(sum(size), 0) FROM history WHERE line = ? AND until <= ?"


@dataclass(frozen=True, slots=True)
class Keep:
    """What is kept of a branch beside its head: what either asks for.

    Attributes:
        commits: So many of the newest commits, the head among them.
        seconds: Those that are no older.
    """

    commits: int | None = None
    seconds: float | None = None

    def first(self, connection: sqlite3.Connection, line: int) -> int:
        """Give the number of the oldest commit of a line that is kept; 0 where the line is gone."""
        (head,) = connection.execute(HEAD, (line,)).fetchone()
        kept = [head]
        if self.commits is not None:
            row = connection.execute(_NTH, (line, max(0, self.commits - 1))).fetchone()
            kept.append(row[0] if row else 0)
        if self.seconds is not None:
            since = (time.time() - self.seconds) * 1_000_000
            row = connection.execute(_YOUNG, (line, since)).fetchone()
            kept.append(row[0] if row else head)
        return int(min(kept))


@dataclass(slots=True)
class Cut:
    """What was cut off, or would be.

    Attributes:
        commits: How many.
        versions: Of files.
        size: Bytes of these.
    """

    commits: int = 0
    versions: int = 0
    size: int = 0

    def __iadd__(self, other: Cut) -> Cut:
        self.commits += other.commits
        self.versions += other.versions
        self.size += other.size
        return self

    def __bool__(self) -> bool:
        return bool(self.commits or self.versions)

    def __str__(self) -> str:
        return f"{self.commits} commits, {self.versions} versions of files, {self.size / 1e6:.1f} MB"


def parse_duration(text: str) -> float:
    """Read ``30d``, ``12h``, ``90m``, ``45s`` or ``2w``; the seconds. Raise ValueError."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no duration: write 30d, 12h, 90m, 45s or 2w")
    return float(match[1]) * _UNITS_S[match[2]]


def parse_history(text: str) -> Keep | None:
    """Read ``30d``, ``100`` (commits) or ``all``, which is None. Raise ValueError."""
    if text == "all":
        return None
    if _COUNT.fullmatch(text) and int(text) > 0:
        return Keep(commits=int(text))
    try:
        return Keep(seconds=parse_duration(text))
    except ValueError:
        raise ValueError(f"{text!r} is none of 30d, 100 (commits), all") from None


def lines(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    """List the lines of all branches, each with the branch as S3 names it."""
    rows = connection.execute(_LINES).fetchall()
    return [
        (line, ".".join([branch, repo] + [project] * (project != "default")))
        for line, project, repo, branch in rows
    ]


def own_lines(connection: sqlite3.Connection) -> set[int]:
    """Give the lines of the branches of the gateway's own repo."""
    return {line for (line,) in connection.execute(_OWN_LINES, (DEFAULT_PROJECT, OWN_REPO))}


def choose(connection: sqlite3.Connection, branches: Sequence[str]) -> list[tuple[int, str]]:
    """List the lines of some branches, of all where none is named. Raise `BranchNotFound`."""
    found = lines(connection)
    missing = sorted(set(branches) - {name for _, name in found})
    if missing:
        raise BranchNotFound(
            f"there is no branch {missing[0]}: write it as BRANCH.REPO or BRANCH.REPO.PROJECT"
        )
    return [(line, name) for line, name in found if not branches or name in branches]


def count_cut(connection: sqlite3.Connection, line: int, keep: Keep) -> Cut:
    """Tell what would be cut off."""
    first = keep.first(connection, line)
    (commits,) = connection.execute(_COUNT_COMMITS, (line, first)).fetchone()
    return Cut(commits, *connection.execute(_COUNT_DEAD, (line, first)).fetchone())


def is_due(connection: sqlite3.Connection, line: int, keep: Keep) -> bool:
    """Tell whether anything would be cut off."""
    first = keep.first(connection, line)
    return any(
        connection.execute(query, (line, first, 1)).fetchone() is not None for query in (_OLD_COMMITS, _DEAD)
    )


def cut_some(transaction: Transaction, line: int, keep: Keep) -> Cut:
    """Cut a part of it off; nothing when all is done."""
    with transaction.whole() as connection:
        first = keep.first(connection, line)
        commits = connection.execute(_OLD_COMMITS, (line, first, STEP)).fetchall()
        connection.executemany("DELETE FROM commits WHERE line = ? AND num = ?", commits)
        dead = connection.execute(_DEAD, (line, first, STEP)).fetchall()
        connection.executemany(
            "DELETE FROM history WHERE line = ? AND path = ? AND until = ?",
            [(line, path, until) for path, until, _, _ in dead],
        )
        transaction.dooms |= forget_contents(connection, [content for *_, content in dead])
        return Cut(len(commits), len(dead), sum(size for _, _, size, _ in dead))
