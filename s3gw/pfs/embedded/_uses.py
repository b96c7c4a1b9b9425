"""How often a content is referred to.

Versions of files and rows of pieces refer to contents, a row of pieces once to each that is among them.
``shared`` counts the uses beyond the first: most contents have no more, and no row there.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice

from s3gw.pfs.embedded._rows import Content

_ADD = """
INSERT INTO shared (content, uses) VALUES (?, ?)
ON CONFLICT (content) DO UPDATE SET uses = uses + excluded.uses
"""
_AT_ONCE = 500

# Every use of a content.
USED = """
SELECT content, 1 AS uses FROM file WHERE content IS NOT NULL
UNION ALL SELECT content, 1 FROM history WHERE content IS NOT NULL
UNION ALL SELECT content, 1
FROM (
    SELECT DISTINCT composed, begin, json_extract(value, '$[0]') AS content
    FROM pieces, json_each(CASE WHEN json_valid(list) THEN list ELSE '[]' END)
)
"""
# Contents that are counted wrong: their uses but for those in ``shared``, of which there must be one. What
# is dropped has that of the purge.
MISCOUNTED = f"""
SELECT content, sum(uses) FROM (
    {USED} UNION ALL SELECT content, -uses FROM shared UNION ALL SELECT -id, 1 FROM composed WHERE dropped
) GROUP BY content HAVING sum(uses) != 1
"""  # noqa: S608


def add_uses(connection: sqlite3.Connection, uses: Mapping[Content, int]) -> None:
    """Count further uses of contents that are in use."""
    connection.executemany(_ADD, uses.items())


def forget_contents(connection: sqlite3.Connection, contents: Iterable[Content | None]) -> bool:
    """Take a use away for each time that a content is named; one without any more is deleted.

    What needs time is left to the purge: files are doomed, and composed contents dropped, whose pieces
    keep their uses until then. True where there is such.
    """
    uses = Counter(content for content in contents if content is not None)
    further = _further(connection, uses)
    left = {content: 1 + further.get(content, 0) - count for content, count in uses.items()}
    connection.executemany(
        "UPDATE shared SET uses = ? WHERE content = ?",
        [(left[content] - 1, content) for content in further if left[content] > 1],
    )
    connection.executemany(
        "DELETE FROM shared WHERE content = ?", [(content,) for content in further if left[content] <= 1]
    )
    gone = [content for content, count in left.items() if count <= 0]
    names = [(content,) for content in gone if isinstance(content, str)]
    numbers = [content for content in gone if isinstance(content, int)]
    composed = [(-number,) for number in numbers if number < 0]
    connection.executemany("DELETE FROM blob WHERE id = ?", [(number,) for number in numbers if number > 0])
    connection.executemany("UPDATE composed SET dropped = 1 WHERE id = ?", composed)
    connection.executemany("DELETE FROM large WHERE name = ?", names)
    connection.executemany("INSERT OR IGNORE INTO doomed VALUES (?)", names)
    return bool(names or composed)


def _further(connection: sqlite3.Connection, contents: Iterable[Content]) -> dict[Content, int]:
    """Look up the uses of contents beyond the first, of those that have some."""
    found: dict[Content, int] = {}
    rest = iter(contents)
    while some := list(islice(rest, _AT_ONCE)):
        marks = ",".join("?" * len(some))
        query = f"SELECT content, uses FROM shared WHERE content IN ({marks})"  # noqa: S608 - question marks
        found.update(connection.execute(query, some))
    return found
