"""PFS's hash of a file, made of its content when somebody asks for it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from s3gw.cache import Cache
from s3gw.pfs.embedded._contents import blake2b

# PFS cuts files of 1,000,000 bytes and more by their content, with a rolling hash of its own. Beyond this
# the hash is none that PFS would have: it has the same form, and the content determines it.
_ONE_CHUNK = 1024 * 1024

# Bytes, of all hashes that are remembered: some hundred thousand of them.
_MEMORY = 64 * 1024 * 1024
_OF_A_HASH = 2 * 65


class Hashes:
    """Remembers the hashes of contents that were asked for; safe to use from many threads."""

    def __init__(self) -> None:
        self._known = Cache(_MEMORY)

    def of(self, mark: bytes, size: int, read: Callable[[], Iterable[bytes]]) -> bytes:
        """Give BLAKE2b-256 over the BLAKE2b-256 of the chunks of a file, 32 bytes.

        Args:
            mark: What the content determines: `FileInfo.hash` of the embedded PFS.
            size: Of the file, in bytes.
            read: Gives its content. What it raises is raised here.
        """
        if size > _ONE_CHUNK:
            return mark
        known: bytes | None = self._known.get(mark)
        if known is None:
            known = _hash(read())
            self._known.put(mark, known, _OF_A_HASH)
        return known


def _hash(blocks: Iterable[bytes]) -> bytes:
    chunk = hashlib.blake2b(digest_size=32)
    size = 0
    for block in blocks:
        chunk.update(block)
        size += len(block)
    return blake2b(chunk.digest() if size else b"")
