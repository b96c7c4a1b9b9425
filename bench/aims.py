"""What the gateway is to reach: data, and the verdict on a run."""

from __future__ import annotations

from dataclasses import dataclass

from bench.measure import Run, cpu_per_1000, median
from bench.workloads import (
    GIB,
    HALF_PAGE,
    OURS,
    PROCESS,
    name_of,
    name_of_completion,
    name_of_copy,
    name_of_upload,
)

_MIB = 1 << 20

# Ratios of medians, ours to the peer's, by the server of ours and the workload.
_COLUMNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (OURS, ("GET 1 KiB, 8 conn.", "GET 1 KiB, 64 conn.")),
    (OURS, ("HEAD 1 KiB, 8 conn.", "HEAD 1 KiB, 64 conn.")),
    (OURS, ("PUT 1 KiB, 32 conn.",)),
    (PROCESS, ("PUT 1 KiB, 32 conn.",)),
    (OURS, ("GET 256 MiB",)),
    (OURS, ("PUT 256 MiB",)),
    (OURS, ("GET 1 MiB ranges",)),
    (OURS, (name_of("first", 100_000),)),
    (OURS, (name_of("middle", 100_000),)),
    (OURS, (name_of("delimiter", 100_000),)),
    (OURS, ("DeleteObjects 1000",)),
    (OURS, (name_of_upload(GIB),)),
    (OURS, (name_of_completion(1000),)),
    (OURS, (name_of_copy(GIB),)),
)
_RATIOS: dict[str, tuple[float, ...]] = {
    "rclone": (1.2, 0.6, 1, 4, 4, 2, 1.2, 100, 100, 0.2, 4),
    "versitygw": (1, 1.2, 0.5, 1.2, 1, 1.5, 1, 15, 15, 0.3, 4, 1.2, 10),
    "minio": (1.5, 1.8, 1, 3, 1, 1.5, 1, 8, 2, 1, 8, 1.2, 10, 50),
    "moto": (12, 12, 5, 10, 10, 10, 5, 20, 20, 20, 10),
}
_LESS_MEMORY = ("rclone", "minio", "moto")
_SAME_PACHD = {
    "GET 1 KiB, 1 conn.": 4.0,
    "HEAD 1 KiB, 1 conn.": 4.0,
    "PUT 1 KiB, 1 conn.": 1.0,
    "PUT 1 KiB, 64 conn.": 10.0,
    name_of("first", 10_000): 2.0,
    name_of("middle", 10_000): 2.0,
    name_of("middle", 100_000): 10.0,
    name_of("delimiter", 100_000): 2.0,
    "GET 256 MiB": 2.0,
    "GET last 1 MiB": 50.0,
}
_CPU_OF_VERSITYGW = ("GET 1 KiB, 8 conn.", "GET 1 KiB, 64 conn.", "PUT 1 KiB, 32 conn.")
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
        (ours, workload): least
        for (ours, workloads), least in zip(_COLUMNS, _RATIOS.get(peer, ()), strict=False)
        for workload in workloads
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
        aims += _own(run)
        peak = run.extended / _MIB if run.extended else None
        aims.append(_aim("", "peak of a process with uploads in parts, MiB", "<", _EXTENDED_MIB, peak))
    peak = max(run.huge) / _MIB if run.huge else None
    bound = _HUGE_MIB[run.kind]
    aims.append(_aim("", "peak of a process with 5 GiB up and down, 64 connections, MiB", "<", bound, peak))
    return aims


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
