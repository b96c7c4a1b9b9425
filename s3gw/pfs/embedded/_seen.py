"""Which blocks of which files were compared not long ago: what is read again and again is not each time."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

# Rot takes months, and does not show before a block is read from the disk again.
_FOR_S = 600.0

# Of all files together.
_MOST_BLOCKS = 4 * 1024 * 1024


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
