"""A cluster that dies again and again under load: what was acknowledged is there, and whole."""

from __future__ import annotations

import http.client
import itertools
import multiprocessing
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from s3gw.devpachd._server import run
from tests.serving import Gateway, eventually, serving

KILLS = 50
WRITERS = 16

# Processes that have loaded everything before they are born: a start takes a tenth of a second.
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["s3gw.devpachd._server"])


@contextmanager
def forked_devpachd(folder: Path, listen: str) -> Iterator[str]:
    """Run a devpachd, and kill it at the end; gives where it listens."""
    reader, writer = FORKED.Pipe(duplex=False)
    process = FORKED.Process(target=run, args=(folder, listen, 0.01, writer.send))
    process.start()
    writer.close()
    try:
        yield reader.recv()
    finally:
        process.kill()
        process.join()
        process.close()


class Writer(threading.Thread):
    """Puts objects, replaces and deletes some of them, and remembers what was acknowledged."""

    def __init__(self, gateway: Gateway, number: int, stop: threading.Event) -> None:
        super().__init__()
        self._gateway = gateway
        self._random = random.Random(number)
        self._number = number
        self._stopped = stop
        # Key -> the bodies that it may have (None: there is no object), the acknowledged one first.
        self.expected: dict[str, list[bytes | None]] = {}
        self.acknowledged = 0
        self.refusals: set[int] = set()

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._gateway.port, timeout=30)
        for number in itertools.count():
            if self._stopped.is_set():
                break
            key = f"{self._number}/{self._random.randrange(number // 2 + 1)}"
            body = self._body(number)
            method = "DELETE" if body is None else "PUT"
            connection.request(method, f"/master.load/{key}", body)
            answer = connection.getresponse()
            answer.read()
            if answer.status in {200, 204}:
                self.expected[key] = [body]
                self.acknowledged += 1
            else:
                self.expected.setdefault(key, [None]).append(body)
                self.refusals.add(answer.status)
        connection.close()

    def _body(self, number: int) -> bytes | None:
        if not number % 7:
            return None
        size = self._random.choice([0, 100, 100, 100, 5_000, 70_000])
        return f"{self._number} {number} ".encode() * (size // 8)


def test_of_what_was_acknowledged_nothing_is_lost_though_the_cluster_is_killed_fifty_times(tmp_path):
    kills = random.Random(KILLS)
    folder = tmp_path / "devpachd"
    with forked_devpachd(folder, "127.0.0.1:0") as listen:
        pass  # the port that each of them takes
    with serving(tmp_path, "--pachd-deadline", "5", where=f"grpc://{listen}") as gateway:
        stop = threading.Event()
        writers = [Writer(gateway, number, stop) for number in range(WRITERS)]

        def acknowledged() -> int:
            return sum(writer.acknowledged for writer in writers)

        with forked_devpachd(folder, listen):
            eventually(lambda: gateway.request("PUT", "/master.load").status in {200, 409})
            for writer in writers:
                writer.start()
            eventually(lambda: acknowledged() > WRITERS)
        try:
            for _ in range(KILLS - 1):
                enough = acknowledged() + kills.randint(1, 2 * WRITERS)
                with forked_devpachd(folder, listen):
                    eventually(lambda enough=enough: acknowledged() >= enough)
                    time.sleep(kills.uniform(0, 0.02))  # anywhere in the next commit
        finally:
            stop.set()
        with forked_devpachd(folder, listen):
            for writer in writers:
                writer.join()
            assert set().union(*(writer.refusals for writer in writers)) <= {503}
            eventually(lambda: gateway.request("HEAD", "/master.load").status == 200)
            for key, bodies in (
                (key, bodies) for writer in writers for key, bodies in writer.expected.items()
            ):
                answer = gateway.request("GET", f"/master.load/{key}")
                found = answer.body if answer.status == 200 else None
                assert answer.status in {200, 404}
                assert found in bodies, (key, answer.status, len(bodies))
