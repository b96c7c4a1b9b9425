"""What lies directly below a prefix: small directories are read through, big ones jumped over.

pachd names a directory when it has read all that is below it. That is the quickest way past many
small ones, and hopeless for a big one; the first entry inside of the next directory, on the other
hand, costs one call wherever it is. So pachd's own way is taken for as long as it gets on quickly, and
where it does not the directories are found by jumps, several at the same time. What either took is
remembered for the next listing of the place, so that a wrong guess is made once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from typing import NamedTuple

from cachetools import LRUCache

from s3gw.pfs.interface import TooSlow
from s3gw.pfs.pachd._client import Pace, first
from s3gw.pfs.pachd._wire import Entry
from s3gw.pfs.paging import END

# How quick pachd's own way has to be where nothing was measured. PERF: a page of files comes whole, at 13
# for each millisecond; to read a directory of 1000 takes pachd 4 ms, to jump over it 8, and several times
# that where others keep it busy. To give up too soon costs more than to give up too late.
_FIRST_S = 0.5
_EACH_S = 0.02

# Jumps at a time, and directories that are found by jumps before pachd's own way is tried again.
_AT_ONCE = 4
_BY_JUMPS = 256

# What pachd's own way took counts for less from listing to listing, so that it is tried again in time.
_FADES = 0.95

# Places of which is remembered what they took.
_MOST = 4096

# Characters in which the middle between two paths is looked for.
_PRECISION = 8

# Gives the entries whose paths are ``low <= path < high``; `TooSlow` where they fall behind the pace.
Range = Callable[[str, str, Pace | None], Iterator[Entry]]


class _Place(NamedTuple):
    """A range of paths whose children are not known yet."""

    low: str
    high: str


class Measured(NamedTuple):
    """What a child has taken, in seconds.

    Attributes:
        own_s: By pachd's own way when it was given up, until then; 0 where it never was.
        jump_s: By jumps; None where nobody has jumped.
    """

    own_s: float = 0.0
    jump_s: float | None = None

    @property
    def jumps(self) -> bool:
        """Whether jumps are quicker."""
        return self.jump_s is not None and self.jump_s < self.own_s

    @property
    def pace(self) -> Pace:
        """How quick pachd's own way has to be."""
        if self.jump_s is None:
            return Pace(_FIRST_S, _EACH_S)
        return Pace(_FIRST_S if not self.jumps else 16 * self.jump_s, self.jump_s)


class Measurements:
    """What the children of places have taken; those that nobody lists are forgotten, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: LRUCache[Hashable, Measured] = LRUCache(_MOST)

    def of(self, place: Hashable) -> Measured:
        """Give what was measured last."""
        with self._lock:
            return self._places.get(place) or Measured()

    def note(self, place: Hashable, measured: Measured) -> None:
        """Remember it."""
        with self._lock:
            self._places[place] = measured


def children(
    named: Range,
    nested: Range,
    prefix: str,
    low: str,
    high: str,
    measured: Measured,
    note: Callable[[Measured], None],
) -> Iterator[Entry]:
    """Give the files and directories directly below a prefix, in order.

    Args:
        named: Gives what lies directly below; a directory is named when all of it was read.
        nested: Gives what lies deeper, at whatever depth.
        prefix: What all paths begin with.
        low: Where to begin.
        high: Where to end.
        measured: What children of this prefix took before.
        note: Is told what they have taken now.
    """
    own_way = not measured.jumps
    while low < high:
        if own_way:
            began, count = time.monotonic(), 1
            try:
                for found in named(low, high, measured.pace):
                    yield found
                    count += 1
                    low = behind(found.path)
            except TooSlow:
                measured = measured._replace(own_s=(time.monotonic() - began) / count)
                note(measured)
            else:
                return
        own_way = True
        began, count = time.monotonic(), 1
        try:
            for found in _jump(named, nested, prefix, low, high):
                yield found
                low = behind(found.path)
                count += not found.is_file
                if count > _BY_JUMPS:
                    break
            else:
                return
        finally:
            jump_s = (time.monotonic() - began) / count
            measured = Measured(measured.own_s * _FADES, jump_s)
            note(measured)


def behind(path: str) -> str:
    """Give where to go on behind a file, or behind all that is in a directory."""
    return path + (END if path.endswith("/") else "\0")


def _jump(named: Range, nested: Range, prefix: str, low: str, high: str) -> Iterator[Entry]:
    """Find children by what is first inside of the next directory, at several places at the same time.

    `line` holds in their order the directories that were found, the files between them, and the
    ranges that are not known yet.
    """
    line: list[Entry | Iterator[Entry] | _Place] = [_Place(low, high)]
    while line:
        while line and not isinstance(known := line[0], _Place):
            if isinstance(known, Entry):
                yield known
            else:
                yield from known
            line.pop(0)
        unknown = [place for place in line if isinstance(place, _Place)][:_AT_ONCE]
        begun = [(place, nested(place.low, place.high, None)) for place in unknown]
        found = {place: first(entries) for place, entries in begun}
        room = _AT_ONCE - len(unknown)
        rest: list[Entry | Iterator[Entry] | _Place] = []
        for place in line:
            if not isinstance(place, _Place) or place not in found:
                rest.append(place)
                continue
            entry = found[place]
            directory = None if entry is None else _directory(entry, prefix)
            until = place.high if directory is None else directory.path
            if place.low < until:
                rest.append(named(place.low, until, None))  # the files before it
            if directory is None:
                continue
            rest.append(directory)
            after = _Place(behind(directory.path), place.high)
            middle = _middle(after.low, after.high)
            if room > 0 and after.low < middle < after.high:
                room -= 1
                rest += [_Place(after.low, middle), _Place(middle, after.high)]
            elif after.low < after.high:
                rest.append(after)
        line = rest


def _directory(entry: Entry, prefix: str) -> Entry:
    """Give the directory directly below the prefix that an entry lies in."""
    end = entry.path.index("/", len(prefix)) + 1
    return entry._replace(path=entry.path[:end], is_file=False)


def _middle(low: str, high: str) -> str:
    """Give a text between two others, so that what they have in common is no hindrance."""
    common = 0
    while common < min(len(low), len(high)) and low[common] == high[common]:
        common += 1
    bounds = [
        int.from_bytes(bound[common : common + _PRECISION].encode().ljust(_PRECISION, b"\0"), "big")
        for bound in (low, high)
    ]
    between = (sum(bounds) // 2).to_bytes(_PRECISION, "big")
    return low[:common] + "".join(chr(min(byte, 0x7F)) for byte in between).rstrip("\0")
