"""What was read of states that never change, kept in memory while there is room.

PERF: cachetools is pure Python and costs half a microsecond; of what is written in C or Rust, lru-dict
counts entries and not bytes, and cachebox and theine do more than is needed here.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from operator import itemgetter
from typing import Any

from cachetools import LRUCache

# Bytes that an entry takes beside its key and its value: the places in three tables and a tuple.
_OF_AN_ENTRY = 300


class Cache:
    """A bounded map that forgets what was asked for longest ago; safe to use from many threads.

    Whoever keeps something tells its size, and makes keys that say all that a value depends on.

    Args:
        size: Bytes, of all entries together; 0 keeps nothing.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: LRUCache[Hashable, tuple[int, Any]] = LRUCache(size, getsizeof=itemgetter(0))
        self._lock = threading.Lock()

    @property
    def keeps(self) -> bool:
        """Whether it keeps anything."""
        return self._size > 0

    def get(self, key: Hashable) -> Any:
        """Give what is kept; None where nothing is."""
        with self._lock:
            try:
                return self._entries[key][1]
            except KeyError:
                return None

    def put(self, key: Hashable, value: Any, size: int) -> None:
        """Keep a value, in the place of another; key and value take `size` bytes."""
        size += _OF_AN_ENTRY
        with self._lock:
            if size <= self._size // 4:  # a larger one would drive out too many others
                self._entries[key] = size, value
            else:
                self._entries.pop(key, None)
