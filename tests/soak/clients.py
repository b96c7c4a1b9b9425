"""Clients that do everything at once, half of them slowly, and know what they were promised."""

from __future__ import annotations

import hashlib
import http.client
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing

SIZES = (10, 10, 10, 1000, 1000, 1000, 60_000, 60_000, 200_000, 200_000, 1_000_000)
ABSENT = ""
_PATIENCE_S = 60


class Ledger:
    """What must be there: of each key the digests that an answer may have, ABSENT for none.

    Each key has one writer at a time. A write that got no answer may have been made or not; one that
    was acknowledged must be there.
    """

    def __init__(self) -> None:
        self.allowed: dict[str, set[str]] = {}
        self.counts: Counter[str] = Counter()
        self.lost: list[str] = []
        self._lock = threading.Lock()

    def begin(self, key: str, digest: str) -> None:
        with self._lock:
            self.allowed.setdefault(key, {ABSENT}).add(digest)

    def acknowledged(self, key: str, digest: str) -> None:
        with self._lock:
            self.allowed[key] = {digest}

    def check(self, key: str, digest: str) -> None:
        with self._lock:
            if digest not in self.allowed[key]:
                self.lost.append(f"{key}: {digest or 'absent'} is none of {self.allowed[key]}")

    def count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1


class Client:
    """Works on keys of its own until it is told to stop; errors of the connection are everyday here."""

    def __init__(self, number: int, port: int, ledger: Ledger, stop: threading.Event) -> None:
        self._name = f"c{number}"
        self._port = port
        self._ledger = ledger
        self._stop_asked = stop
        self._dice = random.Random(number)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)

    def run(self) -> None:
        """Work; a little slower than could be, since all that is written is kept."""
        while not self._stop_asked.wait(self._dice.uniform(0.01, 0.06)):
            try:
                self._step()
            except (OSError, http.client.HTTPException):
                self._connection.close()
                self._ledger.count("broken off")
                self._stop_asked.wait(0.05)
        self._connection.close()

    def _step(self) -> None:
        key = f"{self._name}/{self._dice.randrange(20)}"
        step = self._dice.choices((self._put, self._get, self._delete, self._list), (4, 5, 1, 1))[0]
        step(key)

    def _ask(self, method: str, target: str, body: bytes | None = None) -> tuple[int, bytes]:
        self._connection.request(method, target, body)
        answer = self._connection.getresponse()
        self._ledger.count(f"{method} {answer.status}")
        return answer.status, answer.read()

    def _put(self, key: str) -> None:
        body = self._dice.randbytes(8) * (self._dice.choice(SIZES) // 8)
        digest = hashlib.sha256(body).hexdigest()
        self._ledger.begin(key, digest)
        status, _ = self._ask("PUT", f"/b.r/{key}", body)
        if status == 200:
            self._ledger.acknowledged(key, digest)

    def _delete(self, key: str) -> None:
        self._ledger.begin(key, ABSENT)
        status, _ = self._ask("DELETE", f"/b.r/{key}")
        if status == 204:
            self._ledger.acknowledged(key, ABSENT)

    def _get(self, key: str) -> None:
        if key not in self._ledger.allowed:
            return
        status, body = self._ask("GET", f"/b.r/{key}")
        if status in (200, 404):
            self._ledger.check(key, hashlib.sha256(body).hexdigest() if status == 200 else ABSENT)

    def _list(self, _key: str) -> None:
        self._ask("GET", f"/b.r?list-type=2&prefix={self._name}/")


class SlowClient:
    """Does one slow thing after the other: uploads, reads, heads, or nothing."""

    def __init__(self, number: int, port: int, ledger: Ledger, stop: threading.Event) -> None:
        self._port = port
        self._ledger = ledger
        self._stop_asked = stop
        self._dice = random.Random(number)
        self._key = f"slow{number}"

    def run(self) -> None:
        """Be slow."""
        steps: tuple[Callable[[socket.socket], None], ...] = (
            self._upload,
            self._read,
            self._head,
            self._idle,
        )
        while not self._stop_asked.is_set():
            try:
                with closing(
                    socket.create_connection(("127.0.0.1", self._port), timeout=_PATIENCE_S)
                ) as connection:
                    self._dice.choice(steps)(connection)
                    self._ledger.count("slow")
            except OSError:
                self._stop_asked.wait(0.05)

    def _upload(self, connection: socket.socket) -> None:
        size = 200_000
        head = f"PUT /b.r/{self._key} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n"
        connection.sendall(head.encode())
        for _ in range(self._dice.choice((10, 50, 100))):
            connection.sendall(bytes(size // 100))
            if self._stop_asked.wait(0.05):
                return

    def _read(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        connection.sendall(b"GET /b.r/large HTTP/1.1\r\nHost: x\r\n\r\n")
        for _ in range(200):
            if not connection.recv(4096) or self._stop_asked.wait(0.02):
                return

    def _head(self, connection: socket.socket) -> None:
        for byte in b"GET /b.r/large HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 100:
            connection.send(bytes([byte]))
            if self._stop_asked.wait(0.2):
                return

    def _idle(self, connection: socket.socket) -> None:
        self._stop_asked.wait(self._dice.uniform(0.1, 5))


def verify(port: int, ledger: Ledger) -> None:
    """Read every key once more."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)) as connection:
        for key in sorted(ledger.allowed):
            connection.request("GET", f"/b.r/{key}")
            answer = connection.getresponse()
            body = answer.read()
            if answer.status not in (200, 404):
                ledger.lost.append(f"{key}: {answer.status}")
                continue
            ledger.check(key, hashlib.sha256(body).hexdigest() if answer.status == 200 else ABSENT)


def wait_until_served(port: int) -> None:
    """Wait for a gateway that starts. Raise TimeoutError."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
                connection.request("GET", "/")
                if connection.getresponse().status == 200:
                    return
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
    raise TimeoutError("the gateway does not answer")
