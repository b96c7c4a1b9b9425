"""The tables of an embedded PFS, and how those of older formats become these.

A *line* is the linear history of a branch. ``file`` holds what is live at its head, ``history``
what was: a version is part of the commits ``since <= num < until``. So a listing of HEAD never
wades through dead versions, and a past commit stays readable.

PERF: that no number of a commit is given twice, which AUTOINCREMENT sees to in older folders, costs each
commit a page of the log. A line, whose number is never given twice, tells its commits from all others.
"""

from __future__ import annotations

import contextlib
import sqlite3

FORMAT = 3

_TABLES = """
CREATE TABLE repo (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    created INTEGER NOT NULL,            -- times are microseconds since 1970, UTC
    UNIQUE (project, name)
);
CREATE TABLE branch (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repo INTEGER NOT NULL REFERENCES repo,
    name TEXT NOT NULL,
    line INTEGER NOT NULL UNIQUE,
    head INTEGER NOT NULL,
    UNIQUE (repo, name)
);
CREATE TABLE provenance (
    branch INTEGER NOT NULL REFERENCES branch,
    upstream INTEGER NOT NULL REFERENCES branch,
    PRIMARY KEY (branch, upstream)
) WITHOUT ROWID;
CREATE INDEX subvenance ON provenance (upstream);
CREATE TABLE line (id INTEGER PRIMARY KEY AUTOINCREMENT, dropped INTEGER NOT NULL DEFAULT 0);
CREATE INDEX dropped_line ON line (id) WHERE dropped;
CREATE TABLE commits (
    num INTEGER PRIMARY KEY,             -- of a line: each is above those before
    id TEXT NOT NULL UNIQUE,
    line INTEGER NOT NULL,
    finished INTEGER NOT NULL
);
CREATE INDEX line_commits ON commits (line);
CREATE TABLE file (
    line INTEGER NOT NULL,
    path TEXT NOT NULL,
    since INTEGER NOT NULL,
    committed INTEGER NOT NULL,
    size INTEGER NOT NULL,
    hash BLOB NOT NULL,
    md5 BLOB NOT NULL,
    content,                             -- NULL: empty; INTEGER: blob, below 0 composed; TEXT: a file
    properties BLOB,                     -- PERF: behind it SQLite would read all pages of this
    PRIMARY KEY (line, path)
) WITHOUT ROWID;
CREATE TABLE history (
    line INTEGER NOT NULL,
    path TEXT NOT NULL,
    until INTEGER NOT NULL,
    since INTEGER NOT NULL,
    committed INTEGER NOT NULL,
    size INTEGER NOT NULL,
    hash BLOB NOT NULL,
    md5 BLOB NOT NULL,
    content,
    properties BLOB,
    PRIMARY KEY (line, path, until)
) WITHOUT ROWID;
CREATE INDEX history_until ON history (line, until);
CREATE TABLE blob (
    id INTEGER PRIMARY KEY,
    sum INTEGER,                         -- CRC-32C, NULL: written by format 1
    data BLOB NOT NULL                   -- PERF: behind it SQLite would read all pages of this
);
CREATE TABLE large (
    name TEXT PRIMARY KEY,
    blocks BLOB                          -- the digests of its blocks; NULL: written by format 1
) WITHOUT ROWID;
CREATE TABLE doomed (
    name TEXT PRIMARY KEY                -- of a file that is to be removed
) WITHOUT ROWID;
"""
_TABLES_OF_FORMAT_3 = """
CREATE TABLE shared (
    content PRIMARY KEY,                 -- one that more than one version or row of pieces refers to
    uses INTEGER NOT NULL                -- how many more
) WITHOUT ROWID;
CREATE TABLE composed (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- the content is -id
    dropped INTEGER NOT NULL DEFAULT 0   -- nothing refers to it any more
);
CREATE INDEX dropped_composed ON composed (id) WHERE dropped;
CREATE TABLE pieces (
    composed INTEGER NOT NULL REFERENCES composed,
    begin INTEGER NOT NULL,              -- where in the file the first of these pieces begins
    sum INTEGER NOT NULL,                -- CRC-32C of the list
    list TEXT NOT NULL,                  -- JSON: see StoredPiece
    PRIMARY KEY (composed, begin)
) WITHOUT ROWID;
"""
_FROM_FORMAT_1 = """
ALTER TABLE blob ADD COLUMN sum INTEGER;
ALTER TABLE large ADD COLUMN blocks BLOB;
CREATE TABLE doomed (name TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_FROM_FORMAT_2 = """
ALTER TABLE file ADD COLUMN properties BLOB;
ALTER TABLE history ADD COLUMN properties BLOB;
"""

# What brings a database of each format, 0 is an empty one, to this one.
_STEPS = {
    0: _TABLES + _TABLES_OF_FORMAT_3,
    1: _FROM_FORMAT_1 + _FROM_FORMAT_2 + _TABLES_OF_FORMAT_3,
    2: _FROM_FORMAT_2 + _TABLES_OF_FORMAT_3,
}

_FULL_NAME = "branch.name || '.' || repo.name || iif(repo.project = 'default', '', '.' || repo.project)"

# An index of the branches in the order of their full names. It belongs to no format: triggers keep it right,
# whichever version writes.
_INDEX_OF_NAMES = (
    """
    CREATE TABLE named (
        name TEXT PRIMARY KEY,
        created INTEGER NOT NULL             -- the time of the repo
    ) WITHOUT ROWID
    """,
    f"""
    CREATE TRIGGER branch_named AFTER INSERT ON branch BEGIN
        INSERT INTO named (name, created)
        SELECT {_FULL_NAME}, repo.created
        FROM branch JOIN repo ON repo.id = branch.repo WHERE branch.id = new.id;
    END
    """,  # noqa: S608
    f"""
    CREATE TRIGGER branch_unnamed BEFORE DELETE ON branch BEGIN
        DELETE FROM named WHERE name = (
            SELECT {_FULL_NAME} FROM branch JOIN repo ON repo.id = branch.repo WHERE branch.id = old.id
        );
    END
    """,  # noqa: S608
)
_NAMES = f"SELECT {_FULL_NAME}, repo.created FROM branch JOIN repo ON repo.id = branch.repo"  # noqa: S608
# How many rows are missing, and how many are none of a branch.
MISNAMED = f"""
SELECT count(*) FROM (
    SELECT * FROM (SELECT * FROM named EXCEPT {_NAMES})
    UNION ALL SELECT * FROM ({_NAMES} EXCEPT SELECT * FROM named)
)
"""  # noqa: S608


def has_names(connection: sqlite3.Connection) -> bool:
    """Tell whether there is the index of full names."""
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'named'").fetchone()
    return found is not None


def index_names(connection: sqlite3.Connection) -> None:
    """Make the index of full names where it is missing."""
    if not has_names(connection):
        for statement in _INDEX_OF_NAMES:
            connection.execute(statement)
        fill_names(connection)


def fill_names(connection: sqlite3.Connection) -> None:
    """Make the rows of the index anew."""
    connection.execute("DELETE FROM named")
    connection.execute(f"INSERT INTO named {_NAMES}")


def steps(found: int) -> list[str]:
    """Give the statements that bring a database of format `found` to this one; 0 is an empty one."""
    return _STEPS[found].split(";\n")


def tables() -> dict[str, list[str]]:
    """Name the columns of each table."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(_STEPS[0])
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
            for name in names
            if not name.startswith("sqlite_")
        }
