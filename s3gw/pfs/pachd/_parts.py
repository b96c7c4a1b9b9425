"""Listings that took long, asked for in parts: pachd reads these at the same time.

pachd reads a listing by one thread, however many cores it has: 100 directories of 1000 files take 0.5 s in
one part, and 0.28 s in two on two cores. Where to cut is what was found when a quarter, a half and three
quarters of the time were over; the parts hold the same, wherever that is.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from typing import NamedTuple

from cachetools import LRUCache

from s3gw.pfs.interface import TooSlow
from s3gw.pfs.pachd._client import Pace
from s3gw.pfs.pachd._directories import Range, behind
from s3gw.pfs.pachd._wire import Entry

# A listing is worth it from so many seconds on.
_LONG_S = 0.05
_PARTS = 4

# Where the parts together take more than this of what the whole took, it is not worth it any more.
_WORTH = 0.8

_MOST = 1024


class Cut(NamedTuple):
    """Where to cut a listing.

    Attributes:
        whole_s: What all of it took, in seconds, up to its last entry.
        paths: With which the parts behind the first begin.
    """

    whole_s: float
    paths: tuple[str, ...]


class Parts:
    """Remembers where to cut listings; what nobody lists is forgotten, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cuts: LRUCache[Hashable, Cut] = LRUCache(_MOST)

    def entries(
        self,
        place: Hashable,
        named: Range,
        low: str,
        high: str,
        pace: Pace,
        whole: Callable[[str], Iterator[Entry]],
    ) -> Iterator[Entry]:
        """Give the entries of a listing, in order.

        Args:
            place: Tells it from other listings.
            named: Gives the entries of a range; it begins at once.
            low: Where to begin.
            high: Where to end.
            pace: How quick pachd has to be.
            whole: Gives all of them, from where it is told on, whatever that takes.
        """
        with self._lock:
            cut = self._cuts.get(place)
        began = time.monotonic()
        if cut is None:
            arrivals: list[tuple[float, str]] = []
            try:
                for found in whole(low):
                    arrivals.append((time.monotonic() - began, found.path))
                    yield found
            finally:
                self._note(place, low, high, arrivals)
            return
        ends = [low, *cut.paths, high]
        took_s = 0.0
        try:
            for part in [named(begin, end, pace) for begin, end in itertools.pairwise(ends)]:
                for found in part:
                    low = behind(found.path)
                    took_s = time.monotonic() - began
                    yield found
        except TooSlow:
            self._forget(place)
            yield from whole(low)
        finally:  # of a page no more is read than it holds
            if took_s > _WORTH * cut.whole_s:
                self._forget(place)

    def _forget(self, place: Hashable) -> None:
        with self._lock:
            self._cuts.pop(place, None)

    def _note(self, place: Hashable, low: str, high: str, arrivals: list[tuple[float, str]]) -> None:
        if not arrivals:
            return
        (first_s, _), (whole_s, _) = arrivals[0], arrivals[-1]
        if whole_s - first_s < _LONG_S:  # what the first one takes is no shorter in parts
            return
        quarters = [first_s + (whole_s - first_s) * number / _PARTS for number in range(1, _PARTS)]
        found = (next(path for arrived_s, path in arrivals if arrived_s >= quarter) for quarter in quarters)
        paths = tuple(dict.fromkeys(path for path in found if low < path < high))
        if not paths:
            return
        with self._lock:
            self._cuts[place] = Cut(whole_s, paths)
