"""Signs of life of the workers, which the master looks at."""

from __future__ import annotations

import mmap
import struct
import time

# On the clock of `time.monotonic`, which all processes share; 0 where a worker does not serve yet.
_BEAT = struct.Struct("=d")


class Heartbeats:
    """When each worker's loop went round last; to be made before they are forked."""

    def __init__(self, workers: int) -> None:
        self._beats = mmap.mmap(-1, max(1, workers * _BEAT.size))

    def beat(self, worker: int) -> None:
        """Tell that it lives."""
        _BEAT.pack_into(self._beats, worker * _BEAT.size, time.monotonic())

    def forget(self, worker: int) -> None:
        """Expect nothing of it until it beats again."""
        _BEAT.pack_into(self._beats, worker * _BEAT.size, 0.0)

    def last(self, worker: int) -> float | None:
        """Tell when it beat last; None where it does not serve yet."""
        beat: float = _BEAT.unpack_from(self._beats, worker * _BEAT.size)[0]
        return beat or None
