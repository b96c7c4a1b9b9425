"""What grows with keys and buckets: a gateway with many of them beside one with few."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Self
from urllib.parse import quote

from bench import fill, servers
from bench.measure import Bench, Run, Turn, cpu_per_1000, median
from bench.servers import Server, say
from bench.workloads import KIB, Workload, listing, name_of, put, short
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch

FEW_KEYS, FEW_BUCKETS = 10_000, 1000
MANY_KEYS, MANY_BUCKETS = 10_000_000, 10_000
WANTED = 1.3

_PREFIX, _BUCKET = "master.", "keys"
_CHOSEN = 10_000  # of all keys, at equal distances
_PAGE = 1000  # buckets
_NEW = 400  # objects of a turn
_NEW_BUCKETS = 40  # of a turn

# What is kept of answers would hide what grows.
_OPTIONS = ("--cache-memory=0",)


@dataclass(frozen=True)
class Row:
    """What something costs with few and with many, in `unit`; the aim is for their ratio.

    The CPU of the gateway with many beside that with few is in `cpu`, where it was measured.
    """

    what: str
    unit: str
    few: float
    many: float
    cpu: float | None = None

    @property
    def ratio(self) -> float:
        """How many times as much it costs with many."""
        return self.many / self.few


@dataclass(frozen=True)
class Growth:
    """All that the page shows.

    Attributes:
        date: In ISO form.
        keys: In one bucket, of the gateway with many.
        buckets: Of that gateway.
        rows: What was measured.
        fill_s: How long it took to make them.
        all_buckets_ms: How long the pages of all its buckets took together.
    """

    date: str
    keys: int
    buckets: int
    rows: Sequence[Row]
    fill_s: float
    all_buckets_ms: float

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` has written."""
        told = json.loads(path.read_text())
        return cls(**{**told, "rows": [Row(**row) for row in told["rows"]]})


@dataclass
class _Store:
    """One of the two gateways: its folder, what is in it, and what a key takes on the disk."""

    name: str
    folder: Path
    keys: int
    buckets: int
    bytes_per_key: float = 0.0

    def fill(self) -> None:
        """Make its buckets and keys, straight through PFS. A key has an even number, a body of its own."""
        pfs = EmbeddedPFS(self.folder, "process")
        for number in range(self.buckets - 1):
            pfs.create_branch(Branch(f"bucket{number:06}", "master"))
        branch = Branch(_BUCKET, "master")
        pfs.create_branch(branch)
        pfs.close()  # brings all of it into the database
        empty = self._size()
        pfs = EmbeddedPFS(self.folder, "process")
        fill.bodies(pfs, branch, (f"f00/{2 * number:06}" for number in range(self.keys)))
        pfs.close()
        self.bytes_per_key = (self._size() - empty) / self.keys

    def _size(self) -> int:
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def start_ms(self) -> float:
        """Start a gateway, and tell how long that takes to its first answer."""
        began = time.monotonic()
        command = servers.serve(f"embedded:{self.folder}", "--listen=127.0.0.1:0", *_OPTIONS)
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:  # noqa: S603
            try:
                assert process.stdout is not None
                found = re.search(rb"at http://([^ /\n]+)", process.stdout.readline())
                if found is None:
                    raise SystemExit(f"bench: no gateway starts over {self.folder}")
                with _connected(found[1].decode()) as connection:
                    _ask(connection, "HEAD", f"/{_PREFIX}{_BUCKET}/f00/000000")
                return (time.monotonic() - began) * 1000
            finally:
                servers.stop(process)


# For so many keys: what is asked. Numbers of new objects begin with one that no turn has had.
_WORK: tuple[Callable[[int, int], Workload], ...] = (
    lambda keys, _: _chosen("GET", 1, keys),
    lambda keys, _: _chosen("GET", 8, keys),
    lambda keys, _: _chosen("HEAD", 8, keys),
    lambda keys, new: _new(1, keys, new),
    lambda keys, new: _new(32, keys, new),
    lambda keys, _: _page("first", keys),
    lambda keys, _: _page("middle", keys),
    lambda keys, _: _page("delimiter", keys),
)


