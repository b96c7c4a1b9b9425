"""What one, two and three gateways in front of one pachd do together."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from bench import servers
from bench.measure import Bench, Run
from bench.servers import say
from bench.workloads import KIB, MAKE, SMALL_KEYS, put
from s3gw.addressing.buckets import BRANCHES
from s3gw.pfs import opener

_MOST = 3
_CONNECTIONS = 192  # of all gateways together
_OPTIONS = (f"--threads={_CONNECTIONS}",)  # so that one of them can hold all writes
_FINISH_S = 0.2  # of a commit in the devpachd, as a pachd takes

_READ = (f"-keys={SMALL_KEYS}",)
_WRITE = put(KIB, SMALL_KEYS, 1)
# What each gateway is asked, and whether all are asked for one bucket.
_WORK: dict[str, tuple[tuple[str, ...], bool]] = {
    "PUT 1 KiB, one bucket": (_WRITE, True),
    "PUT 1 KiB, a bucket for each gateway": (_WRITE, False),
    "GET 1 KiB, one bucket": (_READ, True),
}


@dataclass(frozen=True)
class Gateways:
    """All that the page shows.

    Attributes:
        date: In ISO form.
        pachd: What stands behind them.
        rates: Requests a second of one gateway, of two together, of three, by what they were asked.
    """

    date: str
    pachd: str
    rates: dict[str, list[float]]

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` has written."""
        return cls(**json.loads(path.read_text()))


def measure(load: Path, date: str, address: str | None, rounds: int, seconds: float) -> Gateways:
    """Let one gateway, two and three take turns under the same load; without an address over a devpachd."""
    with contextlib.ExitStack() as stack:
        pachd = "a pachd" if address else f"a devpachd whose commits take {_FINISH_S} s"
        address = address or stack.enter_context(_devpachd(load.parent / "devpachd"))
        started = [
            stack.enter_context(servers.s3gw(f"gateway {number}", f"grpc://{address}", *_OPTIONS))
            for number in range(_MOST)
        ]
        bench = Bench(Run("gateways", "", date, {}), load, f"master.bench{secrets.token_hex(4)}-", started)
        stack.callback(_remove, bench, address)
        for number in range(_MOST):
            bench.must(started[0], str(number), *MAKE)
            bench.must(started[0], str(number), *put(KIB, SMALL_KEYS, 64, f"-count={SMALL_KEYS}"))
        rates = {}
        for name, (options, is_shared) in _WORK.items():
            say(name)
            turns = [
                [_together(bench, count, options, is_shared, seconds) for count in range(1, _MOST + 1)]
                for _ in range(rounds)
            ]
            rates[name] = [statistics.median(each) for each in zip(*turns, strict=True)]
    return Gateways(date, pachd, rates)


def _together(bench: Bench, count: int, options: Sequence[str], is_shared: bool, seconds: float) -> float:
    """Ask so many gateways at the same time, and give the sum of their rates."""
    with contextlib.ExitStack() as stack:
        running = []
        for number, server in enumerate(bench.servers[:count]):
            more = (f"-connections={_CONNECTIONS // count}", f"-seconds={seconds}")
            command = bench.command(server, "0" if is_shared else str(number), *options, *more)
            running.append(stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE)))  # noqa: S603
        told: list[dict[str, Any]] = [json.loads(one.communicate()[0]) for one in running]
    for one in told:
        if one["problem"]:
            raise SystemExit(f"bench: {count} gateways: {one['problem']}")
    return sum(float(one["requests"] / one["seconds"]) for one in told)


def _remove(bench: Bench, address: str) -> None:
    pfs = opener(f"grpc://{address}", pachd_token=os.environ.get("PACH_TOKEN"))()
    for number in range(_MOST):
        pfs.delete_branch(BRANCHES.place(f"{bench.prefix}{number}").branch, with_files=True)
    pfs.close()


@contextlib.contextmanager
def _devpachd(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "s3gw", "devpachd", f"--data={folder}", "--listen=127.0.0.1:0"]
    with subprocess.Popen([*command, f"--finish={_FINISH_S}"], stdout=subprocess.PIPE) as process:  # noqa: S603
        try:
            assert process.stdout is not None
            found = re.search(rb"grpc://(\S+)", process.stdout.readline())
            if found is None:
                raise SystemExit("bench: no devpachd starts")
            yield found[1].decode()
        finally:
            servers.stop(process)


def section(told: Gateways) -> str:
    """Write what there is to say of it."""
    lines = [
        "## Many gateways\n",
        f"{told.date}: in front of {told.pachd}, on one machine, under {_CONNECTIONS} connections in all. "
        f"Each has `{' '.join(_OPTIONS)}`. Requests a second of all together, and beside those of one.\n",
        "| | one gateway | two | three |\n|---|---|---|---|",
    ]
    for name, (one, *more) in told.rates.items():
        cells = [f"{one:.0f}", *(f"{rate:.0f} (**{rate / one:.2f}**)" for rate in more)]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
