"""Bodies on their way to pachd: small ones wait here for their commit, large ones go ahead of it.

A large body becomes a file set, which nobody sees; a commit then copies it in by reference. So no
commit is open while a body arrives, and a body that ends early leaves nothing.
"""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from s3gw.pfs.interface import TooSlow
from s3gw.pfs.pachd import _wire
from s3gw.pfs.pachd._client import Client, Upload
from s3gw.pfs.pachd._contents import SMALL, PachdContent

# There may be as many bodies as connections: gRPC holds a message twice, beside the one that waits for
# it and the one that is being filled. PERF: larger ones are not sent faster.
_MESSAGE = 256 * 1024

# Messages that wait for gRPC: a slow pachd holds the client back.
_WAITING = 1


class PachdStaging:
    """A body on its way."""

    md5: bytes | None = None

    def __init__(self, client: Client, path: str, head: str) -> None:
        self._client = client
        self._path = path
        self._head = head
        self._size = 0
        self._block = bytearray()
        self._queue: queue.Queue[bytes | None] = queue.Queue(_WAITING)
        self._upload: Upload | None = None
        self._finished = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._upload is not None and not self._finished:
            self._upload.cancel()
            # gRPC waits for the next message in a thread, and hears of it only then; a full queue has one
            with contextlib.suppress(queue.Full):
                self._queue.put_nowait(None)

    def write(self, data: bytes) -> None:
        """Append; a body that is no longer small begins to travel."""
        self._size += len(data)
        self._block += data
        if self._upload is None:
            if self._size <= SMALL:
                return
            self._upload = self._client.begin_upload(self._messages())
        whole = len(self._block) - len(self._block) % _MESSAGE
        if whole:
            block, self._block = self._block, self._block[whole:]
            for begin in range(0, whole, _MESSAGE):
                self._send(bytes(memoryview(block)[begin : begin + _MESSAGE]))

    def _send(self, message: bytes | None) -> None:
        assert self._upload is not None
        deadline = time.monotonic() + self._client.deadline_s
        while True:
            if self._upload.ended:
                self._upload.result(self._client.deadline_s)  # raises what pachd says
            try:
                self._queue.put(message, timeout=0.5)
            except queue.Full:
                if time.monotonic() > deadline:
                    self._upload.cancel()
                    raise TooSlow("pachd does not take the body") from None
            else:
                return

    def _messages(self) -> Iterator[bytes]:
        path = f"/{self._path}"
        yield _wire.add_file(path, b"")
        while (data := self._queue.get()) is not None:
            yield _wire.add_file(path, data)
            del data  # while the next one is waited for

    def finish(self) -> PachdContent:
        """End the body; a large one is in pachd's store when this returns."""
        if self._upload is None:
            data = bytes(self._block)
            return PachdContent(self._size, self._path, data=data, head=self._head)
        if self._block:
            self._send(bytes(self._block))
            self._block.clear()
        self._send(None)
        # pachd writes what it holds, up to 500 MB, when the body has ended
        file_set = self._upload.result(5 * self._client.deadline_s)
        self._finished = True
        return PachdContent(self._size, self._path, file_set=file_set, head=self._head)