def _chosen(method: str, connections: int, keys: int) -> Workload:
    step = 2 * max(1, keys // _CHOSEN)
    options = (f"-method={method}", f"-keys={_CHOSEN}", f"-step={step}", f"-connections={connections}")
    return Workload(f"{method}, {connections} conn.", _BUCKET, options)


def _new(connections: int, keys: int, new: int) -> Workload:
    """Objects whose keys lie everywhere between those that are there, each turn others."""
    step = 2 * max(1, keys // _NEW)
    options = put(KIB, _NEW, connections, f"-count={_NEW}", f"-step={step}", f"-from={2 * new + 1}")
    return Workload(f"PUT 1 KiB of a new key, {connections} conn.", _BUCKET, options)


def _page(kind: str, keys: int) -> Workload:
    page = listing("first" if kind == "delimiter" else kind, keys)
    query = page.options[0].removeprefix("-query=")
    if kind == "delimiter":
        query = f"delimiter=%2F&{query}"
    name = name_of(kind, keys).partition(",")[0]
    return Workload(name, _BUCKET, (f"-query={query}", "-connections=2"))


def measure(load: Path, date: str, keys: int, buckets: int, rounds: int, seconds: float) -> Growth:
    """Fill two folders beside the load program, serve both, and let them take turns."""
    few = _Store("few", load.parent / "few", min(FEW_KEYS, keys), min(FEW_BUCKETS, buckets))
    many = _Store("many", load.parent / "many", keys, buckets)
    began = time.monotonic()
    for store in (few, many):
        say(f"filling {short(store.keys)} keys and {store.buckets} buckets")
        store.fill()
    fill_s = time.monotonic() - began
    say("start-up")
    starts = [[store.start_ms() for store in (few, many)] for _ in range(rounds)]
    rows = [
        Row("bytes on the disk for a key", "", few.bytes_per_key, many.bytes_per_key),
        Row(
            "start, to the first answer",
            "ms",
            *(statistics.median(each) for each in zip(*starts, strict=True)),
        ),
    ]
    with contextlib.ExitStack() as stack:
        running = {
            store.name: stack.enter_context(servers.s3gw(store.name, f"embedded:{store.folder}", *_OPTIONS))
            for store in (few, many)
        }
        bench = Bench(Run("growth", "", date, {}), load, _PREFIX, list(running.values()))
        rows += _turns(bench, [few, many], rounds, seconds)
        say("buckets")
        taken = [
            [_Buckets(running[store.name], store.buckets, number).taken for store in (few, many)]
            for number in range(rounds)
        ]
    for what in taken[0][0]:
        each = [
            statistics.median(ms for told in side for ms in told[what]) for side in zip(*taken, strict=True)
        ]
        rows.append(Row(what, "ms", *each))
    whole = statistics.median(sum(told[_PAGES]) for _, told in taken)
    return Growth(date, keys, buckets, rows, fill_s, whole)


def _turns(bench: Bench, stores: Sequence[_Store], rounds: int, seconds: float) -> Iterator[Row]:
    numbers = count()
    for make in _WORK:
        turns: dict[str, list[Turn]] = {store.name: [] for store in stores}
        name = ""
        for _ in range(rounds):
            for store, server in zip(stores, bench.servers, strict=True):
                workload = make(store.keys, next(numbers))
                name = workload.name
                turns[store.name].append(bench.turn(server, workload, seconds))
        problem = next((turn.problem for side in turns.values() for turn in side if turn.problem), "")
        if problem:
            raise SystemExit(f"bench: {name}: {problem}")
        say(name)
        few, many = turns.values()
        used = cpu_per_1000(few), cpu_per_1000(many)
        cpu = used[1] / used[0] if used[0] and used[1] else None
        yield Row(name, "ms", 1000 / median(few), 1000 / median(many), cpu)


_WHOLE, _PAGES = f"ListBuckets, all of them, for each {_PAGE}", f"ListBuckets, a page of {_PAGE}"


class _Buckets:
    """One turn of what is asked about buckets, over one connection.

    Attributes:
        taken: What was done -> how long each took, in ms.
    """

    def __init__(self, server: Server, buckets: int, turn: int) -> None:
        self.taken: dict[str, list[float]] = {}
        with _connected(server.url.removeprefix("http://")) as self._connection:
            self._list_by_pages(buckets)
            text = self._timed(_WHOLE, "GET", "/")
            self.taken[_WHOLE] = [ms * _PAGE / buckets for ms in self.taken[_WHOLE]]
            self._must_name(buckets, _names(text))
            for number in range(_NEW_BUCKETS):
                self._live(f"/{_PREFIX}new-{turn}-{number}")

    def _list_by_pages(self, buckets: int) -> None:
        names: list[str] = []
        token = ""
        while not names or token:
            more = f"&continuation-token={quote(token, safe='')}" if token else ""
            page = self._timed(_PAGES, "GET", f"/?max-buckets={_PAGE}{more}")
            names += _names(page)
            found = re.search("<ContinuationToken>(.+?)</ContinuationToken>", page)
            token = found[1] if found else ""
        self._must_name(buckets, names)

    def _must_name(self, buckets: int, names: list[str]) -> None:
        if len(set(names)) != buckets or names != sorted(names):
            raise SystemExit(f"bench: {len(names)} names of {buckets} buckets")

    def _live(self, bucket: str) -> None:
        """Make a bucket, and write, read and remove what is in it."""
        self._timed("CreateBucket", "PUT", bucket)
        self._timed("HeadBucket", "HEAD", bucket)
        self._timed("PUT 1 KiB, the first of a bucket", "PUT", f"{bucket}/a", bytes(KIB))
        _ask(self._connection, "DELETE", f"{bucket}/a")
        self._timed("DeleteBucket", "DELETE", bucket)

    def _timed(self, what: str, method: str, target: str, body: bytes | None = None) -> str:
        began = time.monotonic()
        text = _ask(self._connection, method, target, body)
        self.taken.setdefault(what, []).append((time.monotonic() - began) * 1000)
        return text


def _names(page: str) -> list[str]:
    return re.findall("<Name>(.*?)</Name>", page)


def _connected(address: str) -> contextlib.closing[http.client.HTTPConnection]:
    return contextlib.closing(http.client.HTTPConnection(address, timeout=60))


def _ask(connection: http.client.HTTPConnection, method: str, target: str, body: bytes | None = None) -> str:
    connection.request(method, target, body)
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status // 100 != 2:  # noqa: PLR2004
        raise SystemExit(f"bench: {method} {target}: {answer.status} {text}")
    return text


def section(growth: Growth) -> str:
    """Write what there is to say of it."""
    lines = [
        "## Growth\n",
        f"{growth.date}: {growth.keys:,} keys in one bucket and {growth.buckets:,} buckets beside "
        f"{min(FEW_KEYS, growth.keys):,} and {min(FEW_BUCKETS, growth.buckets):,}. What one request takes, "
        "over all connections: the median of turns that both take one after the other, without the cache of "
        f"answers. Filling both took {growth.fill_s:.0f} s; a listing of all buckets by pages of {_PAGE} "
        f"takes {growth.all_buckets_ms:.0f} ms.\n",
        f"| | few | many | many / few, wanted ≤ {WANTED} | | CPU, many / few |\n|---|---|---|---|---|---|",
    ]
    for row in growth.rows:
        verdict = "met" if row.ratio <= WANTED else "**missed**"
        few, many = (f"{cost:.3g} {row.unit}".strip() for cost in (row.few, row.many))
        cpu = "" if row.cpu is None else f"{row.cpu:.2f}"
        lines.append(f"| {row.what} | {few} | {many} | {row.ratio:.2f} | {verdict} | {cpu} |")
    return "\n".join(lines) + "\n"
