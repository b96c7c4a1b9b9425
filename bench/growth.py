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
_CHOSEN = 1000  # of all keys, at equal distances
_PAGE = 1000  # buckets
_NEW = 400  # objects of a turn


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
        command = servers.serve(f"embedded:{self.folder}", "--listen=127.0.0.1:0")
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:  # noqa: S603
            try:
                assert process.stdout is not None
                found = re.search(rb"at http://([^ /\n]+)", process.stdout.readline())
                if found is None:
                    raise SystemExit(f"bench: no gateway starts over {self.folder}")
                _get(found[1].decode(), "HEAD", f"/{_PREFIX}{_BUCKET}/f00/000000")
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
            store.name: stack.enter_context(servers.s3gw(store.name, f"embedded:{store.folder}"))
            for store in (few, many)
        }
        bench = Bench(Run("growth", "", date, {}), load, _PREFIX, list(running.values()))
        rows += _turns(bench, [few, many], rounds, seconds)
        say("ListBuckets")
        pages = [
            [_list_buckets(running[store.name], store.buckets) for store in (few, many)]
            for _ in range(rounds)
        ]
        each = [
            statistics.median(page for told in side for page in told) for side in zip(*pages, strict=True)
        ]
        rows.append(Row(f"ListBuckets, a page of {_PAGE}", "ms", *each))
        whole = statistics.median(sum(told[1]) for told in pages)
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


def _list_buckets(server: Server, buckets: int) -> list[float]:
    """List all buckets by pages; how long each page took, in ms."""
    address = server.url.removeprefix("http://")
    taken: list[float] = []
    names: list[str] = []
    token = ""
    while not taken or token:
        began = time.monotonic()
        more = f"&continuation-token={quote(token, safe='')}" if token else ""
        page = _get(address, "GET", f"/?max-buckets={_PAGE}{more}")
        taken.append((time.monotonic() - began) * 1000)
        names += re.findall("<Name>(.*?)</Name>", page)
        found = re.search("<ContinuationToken>(.+?)</ContinuationToken>", page)
        token = found[1] if found else ""
    if len(set(names)) != buckets or names != sorted(names):
        raise SystemExit(f"bench: {len(names)} names of {buckets} buckets")
    return taken


def _get(address: str, method: str, target: str) -> str:
    with contextlib.closing(http.client.HTTPConnection(address, timeout=60)) as connection:
        connection.request(method, target)
        answer = connection.getresponse()
        text = answer.read().decode()
    if answer.status != 200:  # noqa: PLR2004
        raise SystemExit(f"bench: {method} {target}: {answer.status} {text}")
    return text


def section(growth: Growth) -> str:
    """Write what there is to say of it."""
    lines = [
        "## Growth\n",
        f"{growth.date}: {growth.keys:,} keys in one bucket and {growth.buckets:,} buckets beside "
        f"{min(FEW_KEYS, growth.keys):,} and {min(FEW_BUCKETS, growth.buckets):,}. What one request takes, "
        "over all connections: the median of turns that both take one after the other. "
        f"Filling took {growth.fill_s:.0f} s; a listing of all buckets by pages of {_PAGE} takes "
        f"{growth.all_buckets_ms:.0f} ms.\n",
        f"| | few | many | many / few, wanted ≤ {WANTED} | | CPU, many / few |\n|---|---|---|---|---|---|",
    ]
    for row in growth.rows:
        verdict = "met" if row.ratio <= WANTED else "**missed**"
        few, many = (f"{cost:.3g} {row.unit}".strip() for cost in (row.few, row.many))
        cpu = "" if row.cpu is None else f"{row.cpu:.2f}"
        lines.append(f"| {row.what} | {few} | {many} | {row.ratio:.2f} | {verdict} | {cpu} |")
    return "\n".join(lines) + "\n"
