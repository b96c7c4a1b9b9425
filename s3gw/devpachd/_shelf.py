"""The embedded PFS, with bodies that no commit refers to yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.embedded._contents import StagedContent


class Shelf(EmbeddedPFS):
    """An embedded PFS that keeps the bodies of open commits and of file sets too."""

    def body(self, blocks: Iterable[bytes]) -> StagedContent:
        """Keep a body."""
        staging = self.stage_unchecked()
        for block in blocks:
            staging.write(block)
        return staging.finish()

    def read(self, content: object, offset: int = 0) -> Iterator[bytes]:
        """Read a body."""
        assert isinstance(content, StagedContent)
        if content.name is None:
            yield content.data[offset:]
        else:
            yield from self._contents.open(content.name, content.size, offset, content.size - offset)

    def join(self, *contents: StagedContent) -> StagedContent:
        """Append bodies to each other."""
        return self.body(block for content in contents for block in self.read(content))

    def fresh(self, content: StagedContent) -> StagedContent:
        """Give a body that no commit refers to: a copy, where one does."""
        return self.join(content) if content.committed else content
