"""The users in whose name calls are made, as long as they come."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

# Longer than the sweeper pauses: whoever has begun something is there when it comes.
_IDLE_S = 2 * 3600.0
_MOST = 1024

Seen = TypeVar("Seen")


class Users(Generic[Seen]):
    """What is remembered for each token; what nobody has asked for in a while is forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_token: OrderedDict[str, tuple[Seen, float]] = OrderedDict()

    def find(self, token: str, make: Callable[[], Seen]) -> Seen:
        """Give what is remembered for a token; it is made where there is nothing."""
        now = time.monotonic()
        with self._lock:
            found = self._by_token.get(token)
            seen = make() if found is None else found[0]
            self._by_token[token] = seen, now
            self._by_token.move_to_end(token)
            while len(self._by_token) > _MOST or next(iter(self._by_token.values()))[1] < now - _IDLE_S:
                self._by_token.popitem(last=False)
        return seen

    def all(self) -> list[Seen]:
        """Give all of it, the one that came last at the end."""
        with self._lock:
            return [seen for seen, _ in self._by_token.values()]
