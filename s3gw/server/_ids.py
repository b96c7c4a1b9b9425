"""The ids that answers carry."""

from __future__ import annotations

import itertools
import secrets

_LAST_REQUEST_ID = (1 << 64) - 1


class Ids:
    """The ids of one worker; to be made after the fork.

    Attributes:
        host: ``x-amz-id-2``, which tells the worker.
    """

    def __init__(self) -> None:
        self.host = secrets.token_urlsafe(24)
        # PERF: a random beginning and a count are as unique as random numbers, without a system call
        self._numbers = itertools.count(secrets.randbits(64))

    def request(self) -> str:
        """Give the next ``x-amz-request-id``: 16 upper-case hex digits."""
        return f"{next(self._numbers) & _LAST_REQUEST_ID:016X}"
