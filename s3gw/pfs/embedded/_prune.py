"""Old commits are dropped on demand, in a folder that may be served meanwhile."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from s3gw.pfs.embedded._database import Unusable, check_is_there, refuse_newer
from s3gw.pfs.embedded._folder import files_below, uri_of
from s3gw.pfs.embedded._history import Cut, Keep, choose, count_cut
from s3gw.pfs.embedded._pfs import EmbeddedPFS


def prune(
    folder: Path, keep: Keep, branches: Sequence[str], tell: Callable[[str], None] = lambda _: None
) -> str:
    """Cut the history of branches off, of all where none is named; what was done, in one line.

    Raises:
        Unusable: There is no PFS, or it cannot be written.
        BranchNotFound: One of `branches` is missing.
    """
    check_is_there(folder)
    before = _disk_use(folder)
    pfs = EmbeddedPFS(folder)
    try:
        cut = pfs.prune(keep, branches, tell)
    finally:
        pfs.close()
    return f"pruned {cut}; the folder takes {_disk_use(folder) / 1e6:.1f} MB, before {before / 1e6:.1f} MB"


def count_prune(folder: Path, keep: Keep, branches: Sequence[str]) -> str:
    """Tell what `prune` would do, and change nothing. It raises the same."""
    check_is_there(folder)
    cut = Cut()
    try:
        uri = uri_of(folder / "pfs.sqlite")
        with contextlib.closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            refuse_newer(folder / "pfs.sqlite", connection)
            for line, _ in choose(connection, branches):
                cut += count_cut(connection, line, keep)
    except sqlite3.Error as error:
        raise Unusable(f"{folder} cannot be read: {error}") from error
    return f"would prune {cut}"


def _disk_use(folder: Path) -> int:
    """Sum up what the files of a folder take on the disk, in bytes."""
    used = 0
    for path in files_below(folder):
        with contextlib.suppress(OSError):
            used += path.lstat().st_blocks * 512
    return used
