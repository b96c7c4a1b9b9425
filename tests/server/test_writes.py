"""The lane of small writes: what waits together is made together."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import ExitStack, closing
from pathlib import Path

from tests.server.test_wire import Connection, put_head
from tests.serving import serving


def test_what_comes_while_another_process_writes_shares_the_commit_of_what_waits(tmp_path: Path):
    with serving(tmp_path / "pfs", "--profile", "extended") as gateway, ExitStack() as stack:
        assert gateway.request("PUT", "/b.r").status == 200
        connections = [stack.enter_context(closing(Connection(gateway.port))) for _ in range(4)]
        lock = os.open(tmp_path / "pfs" / "write.lock", os.O_RDWR)
        stack.callback(os.close, lock)
        fcntl.flock(lock, fcntl.LOCK_EX)
        for number, connection in enumerate(connections):
            connection.send(put_head("b.r", 1, f"k{number}") + b"x")
            time.sleep(0.2)  # each comes when the one before waits already
        assert gateway.request("HEAD", "/b.r/k0").status == 404
        fcntl.flock(lock, fcntl.LOCK_UN)
        answers = [connection.response() for connection in connections]
        assert [status for status, _, _ in answers] == [200] * 4
        assert len({headers["x-amz-version-id"] for _, headers, _ in answers}) == 1
