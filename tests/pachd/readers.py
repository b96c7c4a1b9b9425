"""A process with many readers at a time of one large file, which tells what memory that took.

``python -m tests.pachd.readers ADDRESS COUNT``; its last line is JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
from pathlib import Path

from s3gw.pfs.interface import Branch
from s3gw.pfs.pachd import PachdPFS
from s3gw.pfs.pachd.address import find_address
from tests.contract.conftest import Store

SIZE = 24 << 20  # two messages of pachd's


def memory(name: str) -> int:
    """Give a figure of the process in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{name}:")[1].split()[0]) // 1024


def main(address: str, count: int) -> None:
    """Have `count` readers hold their first block until each has one, then read to the end."""
    pfs = PachdPFS(find_address(address, environ={}))
    store = Store(pfs, Branch("readers", "master"))
    pfs.create_branch(store.branch)
    body = bytes(range(256)) * (SIZE // 256 - 1) + os.urandom(256)
    store.put("large", body)
    expected = hashlib.blake2b(body).digest()
    del body
    store.read("large")[:0]
    before, descriptors = memory("VmRSS"), len(os.listdir("/proc/self/fd"))
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    together = threading.Barrier(count)
    whole: list[bool] = []

    def read() -> None:
        snapshot = store.snapshot()
        digest = hashlib.blake2b()
        for number, block in enumerate(snapshot.read_file(snapshot.inspect_file("large", whole=True))):
            if not number:
                together.wait(60)
            digest.update(block)
        whole.append(digest.digest() == expected)

    threads = [threading.Thread(target=read) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = {
        "whole": whole.count(True),
        "before": before,
        "peak": memory("VmHWM"),
        "after": memory("VmRSS"),
        "left open": len(os.listdir("/proc/self/fd")) - descriptors,
    }
    print(json.dumps(told))
    pfs.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
