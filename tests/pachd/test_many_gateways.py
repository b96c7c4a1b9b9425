"""Several gateways over one PFS, of two workers each: what one has acknowledged, all of them see.

A second for each promise; S3GW_TEST_MANY_GATEWAYS_S for longer.
"""

from __future__ import annotations

import hashlib
import http.client
import itertools
import math
import os
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from tests.conftest import RUN
from tests.pachd.linear import Call, Wanted, is_linearizable
from tests.serving import Gateway, Response, delete_repos, eventually, serving, some_pachd

SECONDS = float(os.environ.get("S3GW_TEST_MANY_GATEWAYS_S", "1"))
CLIENTS = 12
READERS = 64


@pytest.fixture(scope="module", params=["embedded", "pachd"])
def gateways(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Gateway]]:
    """Three gateways in front of one pachd, or two over one folder."""
    folder = tmp_path_factory.mktemp("many")
    with ExitStack() as stack:
        where = None
        if request.param == "pachd":
            where = stack.enter_context(some_pachd(folder / "devpachd"))
        count = 3 if where else 2
        with ThreadPoolExecutor(count) as pool:
            options = ["--workers", "2", *([f"--cache-dir={folder / 'kept'}"] if where else [])]
            started = [serving(folder / "pfs", *options, where=where) for _ in range(count)]
            running = list(pool.map(stack.enter_context, started))
        yield running
        if where:
            delete_repos(where, f"{RUN}many")  # the cluster may be somebody's


@pytest.fixture
def bucket(gateways: Sequence[Gateway], request: pytest.FixtureRequest) -> str:
    """A new bucket of each test."""
    name = f"master.{RUN}many-{hashlib.md5(request.node.name.encode()).hexdigest()[:8]}"
    assert gateways[0].request("PUT", f"/{name}").status == 200
    return name


class Client:
    """Requests for the objects of a bucket, over a connection to one of the gateways."""

    def __init__(self, gateway: Gateway, bucket: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
        self._bucket = bucket

    def __call__(self, method: str, key: str, body: bytes | None = None, **headers: str) -> Response:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, f"/{self._bucket}{key}", body, names)
        answer = self._connection.getresponse()
        return Response(answer.status, dict(answer.headers.items()), answer.read())


@contextmanager
def at_work(work: Sequence[Callable[[], object]]) -> Iterator[threading.Event]:
    """Let each do its work again and again for `SECONDS` beyond the ``with``; raise what one of them raised.

    The event is set when they end.
    """
    begun, ended = threading.Event(), threading.Event()

    def repeat(one: Callable[[], object]) -> None:
        begun.wait()
        try:
            while not ended.is_set():
                one()
        except BaseException:
            ended.set()
            raise

    with ThreadPoolExecutor(len(work)) as pool:
        running = [pool.submit(repeat, one) for one in work]
        begun.set()
        try:
            yield ended
            ended.wait(SECONDS)
        finally:
            ended.set()
        for one in running:
            one.result()


class Registers:
    """Objects as registers of versions, and the history of each."""

    def __init__(self, names: Sequence[str]) -> None:
        self.histories: dict[str, list[Call]] = {name: [] for name in names}
        # Of each, a version that somebody has seen, and its ETag; it may have been replaced since.
        self._seen: dict[str, tuple[int, str]] = {}
        self._versions = itertools.count(1)

    def call(self, client: Client, dice: random.Random) -> None:
        """Make one call of any kind, and note how it went."""
        name = dice.choice(list(self.histories))
        kind = dice.choice(["read", "read", "put", "create", "replace", "remove"])
        version, etag = self._seen.get(name, (0, '"none"'))
        began = time.monotonic()
        if kind == "read":
            answer = client("GET", f"/{name}")
            value = self._read(name, answer) if answer.status == 200 else None
            assert answer.status in {200, 404}, answer
            self.histories[name].append(Call(began, time.monotonic(), "read", value))
            return
        headers = {"create": {"If_None_Match": "*"}, "replace": {"If_Match": etag}}.get(kind, {})
        wanted = {"create": Wanted(None), "replace": Wanted(version)}.get(kind)
        new = None if kind == "remove" else next(self._versions)
        body = None if new is None else f"{name} {new}".encode()
        answer = client("DELETE" if kind == "remove" else "PUT", f"/{name}", body, **headers)
        # Where a gateway does not know what became of a write, it says 503: perhaps it comes later.
        ended = math.inf if answer.status == 503 else time.monotonic()
        refused = answer.status in {404, 412}
        assert answer.status in {200, 204, 503} or (wanted and refused), answer
        self.histories[name].append(Call(began, ended, "write", new, wanted, refused))
        if new is not None and answer.status == 200:
            self._seen[name] = new, answer.headers["etag"]

    def have_judged(self) -> bool:
        """Tell whether conditions of each kind have held and have not."""
        calls = [call for calls in self.histories.values() for call in list(calls) if call.wanted]
        return len({(call.wanted == Wanted(None), call.refused) for call in calls}) == 4

    def _read(self, name: str, answer: Response) -> int:
        told, version = answer.body.decode().split()
        assert told == name
        self._seen[name] = int(version), answer.headers["etag"]
        return int(version)


