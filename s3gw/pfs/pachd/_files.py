"""All files of a range, at whatever depth: pachd is kept from summing up directories that hold many.

A GlobFile that meets files of a directory names the directory first, with the size and the hash of all that
is below: of 100,000 files that takes 0.3 s, though nobody has asked. It names none that begins before its
range. So a range is asked for in pieces that begin within the directories which took long before. These
pieces hold the same files, whatever is remembered.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from cachetools import LRUCache

from s3gw.pfs.interface import Branch
from s3gw.pfs.pachd._directories import Range
from s3gw.pfs.pachd._wire import Entry

# PERF: one more call takes 5 ms, pachd sums up 250 files in one.
_LONG_S = 0.01
_FEW = 1000

_MOST_BRANCHES = 256
_MOST_OF_A_BRANCH = 32


class LongDirectories:
    """Directories that took long to be summed up; those that nobody meets are forgotten, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._branches: LRUCache[Branch, LRUCache[str, str]] = LRUCache(_MOST_BRANCHES)

    def note(self, branch: Branch, path: str) -> None:
        """Remember one; its path ends with ``/``."""
        with self._lock:
            self._branches.setdefault(branch, LRUCache(_MOST_OF_A_BRANCH))[path] = path

    def forget(self, branch: Branch, path: str) -> None:
        """Forget one: there is not much in it."""
        with self._lock:
            if branch in self._branches:
                self._branches[branch].pop(path, None)

    def between(self, branch: Branch, low: str, high: str) -> list[str]:
        """Give those of a branch whose paths are ``low < path < high``, in order."""
        with self._lock:
            known = self._branches.get(branch)
            if known is None:
                return []
            return [known[path] for path in sorted(known) if low < path < high]

    def files(self, branch: Branch, entries: Range, low: str, high: str) -> Iterator[Entry]:
        """Give the files of a branch whose paths are ``low <= path < high``, in order.

        Args:
            branch: The branch.
            entries: Gives the files of a range, and the directories that begin within it.
            low: Where to begin.
            high: Where to end.
        """
        inside, count = "", 0

        def leave() -> None:
            if inside and count < _FEW:
                self.forget(branch, inside)

        untils = [*self.between(branch, low, high), high]
        ahead: Iterator[Entry] | None = None
        for number, until in enumerate(untils):
            above = ""  # the long directory that was met last, if nothing but directories came since
            piece = ahead or entries(low, until, None)
            # PERF: what a listing begins with is a long directory, as a rule, and nothing before it
            is_next = number == 0 and until != high and until.startswith(low)
            ahead = entries(f"{until}\0", untils[1], None) if is_next else None
            began = time.monotonic()
            for found in piece:
                if inside and not found.path.startswith(inside):
                    leave()
                    inside = ""
                if found.is_file:
                    above = ""
                    count += 1
                    yield found
                elif time.monotonic() - began > _LONG_S or (above and found.path.startswith(above)):
                    above = found.path
                    self.note(branch, above)
                began = time.monotonic()
            if not until.startswith(inside):
                leave()
            inside, count, low = until, 0, f"{until}\0"
