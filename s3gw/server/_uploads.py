"""Who may hold a thread to receive a large body."""

from __future__ import annotations

import threading
import time

from s3gw.generated import errors
from s3gw.server._body import BodyStream

# An upload that has held a thread for so long at less than this pace loses it to one that waits.
_GRACE_S = 5.0
_SLOW_BYTES_S = 16 * 1024


class Uploads:
    """The threads for uploads, by who holds them.

    One client address has no more than three quarters of them, so that others always find some.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._share = max(1, most * 3 // 4)
        self._holders: dict[BodyStream, str] = {}
        self._lock = threading.Lock()

    def take(self, stream: BodyStream, address: str) -> bool:
        """Take one, from the slowest upload where all are taken; false where none can be had."""
        with self._lock:
            own = [holder for holder, whose in self._holders.items() if whose == address]
            if len(own) >= self._share:
                holders = own
            elif len(self._holders) >= self._most:
                holders = list(self._holders)
            else:
                holders = []
            if holders:
                now = time.monotonic()
                slowest = min(holders, key=lambda holder: holder.pace(now))
                if slowest.age_s(now) < _GRACE_S or slowest.pace(now) >= _SLOW_BYTES_S:
                    return False
                del self._holders[slowest]
                slowest.lose(errors.SlowDown)
            self._holders[stream] = address
        return True

    def release(self, stream: BodyStream) -> None:
        """Give it back; again is no error."""
        with self._lock:
            self._holders.pop(stream, None)
