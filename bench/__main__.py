"""`tox -e bench`: the gateway beside what people would use instead, as ratios of medians.

Over an embedded PFS: beside ``rclone serve s3``, moto, versitygw, MinIO and s3proxy. With --pachd: in front
of a cluster, beside other S3 endpoints of that cluster.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench import gateways, growth, report, scenes, servers, workloads
from bench.measure import Run
from bench.workloads import FOLDERS, GIB, MIB, Listed

_HERE = Path(__file__).parent
_ROOT = _HERE.parent
_GROWTH, _GATEWAYS = "growth.json", "gateways.json"


def main() -> None:
    """Measure, print tables, and write the page where that is asked for."""
    options = _options()
    if options.growth or options.gateways:
        _beside(options)
        return
    kind = "pachd" if options.pachd else "embedded"
    results = options.folder / f"{kind}.json"
    if options.report:
        run = Run.load(results)
    else:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: terminated"))
        run = _measure(options, kind)
        print(report.section(run), flush=True)
        if not options.only:
            run.save(results)
    if options.report or options.write or (options.full and not options.only):
        suffix = "" if kind == "embedded" else f"-{kind}"
        name = f"performance{suffix}"
        report.plot(run, _ROOT / "docs" / f"{name}.svg")
        notes = (_HERE / f"notes{suffix}.md").read_text()
        beside = options.folder / (_GROWTH if kind == "embedded" else _GATEWAYS)
        if beside.exists():
            notes = f"{_section(beside)}\n{notes}"
        (_ROOT / "docs" / f"{name}.md").write_text(report.page(run, f"{name}.svg", notes))


def _beside(options: argparse.Namespace) -> None:
    """Measure growth or many gateways, and print it; the next page has the figures too."""
    results = options.folder / (_GROWTH if options.growth else _GATEWAYS)
    with _load(options) as load:
        today = datetime.now(UTC).date().isoformat()
        turns = options.rounds or 9, options.seconds or 0.7
        if options.growth:
            growth.measure(load, today, options.keys, options.buckets, *turns).save(results)
        else:
            gateways.measure(load, today, options.pachd, *turns).save(results)
        servers.say("removing data")
    print(_section(results), flush=True)


def _section(results: Path) -> str:
    if results.name == _GROWTH:
        return growth.section(growth.Growth.load(results))
    return gateways.section(gateways.Gateways.load(results))


@contextlib.contextmanager
def _load(options: argparse.Namespace) -> Iterator[Path]:
    """Build the load program in a folder that is removed with all that is put into it."""
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        load = Path(folder).resolve() / "load"
        subprocess.run([servers.go(), "build", "-o", str(load), "."], cwd=_HERE / "load", check=True)  # noqa: S603
        yield load


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tox -e bench --", description=__doc__)
    add = parser.add_argument
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--quick", action="store_true", help="three minutes; the default")
    modes.add_argument(
        "--full",
        action="store_true",
        help="half an hour: longer turns, 1M keys, 5 GiB; writes docs/performance.md, with --pachd -pachd.md",
    )
    modes.add_argument(
        "--growth",
        action="store_true",
        help="many keys and buckets beside few, a quarter of an hour and 2 GB; the next page has it too",
    )
    modes.add_argument(
        "--gateways",
        action="store_true",
        help="one, two and three in front of one pachd; without --pachd of a devpachd of their own; likewise",
    )
    add("--keys", type=int, default=growth.MANY_KEYS, help="of --growth (default: %(default)s)")
    add("--buckets", type=int, default=growth.MANY_BUCKETS, help="of --growth (default: %(default)s)")
    add("--write", action="store_true", help="write the page after --quick too")
    add("--report", action="store_true", help="write it again: the last run, and bench/notes.md")
    add("--peers", help=f"of {','.join(servers.PEERS)}")
    add("--only", default="", metavar="TEXT", help="workloads whose name holds this")
    add("--rounds", type=int, help="turns of each server at each workload")
    add("--seconds", type=float, help="of a turn, which has one request at least")
    add("--pachd", metavar="HOST:PORT", help="a cluster; its token stands in PACH_TOKEN where auth is on")
    add(
        "--other",
        action="append",
        default=[],
        metavar="[NAME=]URL",
        help="an S3 endpoint of the same cluster",
    )
    add("--folder", type=Path, default=_ROOT / ".cache" / "bench", help="for data, and for the peers in Go")
    options = parser.parse_args()
    if bool(options.pachd) != bool(options.other) and not (options.report or options.gateways):
        parser.error("--pachd and --other belong together")
    if options.only and (options.write or options.report):
        parser.error("--only measures too little for a page")
    options.peers = options.peers.split(",") if options.peers else servers.PEERS
    if unknown := set(options.peers) - set(servers.PEERS):
        parser.error(f"no such peer: {', '.join(sorted(unknown))}")
    return options


def _measure(options: argparse.Namespace, kind: str) -> Run:
    run = Run(kind, "full" if options.full else "quick", datetime.now(UTC).date().isoformat(), _machine())
    with _load(options) as load, contextlib.ExitStack() as stack:
        if options.pachd:
            sizes = [10_000, 100_000]
            buckets = [*map(Listed, sizes), Listed(sizes[-1], FOLDERS)]
            work = [one for one in workloads.pachd(sizes) if options.only in one.name]
            bench = scenes.pachd(stack, run, load, buckets, options.pachd, options.other)
        else:
            sizes = [1000, 100_000, 1_000_000] if options.full else [1000, 100_000]
            kinds = ("first", "middle", "in folders", "delimiter")
            work = (
                workloads.embedded(sizes, kinds, GIB, 1000)
                if options.full
                else workloads.embedded(sizes, ("first", "middle", "delimiter"), 256 * MIB, 100)
            )
            work = [one for one in work if options.only in one.name]
            bench = scenes.embedded(
                stack, run, load, workloads.buckets(sizes), work, options.peers, options.folder / "bin"
            )
        run.versions = {server.name: server.version for server in bench.servers}
        rounds, seconds = (5, 0.7) if options.full else (3, 0.15)
        bench.measure(work, options.rounds or rounds, options.seconds or seconds)
        if options.full and not options.only:
            bench.huge()
        servers.say("removing data")
    return run


def _machine() -> dict[str, str]:
    release = platform.release().partition("-")[0]
    facts = {"System": f"{platform.system()} {release}", "Python": platform.python_version()}
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.partition(": ")[2] for line in lines if line.startswith("model name"))
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / workloads.GIB
        facts = {"Machine": f"{os.cpu_count()} cores of {model}, {memory:.0f} GiB of memory", **facts}
    return facts


if __name__ == "__main__":
    main()
