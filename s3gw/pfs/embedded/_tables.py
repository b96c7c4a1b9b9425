"""The tables of an embedded PFS, and how those of older formats become these.

A *line* is the linear history of a branch. ``file`` holds what is live at its head, ``history``
what was: a version is part of the commits ``since <= num < until``. So a listing of HEAD never
wades through dead versions, and a past commit stays readable.

Commits are numbered within their line, whose number is never given twice; the last one is the head of the
branch. PERF: so a commit is a row at the end of its line, and no page but that and one of their ids is
written for it.
"""

from __future__ import annotations

import contextlib
import sqlite3

FORMAT = 4

_TABLES = """
CREATE TABLE repo (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    created INTEGER NOT NULL,            -- times are microseconds since 1970, UTC
    UNIQUE (project, name)
);
CREATE TABLE provenance (
    branch INTEGER NOT NULL REFERENCES branch,
    upstream INTEGER NOT NULL REFERENCES branch,
    PRIMARY KEY (branch, upstream)
) WITHOUT ROWID;
CREATE INDEX subvenance ON provenance (upstream);
CREATE TABLE line (id INTEGER PRIMARY KEY AUTOINCREMENT, dropped INTEGER NOT NULL DEFAULT 0);
CREATE INDEX dropped_line ON line (id) WHERE dropped;
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
_FULL_NAME = "branch.name || '.' || repo.name || iif(repo.project = 'default', '', '.' || repo.project)"

_TABLES_OF_FORMAT_4 = f"""
CREATE TABLE branch (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repo INTEGER NOT NULL REFERENCES repo,
    name TEXT NOT NULL,
    line INTEGER NOT NULL UNIQUE,
    UNIQUE (repo, name)
);
CREATE TABLE commits (
    line INTEGER NOT NULL,
    num INTEGER NOT NULL,                -- each is above those before; the last one is the head
    id TEXT NOT NULL UNIQUE,
    finished INTEGER NOT NULL,
    PRIMARY KEY (line, num)
) WITHOUT ROWID;
CREATE TABLE named (                     -- an index of the branches, in the order of their full names
    name TEXT PRIMARY KEY,
    created INTEGER NOT NULL             -- the time of the repo
) WITHOUT ROWID;
CREATE TRIGGER branch_named AFTER INSERT ON branch BEGIN
    INSERT INTO named (name, created)
    SELECT {_FULL_NAME}, repo.created
    FROM branch JOIN repo ON repo.id = branch.repo WHERE branch.id = new.id;
END;
CREATE TRIGGER branch_unnamed BEFORE DELETE ON branch BEGIN
    DELETE FROM named WHERE name = (
        SELECT {_FULL_NAME} FROM branch JOIN repo ON repo.id = branch.repo WHERE branch.id = old.id
    );
END;
"""  # noqa: S608
_FROM_FORMAT_1 = """
ALTER TABLE blob ADD COLUMN sum INTEGER;
ALTER TABLE large ADD COLUMN blocks BLOB;
CREATE TABLE doomed (name TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_FROM_FORMAT_2 = """
ALTER TABLE file ADD COLUMN properties BLOB;
ALTER TABLE history ADD COLUMN properties BLOB;
"""
_FROM_FORMAT_3 = f"""
DROP TABLE IF EXISTS named;
CREATE TABLE old_branch AS SELECT id, repo, name, line FROM branch;
DROP TABLE branch;
ALTER TABLE commits RENAME TO old_commits;
{_TABLES_OF_FORMAT_4}
INSERT INTO branch SELECT id, repo, name, line FROM old_branch;
INSERT INTO commits SELECT line, num, id, finished FROM old_commits ORDER BY line, num;
DROP TABLE old_branch;
DROP TABLE old_commits;
"""  # noqa: S608

# What brings a database of each format, 0 is an empty one, to this one.
_STEPS = {
    0: _TABLES + _TABLES_OF_FORMAT_3 + _TABLES_OF_FORMAT_4,
    1: _FROM_FORMAT_1 + _FROM_FORMAT_2 + _TABLES_OF_FORMAT_3 + _FROM_FORMAT_3,
    2: _FROM_FORMAT_2 + _TABLES_OF_FORMAT_3 + _FROM_FORMAT_3,
    3: _FROM_FORMAT_3,
}

_NAMES = f"SELECT {_FULL_NAME}, repo.created FROM branch JOIN repo ON repo.id = branch.repo"  # noqa: S608
# How many rows are missing, and how many are none of a branch.
MISNAMED = f"""
SELECT count(*) FROM (
    SELECT * FROM (SELECT * FROM named EXCEPT {_NAMES})
    UNION ALL SELECT * FROM ({_NAMES} EXCEPT SELECT * FROM named)
)
"""  # noqa: S608


def fill_names(connection: sqlite3.Connection) -> None:
    """Make the rows of the index anew."""
    connection.execute("DELETE FROM named")
    connection.execute(f"INSERT INTO named {_NAMES}")


def steps(found: int) -> list[str]:
    """Give the statements that bring a database of format `found` to this one; 0 is an empty one."""
    statements, text = [], ""
    for line in _STEPS[found].splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text):  # a trigger has several within it
            statements.append(text)
            text = ""
    return statements


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
