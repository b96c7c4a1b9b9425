"""What a `Put` of a cluster refers to: bytes, a file set that holds them, or a file that is there."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from typing import NamedTuple

from s3gw.pfs.interface import Branch, FileInfo, PiecesGone, Put

# PFS cuts larger files by their content, so that their hash is known to pachd alone; a batch of
# bodies up to this size fits into a few messages.
SMALL = 512 * 1024


class Source(NamedTuple):
    """A whole file of a finished commit, which stays as it is for as long as that is there.

    Attributes:
        branch: A branch of the repo that has the commit.
        commit: Its id.
        file: The file.
    """

    branch: Branch
    commit: str
    file: FileInfo


@dataclass(slots=True)
class PachdContent:
    """A whole body.

    Attributes:
        size: Bytes.
        path: Where it is to be, and what it is called in its file set.
        data: The body where it is small and at hand.
        file_set: What holds it where it has gone ahead of its commit.
        source: What is to be copied.
        gone: Why there is nothing to be copied.
        head: The head at which `path` was found to be free of clashes.
        known_hash: PFS's hash where that was told.
        made: When, on the monotonic clock.
    """

    size: int
    path: str
    data: bytes | None = None
    file_set: str | None = None
    source: Source | None = None
    gone: PiecesGone | None = None
    head: str = ""
    known_hash: bytes | None = None
    made: float = field(default_factory=time.monotonic)

    @property
    def hash(self) -> bytes | None:
        """PFS's hash; None of a large body, unless pachd was asked."""
        return self.known_hash if self.data is None else hash_of(self.data)


def hash_of(data: bytes) -> bytes:
    """Give PFS's hash of a small body."""
    chunks = hashlib.blake2b(data, digest_size=32).digest() if data else b""
    return hashlib.blake2b(chunks, digest_size=32).digest()


def content_of(put: Put) -> PachdContent:
    """Give the content of a put."""
    assert isinstance(put.content, PachdContent)
    return put.content
