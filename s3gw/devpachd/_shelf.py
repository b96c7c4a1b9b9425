"""The embedded PFS, with bodies that no commit refers to yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from s3gw.devpachd._hashes import Hashes
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.embedded._changes import ChangeWork, settle
from s3gw.pfs.embedded._contents import BodyStaging, StagedContent
from s3gw.pfs.embedded._rows import moment
from s3gw.pfs.embedded._transaction import find_branch
from s3gw.pfs.interface import Branch, Change, Delete, Put


class Shelf(EmbeddedPFS):
    """An embedded PFS that keeps the bodies of open commits and of file sets too.

    Attributes:
        hashes: PFS's hashes of what is in it.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, durability="process")
        self.hashes = Hashes()

    def begin_body(self) -> BodyStaging:
        """Begin a body whose branch and path are not known yet."""
        return self._contents.stage()

    def body(self, blocks: Iterable[bytes]) -> StagedContent:
        """Keep a body."""
        staging = self.begin_body()
        for block in blocks:
            staging.write(block)
        return staging.finish()

    def read(self, content: object, offset: int = 0) -> Iterator[bytes]:
        """Read a body."""
        assert isinstance(content, StagedContent)
        if content.name is None:
            yield content.data[offset:]
        else:
            yield from self._contents.open(content.name, content.size, None, offset, content.size - offset)

    def join(self, *contents: StagedContent) -> StagedContent:
        """Append bodies to each other."""
        return self.body(block for content in contents for block in self.read(content))

    def fresh(self, content: StagedContent) -> StagedContent:
        """Give a body that no commit refers to: a copy, where one does."""
        return self.join(content) if content.committed else content

    def commits(self, branch: Branch) -> list[tuple[str, datetime]]:
        """List the ids and times of the commits of a branch, the newest first."""
        connection = self._database.reader
        line = find_branch(connection, branch).line
        rows = connection.execute(
            "SELECT id, finished FROM commits WHERE line = ? ORDER BY num DESC", (line,)
        )
        return [(commit, moment(finished)) for commit, finished in rows]

    def change_as(self, branch: Branch, edits: Sequence[Put | Delete], commit: str | None) -> Change:
        """Make a change in a commit with a given id, even where nothing is altered."""
        change = self._committer.run(ChangeWork(branch, edits, commit))
        settle(edits)
        return change
