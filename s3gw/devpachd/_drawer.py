"""File sets by their ids, for as long as they are wanted."""

from __future__ import annotations

import threading
import time
import uuid

from s3gw.devpachd._filesets import FileSet, view_of, whole
from s3gw.devpachd._names import check_file_set_id
from s3gw.devpachd._refusal import Refusal
from s3gw.devpachd._shelf import Shelf
from s3gw.devpachd._views import View

_TTL_S = 600
_LONGEST_S = 1800
_NS = 1_000_000_000


class Drawer:
    """File sets live in memory, ten minutes unless they are renewed.

    One of all that a commit holds is that view of it, until it is put elsewhere.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._lock = threading.Lock()
        self._held: dict[str, tuple[float, FileSet | View]] = {}

    def put(self, file_set: FileSet | View, ttl_s: int = _TTL_S) -> str:
        """Keep a file set; its id."""
        name = uuid.uuid4().hex
        now = time.monotonic()
        with self._lock:
            for old in [old for old, (until, _) in self._held.items() if until < now]:
                del self._held[old]
            self._held[name] = now + ttl_s, file_set
        return name

    def get(self, text: str) -> FileSet:
        """Find a file set."""
        held = self._find(text)
        return held if isinstance(held, dict) else whole(self._shelf, held)

    def view(self, text: str) -> View:
        """See what a file set holds."""
        held = self._find(text)
        return view_of(self._shelf, held) if isinstance(held, dict) else held

    def _find(self, text: str) -> FileSet | View:
        until, held = self._held.get(check_file_set_id(text), (0.0, {}))
        if until < time.monotonic():
            raise Refusal("path does not exist")
        return held

    def renew(self, text: str, ttl_s: int) -> None:
        """Keep a file set longer."""
        name = check_file_set_id(text)
        if ttl_s < 1:
            raise Refusal(f"ttl ({ttl_s * _NS}) must be at least one second")
        if ttl_s > _LONGEST_S:
            raise Refusal(f"ttl ({ttl_s * _NS}) exceeds max ttl ({_LONGEST_S * _NS})")
        held = self._find(name)
        with self._lock:
            self._held[name] = time.monotonic() + ttl_s, held
