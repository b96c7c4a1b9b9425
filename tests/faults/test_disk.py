"""A disk that fails, call by call: what was acknowledged is whole, what was refused is not there.

A few cases of the matrix belong to the gate; S3GW_TEST_FAULTS=all tries them all.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import os
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from s3gw.pfs.embedded import EmbeddedPFS, check
from s3gw.pfs.interface import Branch
from tests.faults.strace import a_worker_of, injecting, needs_strace, run_traced
from tests.serving import Gateway, eventually, serving

pytestmark = needs_strace

CALLS = [
    "write", "pwrite64", "fsync", "fdatasync", "rename", "openat", "mkdir", "flock", "ftruncate", "unlink",
]  # fmt: skip
ERRORS = ["EIO", "ENOSPC", "EDQUOT", "ENOLCK", "EMFILE"]
WHEN = ["1", "2", "3+4", "2+"]

MATRIX = list(itertools.product(CALLS, ERRORS, WHEN))
OPENINGS = list(
    itertools.product(
        ["mkdir", "flock", "fsync", "fdatasync", "pwrite64", "ftruncate"], ["EIO", "ENOSPC"], "123"
    )
)
SEED = int(os.environ.get("S3GW_TEST_SEED", "1"))
ALL = os.environ.get("S3GW_TEST_FAULTS") == "all"

# The calls that make what is acknowledged durable are always tried, and a few of the others. Not
# `write`, with which the log goes out too.
SOME = [
    ("fdatasync", "EIO", "1"),
    ("pwrite64", "ENOSPC", "2+"),
    ("fsync", "EIO", "1"),
    ("flock", "ENOLCK", "2"),
]
OTHERS = [case for case in MATRIX if case[0] != "write" and case not in SOME]


def chosen(all_: list[tuple[str, str, str]], some: list[tuple[str, str, str]], count: int) -> list[object]:
    """Choose the cases of this run."""
    return all_ if ALL else random.Random(SEED).sample(some, count)


SIZES = [10, 3000, 70_000, 300_000]
WRITERS = 4
ROUNDS = 6


class Client:
    """Knows of each key what it must hold: the bodies that are possible, None for no object."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.possible: dict[str, set[bytes | None]] = {}
        self.lock = threading.Lock()

    def send(self, method: str, key: str, body: bytes | None = None) -> int | None:
        """Send a request; its status, None where the connection broke."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.gateway.request(method, f"/b.r/{key}", body).status
        return None

    def write(self, method: str, key: str, body: bytes | None) -> None:
        before = self.possible.get(key, {None})
        status = self.send(method, key, body)
        if status is None:
            self.possible[key] = before | {body}
        elif status < 300:
            self.possible[key] = {body}
        else:
            assert status >= 500, status
            self.possible[key] = before

    def work(self, writer: int) -> None:
        """Put, replace and delete some objects."""
        for number in range(ROUNDS):
            for turn, size in enumerate(SIZES):
                key = f"{writer}/{number % 3}/{turn}"
                self.write("PUT", key, f"{writer} {number} {turn} ".encode() * (size // 6))
            self.write("DELETE", f"{writer}/{number % 3}/{number % 4}", None)

    def wrong(self, gateway: Gateway) -> list[str]:
        """Tell which objects are not as they must be."""
        problems = []
        for key, possible in self.possible.items():
            answer = gateway.request("GET", f"/b.r/{key}")
            found = None if answer.status == 404 else answer.body
            if answer.status not in (200, 404) or found not in possible:
                problems.append(f"{key}: {answer.status}, {len(answer.body)} bytes, {len(possible)} possible")
        listed = set(gateway.keys("b.r"))
        for key, possible in self.possible.items():
            if {key in listed} - {body is not None for body in possible}:
                problems.append(f"{key}: listed {key in listed}")
        return problems


@pytest.mark.parametrize(("call", "error", "when"), chosen(MATRIX, OTHERS, 3) + ([] if ALL else SOME))
def test_a_disk_that_fails_loses_nothing_acknowledged_and_shows_nothing_refused(tmp_path, call, error, when):
    data = tmp_path / "data"
    with serving(data, "--workers", "2") as gateway:
        assert gateway.request("PUT", "/b.r").status == 200
        client = Client(gateway)
        client.write("PUT", "kept", b"kept" * 20_000)
        worker = a_worker_of(gateway.process.pid)
        with (
            injecting(worker, call, f"error={error}:when={when}", tmp_path / "strace"),
            ThreadPoolExecutor(WRITERS) as pool,
        ):
            for done in [pool.submit(client.work, writer) for writer in range(WRITERS)]:
                done.result()
        eventually(lambda: client.send("PUT", "again", b"again") == 200)
        client.possible["again"] = {b"again"}
        assert client.wrong(gateway) == []
        gateway.process.kill()
        gateway.process.wait()
    with serving(data) as gateway:
        assert client.wrong(gateway) == []
        assert gateway.request("PUT", "/b.r/more", b"more").status == 200


def test_nobody_sees_a_change_before_it_is_on_the_disk(tmp_path):
    """Each sync takes half a second here."""
    with serving(tmp_path / "data") as gateway:
        assert gateway.request("PUT", "/b.r").status == 200
        worker = a_worker_of(gateway.process.pid)
        with injecting(worker, "fdatasync", "delay_enter=500000", tmp_path / "strace"):
            began = time.monotonic()
            writer = threading.Thread(target=gateway.request, args=("PUT", "/b.r/a", b"a"))
            writer.start()
            eventually(lambda: gateway.request("GET", "/b.r/a").status == 200)
            assert time.monotonic() - began >= 0.5
            writer.join()


OPENER = """
import sys
from pathlib import Path
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch, BranchNotFound, Put

pfs = EmbeddedPFS(Path(sys.argv[1]))
branch = Branch("r", "b")
try:
    pfs.inspect_branch(branch)
except BranchNotFound:
    pfs.create_branch(branch)
for name, size in (("small", 10), ("large", 100_000)):
    with pfs.stage(branch, name) as staging:
        staging.write(b"x" * size)
        pfs.change(branch, [Put(name, staging.finish())])
    print(name, size, flush=True)
pfs.close()
"""


@pytest.mark.parametrize(("call", "error", "when"), chosen(OPENINGS, OPENINGS, 8))
def test_a_first_life_that_fails_leaves_what_it_has_acknowledged_and_a_folder_that_works(
    tmp_path, call, error, when
):
    folder = tmp_path / "data"
    strace = ["-qq", "-o", str(tmp_path / "strace"), "-e", f"trace={call}"]
    strace += ["-e", f"inject={call}:error={error}:when={when}"]
    done = run_traced(strace, OPENER, str(folder))
    acknowledged = dict(line.split() for line in done.stdout.splitlines())
    assert done.returncode == 0 or "s3gw.pfs" in done.stderr.splitlines()[-1], done.stderr
    pfs = EmbeddedPFS(folder)
    for name, size in acknowledged.items():
        snapshot = pfs.snapshot(Branch("r", "b"))
        assert b"".join(snapshot.read_file(snapshot.inspect_file(name))) == b"x" * int(size)
    pfs.close()
    assert check(folder).problems == []
    again = subprocess.run([sys.executable, "-c", OPENER, str(folder)], capture_output=True, check=False)
    assert again.returncode == 0, again.stderr
