"""Who may hold a thread to receive a large body."""

from __future__ import annotations

import threading
import time

from s3gw.generated import errors
from s3gw.server._body import PATIENCE_S, BodyStream

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
        """Take one; false where none can be had.

        Where all are taken, a body that has begun to come may take that of the slowest upload.
        """
        with self._lock:
            receiving = {holder: whose for holder, whose in self._holders.items() if not holder.ended}
            own = [holder for holder, whose in receiving.items() if whose == address]
            if len(own) >= self._share:
                taken = self._take_from(own, stream)
            elif len(receiving) >= self._most:
                taken = self._take_from(list(receiving), stream)
            else:
                taken = True
            if taken:
                stream.patience_s = PATIENCE_S
                self._holders[stream] = address
        return taken

    def _take_from(self, holders: list[BodyStream], stream: BodyStream) -> bool:
        if not stream.has_begun:
            return False
        now = time.monotonic()
        slowest = min(holders, key=lambda holder: (holder.has_begun, holder.pace(now)))
        if not slowest.give_up_waiting():
            if slowest.age_s(now) < _GRACE_S or slowest.pace(now) >= _SLOW_BYTES_S:
                return False
            slowest.lose(errors.SlowDown)
        del self._holders[slowest]
        return True

    def release(self, stream: BodyStream) -> None:
        """Give it back; again is no error."""
        with self._lock:
            self._holders.pop(stream, None)
