"""PFS in a Pachyderm cluster: `s3gw.pfs.interface` over pachd's gRPC.

`address` can be used without loading gRPC, which does not survive a fork.
"""

from __future__ import annotations

import os
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from s3gw.pfs.pachd._pfs import PachdPFS

__all__ = ["PachdPFS"]

# PERF: up to 1.78 whoever waits for a call of gRPC polls for it; newer versions have threads that do, and
# hand over what comes: a look at a head takes 270 us of CPU then and not 180, 256 MiB take 1.3 x as long.
# These versions still know the old way; what a later one does not know it would complain about.
if (1, 79) <= tuple(map(int, version("grpcio").split(".")[:2])) < (1, 86):
    os.environ.setdefault("GRPC_EXPERIMENTS", "-event_engine_client")
# gRPC would write lines of its own into the log; what it has to say is in its errors too.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
# What nobody waits for is polled for by a timer then: that a cluster is back would be seen after 5 s.
os.environ.setdefault("GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS", "100")


def __getattr__(name: str) -> Any:
    if name != "PachdPFS":
        raise AttributeError(name)
    from s3gw.pfs.pachd._pfs import PachdPFS

    return PachdPFS
