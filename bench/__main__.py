"""`tox -e bench`: the gateway over an embedded PFS beside ``rclone serve s3`` and moto.

All serve from local folders on the same machine and take turns, workload by workload. What counts
is the ratio of the medians; the spread (slowest to fastest turn) tells how far to trust it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from s3gw.names import branch_of
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Put

SMALL, LARGE, HUGE = "bench.small", "bench.large", "bench.huge"
MIB = 1 << 20
HUGE_KEYS = 100_000

# moto lets nobody read a private bucket unsigned, and checks no signature.
_SIGNED = (
    "AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=any"
)
LIST = "list-type=2&max-keys=1000"


@dataclass(frozen=True)
class Workload:
    """One kind of request; `options` go to the load program."""

    name: str
    bucket: str
    options: tuple[str, ...]
    only: tuple[str, ...] = ()


WORKLOADS = (
    *(
        Workload(
            f"{method} 1 KiB, {connections} conn.",
            SMALL,
            (f"-method={method}", f"-connections={connections}"),
        )
        for method in ("GET", "HEAD", "PUT")
        for connections in (8, 32)
    ),
    Workload("PUT 256 MiB", LARGE, ("-method=PUT", f"-size={256 * MIB}", "-connections=1", "-keys=1")),
    Workload("GET 256 MiB", LARGE, ("-connections=1", "-keys=1")),
    Workload("LIST 1000 of 1k keys", SMALL, (f"-query={LIST}", "-connections=2")),
    Workload(
        f"LIST 1000 of {HUGE_KEYS // 1000}k keys",
        HUGE,
        (f"-query={LIST}", "-connections=2"),
        ("s3gw", "rclone"),
    ),
)


@dataclass
class Server:
    """A server under measurement."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    rates: dict[str, list[float]] = field(default_factory=dict)

    def put_bucket(self, bucket: str) -> None:
        request = urllib.request.Request(f"{self.url}/{bucket}", method="PUT")  # noqa: S310
        urllib.request.urlopen(request, timeout=30).close()  # noqa: S310


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def _running(name: str, port: int, *command: str) -> Iterator[Server]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:  # noqa: S603
        server = Server(name, f"http://127.0.0.1:{port}", process)
        try:
            for _ in range(300):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.1):
                    break
                time.sleep(0.1)
            yield server
        finally:
            process.terminate()


def _command(name: str) -> str:
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        sys.exit(f"bench: {name} is not installed; `tox -e bench` installs all but Go")
    return found


def _fill_huge(ours: Path, rclone: Path) -> None:
    """Put many keys where the servers keep them: over HTTP it would take minutes."""
    (rclone / HUGE / "k").mkdir(parents=True)
    for number in range(HUGE_KEYS):
        (rclone / HUGE / "k" / f"{number:06}").write_bytes(b"x")
    pfs = EmbeddedPFS(ours, "process")
    branch = branch_of(HUGE)
    pfs.create_branch(branch)
    with pfs.stage(branch, "k") as staging:
        staging.write(b"x")
        content = staging.finish()
    for first in range(0, HUGE_KEYS, 1000):
        pfs.change(branch, [Put(f"k/{number:06}", content) for number in range(first, first + 1000)])
    pfs.close()


def _measure(load: Path, server: Server, workload: Workload, seconds: float) -> float:
    command = [str(load), f"-url={server.url}/{workload.bucket}", f"-seconds={seconds}", *workload.options]
    if server.name == "moto":
        command.append(f"-authorization={_SIGNED}")
    done = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)  # noqa: S603
    if done["errors"]:
        print(f"  {server.name}, {workload.name}: {done['errors']} errors", file=sys.stderr)
    rate: float = done["requests"] / done["seconds"]
    return rate


def main() -> None:
    """Measure, and print a table of rates and ratios."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="turns of each server at each workload")
    parser.add_argument("--seconds", type=float, default=2.0, help="of a turn")
    parser.add_argument("--durability", choices=["power", "process"], default="power")
    parser.add_argument("--only", default="", help="workloads whose name holds this")
    options = parser.parse_args()
    workloads = [workload for workload in WORKLOADS if options.only in workload.name]
    with tempfile.TemporaryDirectory(dir=".") as folder, contextlib.ExitStack() as stack:
        here = Path(folder)
        load = here / "load"
        build = [_command("go"), "build", "-o", str(load.resolve()), "."]
        subprocess.run(build, cwd=Path(__file__).parent / "load", check=True)  # noqa: S603
        ports = [_free_port() for _ in range(3)]
        ours, rclone = here / "s3gw", here / "rclone"
        print("filling ...", file=sys.stderr)
        _fill_huge(ours, rclone)
        commands = {
            "s3gw": [sys.executable, "-m", "s3gw", "serve", f"--pfs=embedded:{ours}",
                     f"--durability={options.durability}",
                     f"--listen=127.0.0.1:{ports[0]}"],
            "rclone": [_command("rclone"), "serve", "s3", str(rclone), f"--addr=127.0.0.1:{ports[1]}"],
            "moto": [_command("moto_server"), "-p", str(ports[2])],
        }  # fmt: skip
        servers = [
            stack.enter_context(_running(name, port, *command))
            for (name, command), port in zip(commands.items(), ports, strict=True)
        ]
        for server in servers:
            for bucket in (SMALL, LARGE):
                server.put_bucket(bucket)
            _measure(load, server, Workload("fill", SMALL, ("-method=PUT", "-count=1000")), 0)
            _measure(
                load, server, Workload("fill", LARGE, ("-method=PUT", "-count=1", f"-size={256 * MIB}")), 0
            )
        for workload in workloads:
            print(f"measuring {workload.name} ...", file=sys.stderr)
            for _ in range(options.rounds):
                for server in servers:
                    if not workload.only or server.name in workload.only:
                        rates = server.rates.setdefault(workload.name, [])
                        rates.append(_measure(load, server, workload, options.seconds))
        _print_table(servers, workloads)


def _print_table(servers: list[Server], workloads: list[Workload]) -> None:
    ours, *peers = servers
    print(
        "| requests/s (median, slowest - fastest) | s3gw | "
        + " | ".join(f"{p.name} | ratio" for p in peers)
        + " |"
    )
    print("|---|---" + "|---|---" * len(peers) + "|")
    for workload in workloads:
        cells = [_cell(ours.rates[workload.name])]
        for peer in peers:
            rates = peer.rates.get(workload.name)
            if rates is None:
                cells += ["", ""]
                continue
            ratio = statistics.median(ours.rates[workload.name]) / (statistics.median(rates) or float("nan"))
            cells += [_cell(rates), f"**{ratio:.2f}**"]
        print(f"| {workload.name} | " + " | ".join(cells) + " |")


def _cell(rates: list[float]) -> str:
    return f"{statistics.median(rates):.4g} ({min(rates):.4g} - {max(rates):.4g})"


if __name__ == "__main__":
    main()
