"""What a gateway uses, looked at from outside again and again."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.folders import sizes


@dataclass(frozen=True)
class Sample:
    """What is used at a time.

    Attributes:
        seconds: Since the beginning.
        rss_mib: Of the worker that uses most.
        descriptors: Of the worker that has most.
        wal_mib: SQLite's log.
        disk_mib: All of the folder.
    """

    seconds: float
    rss_mib: float
    descriptors: int
    wal_mib: float
    disk_mib: float


def take(began: float, master: int, folder: Path) -> Sample:
    """Look."""
    rss_kib, descriptors = [0], [0]
    for pid in children(master):
        with contextlib.suppress(OSError, IndexError):  # it has just been killed
            rss_kib.append(int(Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0]))
            descriptors.append(len(os.listdir(f"/proc/{pid}/fd")))
    found = sizes(folder)
    wal = sum(size for path, size in found.items() if path.name.endswith("-wal"))
    return Sample(
        time.monotonic() - began,
        max(rss_kib) / 1024,
        max(descriptors),
        wal / 2**20,
        sum(found.values()) / 2**20,
    )


def children(master: int) -> list[int]:
    """Give the workers of a master; none where it is gone."""
    try:
        return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()]
    except OSError:
        return []


def growth(samples: list[Sample], what: str) -> tuple[float, float]:
    """Give the medians of the second quarter and of the last one."""
    values = [getattr(sample, what) for sample in samples]
    quarter = max(1, len(values) // 4)
    return median(values[quarter : 2 * quarter] or values), median(values[-quarter:])
