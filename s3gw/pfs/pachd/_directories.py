"""What lies directly below a prefix: small directories are read through, big ones jumped over.

pachd names a directory when it has read all that is below it. That is the quickest way past many
small ones, and hopeless for a big one; the first entry inside of the next directory, on the other
hand, costs one call wherever it is. So pachd's own way is taken for as long as it gets on quickly, and
where it does not the directories are found by jumps, several at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from s3gw.pfs.interface import TooSlow
from s3gw.pfs.pachd._client import Pace, first
from s3gw.pfs.pachd._wire import Entry
from s3gw.pfs.paging import END

# How quick pachd's own way has to be: a page of files comes whole, at 13 for each millisecond.
# PERF: to jump over a directory takes pachd 3 ms, to read one of 1000 files 4 to 5; to find where a range
# begins takes it 40 in a commit of 100,000 files, which the beginning of a directory does without.
_PACE = Pace(first_s=0.02, each_s=0.001)
_PACE_INSIDE = Pace(first_s=0.06, each_s=0.001)

# Jumps at a time, and what is found by jumps before pachd's own way is tried again.
_AT_ONCE = 4
_BY_JUMPS = 256

# Characters in which the middle between two paths is looked for.
_PRECISION = 8

# Gives the entries whose paths are ``low <= path < high``; `TooSlow` where they fall behind the pace.
Range = Callable[[str, str, Pace | None], Iterator[Entry]]


class _Place(NamedTuple):
    """A range of paths whose children are not known yet."""

    low: str
    high: str


def children(named: Range, nested: Range, prefix: str, low: str, high: str) -> Iterator[Entry]:
    """Give the files and directories directly below a prefix, in order.

    Args:
        named: Gives what lies directly below; a directory is named when all of it was read.
        nested: Gives what lies deeper, at whatever depth.
        prefix: What all paths begin with.
        low: Where to begin.
        high: Where to end.
    """
    while low < high:
        try:
            for found in named(low, high, _PACE if low <= max(prefix, "\0") else _PACE_INSIDE):
                yield found
                low = _behind(found.path)
        except TooSlow:
            pass
        else:
            return
        for count, found in enumerate(_jump(named, nested, prefix, low, high), 1):
            yield found
            low = _behind(found.path)
            if count == _BY_JUMPS:
                break
        else:
            return


def _behind(path: str) -> str:
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
            behind = _Place(_behind(directory.path), place.high)
            middle = _middle(behind.low, behind.high)
            if room > 0 and behind.low < middle < behind.high:
                room -= 1
                rest += [_Place(behind.low, middle), _Place(middle, behind.high)]
            elif behind.low < behind.high:
                rest.append(behind)
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
