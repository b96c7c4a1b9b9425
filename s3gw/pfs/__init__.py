"""PFS in its own words: names, paths, one interface, and the ways to reach one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

from s3gw.pfs.interface import PFS, PFSError

__all__ = ["PFS", "PFSError", "opener"]


def opener(where: str, *, durability: Literal["power", "process"] = "power") -> Callable[[], PFS]:
    """Tell how to open the PFS that `where` names; the opening itself belongs into each worker.

    Args:
        where: ``embedded:PATH``, a folder that is made where it is missing.
        durability: What an acknowledged change of an embedded PFS survives.

    Raises:
        PFSError: `where` names no kind of PFS.
    """
    kind, _, rest = where.partition(":")
    if kind == "embedded" and rest:
        from s3gw.pfs.embedded import EmbeddedPFS

        return partial(EmbeddedPFS, Path(rest), durability=durability)
    raise PFSError(f"{where!r} is no PFS: write embedded:PATH, for example embedded:/var/lib/s3gw")
