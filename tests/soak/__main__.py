"""`python -m tests.soak`: a mixed load with kills, then what it has used and whether anything is lost."""

from __future__ import annotations

import argparse
import http.client
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from tests.soak import latency, samples
from tests.soak.clients import Client, Ledger, SlowClient, verify, wait_until_served

EPILOG = """\
Options after -- are those of `s3gw serve`: python -m tests.soak --minutes 30 -- --history 100.
With --latency it measures how long small reads wait while many slow clients are there, and no more.
"""
# By how much a figure may grow from the second quarter of the time to the last.
SLACK = {"rss_mib": 20, "descriptors": 30, "disk_mib": 100}
WAL_MIB = 64
SAMPLE_S = 2.0


class Service:
    """A gateway on one port and folder, started again whenever it is killed."""

    def __init__(self, folder: Path, options: Sequence[str]) -> None:
        self._folder = folder
        self._options = options
        self._log = open(folder / "log", "a")  # noqa: SIM115 - for as long as the service lives
        self.port = 0
        self.start()

    def start(self) -> None:
        """Start it, and wait until it serves."""
        where = ["--pfs", f"embedded:{self._folder / 'pfs'}", "--listen", f"127.0.0.1:{self.port}"]
        command = [sys.executable, "-m", "s3gw", "serve", *where, "--workers", "2", *self._options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log, text=True)
        assert self.process.stdout is not None
        found = re.search(r"at http://[^ ]+:(\d+)", self.process.stdout.readline())
        if found is None:
            raise RuntimeError(f"the gateway does not start: see {self._folder / 'log'}")
        self.port = int(found[1])

    def kill_worker(self, dice: random.Random) -> None:
        """Kill a worker, at any moment of its work."""
        workers = samples.children(self.process.pid)
        if workers:
            os.kill(dice.choice(workers), signal.SIGKILL)

    def kill(self) -> None:
        """Kill all of it, and start it again."""
        self.process.kill()
        self.process.wait()
        self.start()

    def stop(self) -> int:
        """End it as people do; its exit status."""
        self.process.terminate()
        return self.process.wait(60)


def main() -> int:
    """Run; the result is the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (default: 10)")
    parser.add_argument("--clients", type=int, default=16, help="half of them are slow (default: 16)")
    parser.add_argument("--kill-every", type=float, default=15.0, metavar="SECONDS", help="(default: 15)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument(
        "--latency", action="store_true", help="measure small reads beside slow clients, no more"
    )
    parser.add_argument("serve", nargs="*", metavar="OPTION", help="of s3gw serve")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="s3gw-soak-") as name:
        service = Service(Path(name), options.serve)
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)) as connection:
                for target, body in (
                    ("/b.r", b""),
                    ("/b.r/small", bytes(1024)),
                    ("/b.r/large", bytes(50_000_000)),
                ):
                    connection.request("PUT", target, body)
                    connection.getresponse().read()
            if options.latency:
                return 0 if latency.report(latency.measure(service.port, 60 * options.minutes)) else 1
            return soak(service, Path(name), options)
        finally:
            service.stop()


def soak(service: Service, folder: Path, options: argparse.Namespace) -> int:
    """Let the clients work; tell what it has cost, and what is wrong."""
    dice = random.Random(options.seed)
    ledger, stop = Ledger(), threading.Event()
    clients: list[threading.Thread] = []
    for number in range(options.clients):
        kind = SlowClient if number % 2 else Client
        run = kind(number, service.port, ledger, stop).run
        clients.append(threading.Thread(target=run, daemon=True))
        clients[-1].start()
    began = time.monotonic()
    found: list[samples.Sample] = []
    next_kill, kills = began + options.kill_every, 0
    print(f"seed {options.seed}; {options.clients} clients for {options.minutes:g} minutes", flush=True)
    while (now := time.monotonic()) - began < 60 * options.minutes:
        if now >= next_kill:
            next_kill, kills = now + options.kill_every, kills + 1
            if dice.randrange(4) == 0:
                service.kill()
            else:
                service.kill_worker(dice)
        found.append(samples.take(began, service.process.pid, folder))
        if len(found) % 5 == 0:
            last = found[-1]
            print(
                f"{last.seconds:6.0f} s  {sum(ledger.counts.values()):8d} requests  {kills:3d} kills  "
                f"{last.rss_mib:6.1f} MiB  {last.descriptors:5d} descriptors  WAL {last.wal_mib:6.1f} MiB  "
                f"disk {last.disk_mib:8.1f} MiB",
                flush=True,
            )
        time.sleep(SAMPLE_S)
    stop.set()
    for client in clients:
        client.join(120)
    wait_until_served(service.port)
    verify(service.port, ledger)
    problems = judge(found, ledger, folder, keeps_history="--history" not in options.serve)
    print(f"{dict(sorted(ledger.counts.items()))}; {len(ledger.allowed)} keys verified, {kills} kills")
    for problem in problems:
        print(f"WRONG: {problem}")
    return 1 if problems else 0


def judge(found: list[samples.Sample], ledger: Ledger, folder: Path, *, keeps_history: bool) -> list[str]:
    """Tell what is not as it should be; the disk may grow where all commits are kept."""
    problems = [f"lost: {text}" for text in ledger.lost[:10]]
    for figure, slack in SLACK.items():
        before, after = samples.growth(found, figure)
        print(f"{figure}: {before:.1f} in the second quarter, {after:.1f} in the last")
        if after > before + slack and not (keeps_history and figure == "disk_mib"):
            problems.append(f"{figure} grows")
    if found and max(sample.wal_mib for sample in found) > WAL_MIB:
        problems.append(f"the WAL has grown to {max(sample.wal_mib for sample in found):.0f} MiB")
    text = (folder / "log").read_text(errors="replace")
    if "Traceback" in text:
        problems.append("a traceback in the log: " + text[text.index("Traceback") :][:2000])
    failures = len(re.findall(r"^\S+Z [0-9A-F]{16} \S+ \S+ \S+ 500 ", text, re.MULTILINE))
    if failures:
        problems.append(f"{failures} requests were answered 500")
    return problems


if __name__ == "__main__":
    sys.exit(main())
