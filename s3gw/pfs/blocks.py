"""Files of large bodies: a CRC-32C for each block, compared before its bytes are given."""

from __future__ import annotations

import os
import struct
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator

from awscrt import checksums

from s3gw.pfs.interface import CorruptData, FileExtent

# Bytes that share a CRC-32C. PERF: they stay in the processor's cache between check and use.
BLOCK = 256 * 1024

# Rot takes months, and does not show before a block is read from the disk again.
_FOR_S = 600.0

# Of all files together.
_MOST_BLOCKS = 4 * 1024 * 1024


class BlockSums:
    """The CRC-32C of each block of a body, four bytes each, as it comes."""

    def __init__(self) -> None:
        self._done: list[int] = []
        self._sum = 0
        self._room = BLOCK

    def update(self, data: bytes) -> None:
        """Go on."""
        view = memoryview(data)
        while view:
            part = view[: self._room]
            self._sum = checksums.crc32c(part, self._sum)
            self._room -= len(part)
            view = view[len(part) :]
            if not self._room:
                self._cut()

    def _cut(self) -> None:
        self._done.append(self._sum)
        self._sum, self._room = 0, BLOCK

    def sums(self) -> bytes:
        """Give them, at the end."""
        if self._room < BLOCK:
            self._cut()
        return struct.pack(f">{len(self._done)}I", *self._done)


class LargeReader:
    """A range of a file, block by block; each is checked before it is given.

    Attributes:
        tell: Is told of a difference that is found while the bytes go out.
    """

    data = None

    def __init__(self, file: int, name: str, size: int, offset: int, length: int) -> None:
        self.tell: Callable[[CorruptData], None] = lambda _: None
        self._range = offset, length
        self._file = file
        self._name = name
        self._size = size
        self._offset = offset
        self._left = length
        self._sums: tuple[int, ...] = ()
        self._seen = bytearray()
        self._checked = offset  # so far all is known to be right
        self._closed = False

    def compare(self, blocks: bytes, seen: bytearray) -> None:
        """Compare blocks with their sums from now on, but for those that were seen to be right."""
        self._sums = struct.unpack(f">{len(blocks) // 4}I", blocks)
        self._seen = seen
        self._buffer = bytearray(BLOCK)

    def extents(self) -> Iterator[FileExtent]:
        """Where the bytes lie."""
        yield FileExtent(self._file, *self._range, self.check)

    def check(self, offset: int, size: int) -> None:
        """Raise `CorruptData` where these bytes are not what was stored."""
        end = offset + size
        while self._sums and self._checked < end:
            number = self._checked // BLOCK
            if not self._seen[number]:
                self._compare(number)
                self._seen[number] = 1
            self._checked = (number + 1) * BLOCK

    def _compare(self, number: int) -> None:
        begin = number * BLOCK
        view = memoryview(self._buffer)[: min(BLOCK, self._size - begin)]
        try:
            read = os.preadv(self._file, [view], begin)
        except OSError:
            read = -1
        if read != len(view) or checksums.crc32c(view) != self._sums[number]:
            what = "cannot be read" if read < 0 else "differs from what was stored"
            error = CorruptData(f"{self._name} {what}, behind byte {begin}.")
            self.tell(error)
            raise error

    def __iter__(self) -> Iterator[bytes]:
        while self._left and not self._closed:
            size = min(BLOCK, self._left)
            self.check(self._offset, size)
            block = os.pread(self._file, size, self._offset)
            if not block:
                raise CorruptData(f"{self._name} has lost its end while it was read.")
            self._offset += len(block)
            self._left -= len(block)
            yield block

    def close(self) -> None:
        """Close the file; again is no error."""
        if not self._closed:
            self._closed = True
            os.close(self._file)

    def __del__(self) -> None:
        self.close()


class Seen:
    """Remembers blocks of files, those that were asked for last; safe to use from many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._files: OrderedDict[str, tuple[tuple[int, int], float, bytearray]] = OrderedDict()
        self._blocks = 0

    def of(self, name: str, state: os.stat_result, count: int) -> bytearray:
        """Give a flag for each of the blocks of a file, to be read and to be set.

        They are all clear for a file that has changed since, and after ten minutes.
        """
        stamp = state.st_mtime_ns, state.st_ctime_ns
        now = self._clock()
        with self._lock:
            known = self._files.pop(name, None)
            if known is not None and known[0] == stamp and now < known[1]:
                self._files[name] = known
                return known[2]
            flags = bytearray(count)
            self._files[name] = stamp, now + _FOR_S, flags
            self._blocks += count - (len(known[2]) if known else 0)
            while self._blocks > _MOST_BLOCKS:
                _, (_, _, oldest) = self._files.popitem(last=False)
                self._blocks -= len(oldest)
        return flags
