"""What the gateway is to reach: data, and the verdict on a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.measure import Run, cpu_per_1000, median, p99_ms
from bench.workloads import (
    AGAIN,
    FIRST_TIME,
    GIB,
    HALF_PAGE,
    MANY,
    OURS,
    PROCESS,
    name_of,
    name_of_completion,
    name_of_copy,
    name_of_upload,
)

_MIB = 1 << 20

# Ratios of medians, ours to the peer's: the server of ours, workloads, and the least beside each peer.
_RATIOS: tuple[tuple[str, tuple[str, ...], dict[str, float]], ...] = (
    (
        OURS,
        ("GET 1 KiB, 8 conn.", "GET 1 KiB, 64 conn."),
        {"rclone": 1.5, "versitygw": 1.5, "minio": 1.5, "moto": 12, "s3proxy": 1.5},
    ),
    (
        OURS,
        ("HEAD 1 KiB, 8 conn.", "HEAD 1 KiB, 64 conn."),
        {"rclone": 1, "versitygw": 1.2, "minio": 1.8, "moto": 12},
    ),
    (OURS, ("GET 1 KiB signed, 8 conn.", "GET 1 KiB signed, 64 conn."), {"versitygw": 1, "minio": 1.5}),
    (OURS, ("PUT 1 KiB, 1 conn.",), {"rclone": 1, "versitygw": 1}),
    (PROCESS, ("PUT 1 KiB, 1 conn.",), {"rclone": 1.5, "versitygw": 1.5}),
    (PROCESS, ("PUT 1 KiB, 8 conn.",), {"s3proxy": 1}),
    (OURS, ("PUT 1 KiB, 32 conn.",), {"rclone": 1, "versitygw": 0.5, "minio": 1, "moto": 5}),
    (PROCESS, ("PUT 1 KiB, 32 conn.",), {"rclone": 4, "versitygw": 1.2, "minio": 3, "moto": 10}),
    (OURS, ("GET 256 MiB",), {"rclone": 4, "versitygw": 1, "minio": 1, "moto": 10}),
    (OURS, ("PUT 256 MiB",), {"rclone": 2, "versitygw": 1.3, "minio": 1.3, "moto": 10}),
    (OURS, ("GET 1 MiB ranges",), {"rclone": 1.2, "versitygw": 1, "minio": 1, "moto": 5}),
    (OURS, (name_of("first", 100_000),), {"rclone": 100, "versitygw": 15, "minio": 8, "moto": 20}),
    (OURS, (name_of("middle", 100_000),), {"rclone": 100, "versitygw": 15, "minio": 2, "moto": 20}),
    (OURS, (name_of("delimiter", 100_000),), {"rclone": 0.8, "versitygw": 1, "minio": 1, "moto": 20}),
    (PROCESS, ("DELETE, 8 conn.",), {"rclone": 1, "s3proxy": 1}),
    (OURS, ("DeleteObjects 1000",), {"rclone": 4, "versitygw": 4, "minio": 8, "moto": 10}),
    (OURS, (name_of_upload(GIB),), {"versitygw": 1.2, "minio": 1.2}),
    (OURS, (name_of_completion(1000),), {"versitygw": 10, "minio": 10}),
    (OURS, (name_of_copy(GIB),), {"minio": 50}),
)
_LESS_MEMORY = ("rclone", "minio", "moto", "s3proxy")
# The same beside another endpoint of a cluster: the first time, and again; None where nothing is wanted.
_TWICE: dict[str, tuple[float | None, float | None]] = {
    "GET 1 KiB, 1 conn.": (5, 25),
    "HEAD 1 KiB, 1 conn.": (None, 40),
    name_of("first", 10_000): (1.5, 20),
    name_of("first", 100_000): (1.5, 20),
    name_of("middle", 10_000): (2, 20),
    name_of("middle", 100_000): (10, 20),
    name_of("delimiter", 100_000): (1, 20),
    name_of("one folder", 100_000): (1.5, 1.5),
    "GET 256 MiB": (1.5, 5),
}
_ONCE = {"PUT 1 KiB, 1 conn.": 1.2, "PUT 1 KiB, 64 conn.": 20, "GET last 1 MiB": 50}
_SAME_PACHD = {
    **_ONCE,
    **{
        f"{workload}, {time}": least
        for workload, both in _TWICE.items()
        for time, least in zip((FIRST_TIME, AGAIN), both, strict=True)
        if least is not None
    },
}
_CPU_OF_VERSITYGW = ("GET 1 KiB, 8 conn.", "GET 1 KiB, 64 conn.", "PUT 1 KiB, 32 conn.", "GET 256 MiB")
_SLOWEST = tuple(f"{method} 1 KiB, {MANY} conn." for method in ("GET", "PUT"))
_LIST_CPU_MS = 8
_GROWTH = 1.5
_EXTENDED_MIB = 150
_HUGE_MIB = {"embedded": 150, "pachd": 200}


@dataclass(frozen=True)
class Aim:
    """An aim and how it went; `met` is None where it was not measured."""

    beside: str
    what: str
    wanted: str
    measured: str
    met: bool | None


def ratios_wanted(kind: str, peer: str) -> dict[tuple[str, str], float]:
    """Give the least ratio by server of ours and workload."""
    if kind == "pachd":
        return {(OURS, workload): least for workload, least in _SAME_PACHD.items()}
    return {
        (ours, workload): beside[peer]
        for ours, workloads, beside in _RATIOS
        for workload in workloads
        if peer in beside
    }


def judge(run: Run) -> list[Aim]:
    """Hold a run against the aims; those beside a peer that took no part are left out."""
    aims = []
    for peer in [name for name in run.versions if name not in (OURS, PROCESS)]:
        for (ours, workload), least in ratios_wanted(run.kind, peer).items():
            ratio = run.ratio(ours, peer, workload)
            label = workload if ours == OURS else f"{workload}, durability process"
            aims.append(_aim(peer, label, "≥", least, ratio and ratio[0]))
        if run.kind == "embedded" and peer in _LESS_MEMORY and peer in run.memory:
            share = run.memory[OURS] / run.memory[peer]
            aims.append(_aim(peer, "memory, peak of all processes, ours / theirs", "<", 1, share))
    if run.kind == "embedded":
        aims += [*_slowest(run), *_own(run)]
        peak = run.extended / _MIB if run.extended else None
        aims.append(_aim("", "peak of a process with uploads in parts, MiB", "<", _EXTENDED_MIB, peak))
    peak = max(run.huge) / _MIB if run.huge else None
    bound = _HUGE_MIB[run.kind]
    aims.append(_aim("", "peak of a process with 5 GiB up and down, 64 connections, MiB", "<", bound, peak))
    return aims


def _slowest(run: Run) -> Iterator[Aim]:
    for workload in _SLOWEST:
        ours = run.good(OURS, workload)
        for peer in (name for name in run.versions if name not in (OURS, PROCESS)):
            theirs = run.good(peer, workload)
            if ours and theirs:
                share = p99_ms(ours) / p99_ms(theirs)
                yield _aim(peer, f"p99 of {workload}, ours / theirs", "≤", 1, share)


def _own(run: Run) -> list[Aim]:
    aims = []
    for workload in _CPU_OF_VERSITYGW if "versitygw" in run.versions else ():
        ours, theirs = (cpu_per_1000(run.good(name, workload)) for name in (OURS, "versitygw"))
        share = ours / theirs if ours and theirs else None
        aims.append(_aim("versitygw", f"CPU of {workload}, ours / theirs", "≤", 1, share))
    for workload in [name for name in run.workloads if name.startswith("LIST")]:
        cpu = cpu_per_1000(run.good(OURS, workload))  # seconds for 1000 are ms for one
        aims.append(_aim("", f"CPU of {workload}, ms", "≤", _LIST_CPU_MS, cpu))
    compared = {
        name_of("first", 1_000_000): name_of("first", 1000),
        HALF_PAGE: name_of("middle", 1000),
        name_of("delimiter", 1_000_000): name_of("delimiter", 1000),
    }
    for great, little in compared.items():
        pair = run.good(OURS, great), run.good(OURS, little)
        growth = median(pair[1]) / median(pair[0]) if all(pair) else None
        aims.append(_aim("", f"time of {great} / {little}", "≤", _GROWTH, growth))
    return aims


def _aim(beside: str, what: str, sign: str, bound: float, measured: float | None) -> Aim:
    met = None
    if measured is not None:
        met = {"≥": measured >= bound, "≤": measured <= bound, "<": measured < bound}[sign]
    return Aim(beside, what, f"{sign} {bound:g}", "" if measured is None else f"{measured:.3g}", met)
