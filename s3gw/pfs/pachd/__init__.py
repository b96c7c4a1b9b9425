"""PFS in a Pachyderm cluster: `s3gw.pfs.interface` over pachd's gRPC.

`address` can be used without loading gRPC, which does not survive a fork.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from s3gw.pfs.pachd._pfs import PachdPFS

__all__ = ["PachdPFS"]


def __getattr__(name: str) -> Any:
    if name != "PachdPFS":
        raise AttributeError(name)
    from s3gw.pfs.pachd._pfs import PachdPFS

    return PachdPFS