def test_reads_writes_and_conditions_through_all_gateways_are_linearizable(gateways, bucket):
    registers = Registers(["a", "b", "deep/c"])
    work = []
    for number in range(CLIENTS):
        client, dice = Client(gateways[number % len(gateways)], bucket), random.Random(number)
        work.append(lambda client=client, dice=dice: registers.call(client, dice))
    with at_work(work) as ended:
        eventually(lambda: ended.is_set() or registers.have_judged())
    for name, calls in registers.histories.items():
        assert is_linearizable(calls), (name, calls)


class Described:
    """An object that says which version of it this is; every fifth version is that there is none.

    Its writers take turns, so that versions are acknowledged in their order.
    """

    def __init__(self, name: str, padding: int) -> None:
        self.name = name
        self._padding = padding
        self._turn = threading.Lock()
        self._begun = self._acknowledged = 0

    def write(self, client: Client) -> None:
        """Make the next version, unless another writer is about to."""
        if not self._turn.acquire(blocking=False):
            return
        with self._turn_taken():
            self._begun += 1
            removes = self._begun % 5 == 0
            answer = (
                client("DELETE", f"/{self.name}") if removes else client("PUT", f"/{self.name}", self._body())
            )
            assert answer.status in {200, 204}, answer
            self._acknowledged = self._begun

    @contextmanager
    def _turn_taken(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._turn.release()

    def _body(self) -> bytes:
        """Tell name and version, in as many bytes as tell the version too, and their digest."""
        text = f"{self.name} {self._begun} ".encode()
        text += b"." * (self._padding + self._begun - len(text))
        return text + hashlib.sha256(text).digest()

    def read(self, client: Client, dice: random.Random) -> None:
        """Look at it in any way: what is seen is whole, and no older than what was acknowledged before."""
        since = self._acknowledged
        seen = dice.choice([self._get, self._get, self._range, self._head, self._list])(client)
        until = self._begun
        if seen is None:
            assert any(version % 5 == 0 for version in range(since, until + 1)), (self.name, since, until)
        else:
            assert since <= seen <= until, (self.name, since, seen, until)

    def _get(self, client: Client) -> int | None:
        answer = client("GET", f"/{self.name}")
        if answer.status == 404:
            return None
        assert answer.status == 200, answer
        text, digest = answer.body[:-32], answer.body[-32:]
        assert hashlib.sha256(text).digest() == digest
        name, version = text.split()[:2]
        assert name.decode() == self.name
        assert len(text) == self._padding + int(version)
        return int(version)

    def _range(self, client: Client) -> int | None:
        answer = client("GET", f"/{self.name}", Range="bytes=0-79")
        if answer.status == 404:
            return None
        name, version = answer.body.split()[:2]
        assert (answer.status, name.decode()) == (206, self.name)
        assert answer.headers["content-range"] == f"bytes 0-79/{self._padding + int(version) + 32}"
        return int(version)

    def _head(self, client: Client) -> int | None:
        answer = client("HEAD", f"/{self.name}")
        assert answer.status in {200, 404}
        return None if answer.status == 404 else int(answer.headers["content-length"]) - self._padding - 32

    def _list(self, client: Client) -> int | None:
        answer = client("GET", "?list-type=2&delimiter=%2F")
        assert answer.status == 200, answer
        entry = rf"<Key>{self.name}</Key>.*?<Size>(\d+)</Size>"
        found = re.search(entry, answer.body.decode(), re.DOTALL)
        return int(found[1]) - self._padding - 32 if found else None


def test_no_stale_byte_is_ever_served(gateways, bucket):
    objects = [Described(f"o{number}", padding) for number, padding in enumerate([100, 100, 100, 100_000])]
    work: list[Callable[[], None]] = []
    for one, gateway in itertools.product(objects, gateways[:2]):
        writer = Client(gateway, bucket)
        work.append(lambda one=one, writer=writer: one.write(writer))
    for number in range(READERS):
        reader, dice = Client(gateways[number % len(gateways)], bucket), random.Random(number)
        work.append(lambda reader=reader, dice=dice: dice.choice(objects).read(reader, dice))
    with at_work(work):
        pass  # for long enough
