"""Shows a run: tables, a plot, and the page that holds both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot

from bench.aims import judge, ratios_wanted
from bench.measure import Run, Turn, cpu_per_1000, median, p50_ms, p99_ms
from bench.workloads import MANY, OURS, PROCESS

_MIB = 1 << 20
_COLOURS = ("#1f77b4", "#d1495b", "#2a9d5c", "#8f5fc1", "#e08a1e")
_VERDICTS = {True: "met", False: "**missed**", None: "not measured"}
_TITLES = {"embedded": "over an embedded PFS", "pachd": "in front of pachd"}
_COMMANDS = {
    "embedded": "tox -e bench -- --full",
    "pachd": "tox -e bench -- --full --pachd HOST:PORT --other NAME=URL",
}
_HEAD = """\
# Performance: {title}

<!-- Written by `{command}`; what people wrote is in bench/. -->

All servers served on one machine in one run and took turns, workload by workload, under one \
load program, which shared the machine. Rates are requests a second: the median of the turns, and the \
slowest and fastest. A ratio is that of the medians, ours to the peer's, and in parentheses the least and \
greatest of a turn and the peer's next one: above 1, s3gw is faster. Machines are noisy: ratios hold, rates \
do not.

![Ratios of s3gw to each peer, on a logarithmic axis]({plot})
"""


@dataclass(frozen=True)
class _Row:
    """A line of the tables: a workload, and which of our servers did it."""

    label: str
    ours: str
    workload: str


def _rows(run: Run) -> Iterator[_Row]:
    for workload in run.workloads:
        yield _Row(workload, OURS, workload)
        if workload in run.turns.get(PROCESS, {}):
            yield _Row(f"{workload}, process", PROCESS, workload)


def _peers(run: Run) -> list[str]:
    return [name for name in run.versions if name not in (OURS, PROCESS)]


def page(run: Run, plot: str, notes: str) -> str:
    """Write the whole page."""
    head = _HEAD.format(title=_TITLES[run.kind], command=_COMMANDS[run.kind], plot=plot)
    return "\n".join([head, section(run), notes])


def section(run: Run) -> str:
    """Write what there is to say of a run."""
    machine = "; ".join(f"{topic} {fact}" for topic, fact in run.machine.items())
    versions = ", ".join(
        f"{name} {version}".strip() for name, version in run.versions.items() if name != PROCESS
    )
    parts = [
        f"{run.date}, mode {run.mode}. {machine}. {versions}.\n",
        *(f"{peer} is left out, for it could not be installed.\n" for peer in run.left_out),
        "## Requests a second\n",
        *_rates(run),
        "\n## CPU seconds of the server per 1000 requests\n",
        *_cpu(run),
        *_latencies(run),
        *_memory(run),
        "\n## Aims\n",
        "| beside | aim | wanted | measured | |\n|---|---|---|---|---|",
        *(
            f"| {aim.beside} | {aim.what} | {aim.wanted} | {aim.measured} | {_VERDICTS[aim.met]} |"
            for aim in judge(run)
        ),
    ]
    return "\n".join(parts) + "\n"


def _rates(run: Run) -> Iterator[str]:
    peers = _peers(run)
    yield "| requests/s | s3gw | " + " | ".join(f"{peer} | ratio" for peer in peers) + " |"
    yield "|---|---" + "|---|---" * len(peers) + "|"
    reasons: list[str] = []
    for row in _rows(run):
        cells = [_rate(run, row.ours, row.workload, reasons)]
        for peer in peers:
            cells.append(_rate(run, peer, row.workload, reasons))
            ratio = run.ratio(row.ours, peer, row.workload)
            cells.append("" if ratio is None else "**{:.2f}** ({:.2f} - {:.2f})".format(*ratio))
        yield f"| {row.label} | " + " | ".join(cells) + " |"
    if PROCESS in run.turns:
        yield (
            "\nRows that end in `process` are a second server of ours with `--durability process`. Uploads "
            "in parts and copies are those of `--profile extended`, all else is classic."
        )
    for number, reason in enumerate(reasons, 1):
        yield f"\n[{number}] {reason}"


def _rate(run: Run, server: str, workload: str, reasons: list[str]) -> str:
    turns = run.turns.get(server, {}).get(workload, [])
    problem = next((f"invalid: `{turn.problem}`" for turn in turns if turn.problem), "")
    reason = problem or run.unfilled.get(server, {}).get(workload, "")
    if reason:
        reason = f"{server}: {reason}"
        if reason not in reasons:
            reasons.append(reason)
        return f"[{reasons.index(reason) + 1}]"
    return _spread(turns) if turns else ""


def _spread(turns: list[Turn]) -> str:
    rates = [turn.rate for turn in turns]
    return f"{_short(median(turns))} ({_short(min(rates))} - {_short(max(rates))})"


def _short(number: float) -> str:
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"  # noqa: PLR2004


def _cpu(run: Run) -> Iterator[str]:
    peers = [
        peer
        for peer in _peers(run)
        if any(t.cpu_s is not None for c in run.turns.get(peer, {}).values() for t in c)
    ]
    yield "| | s3gw | " + " | ".join([*peers, "the load program, beside s3gw"]) + " |"
    yield "|---|---" + "|---" * (len(peers) + 1) + "|"
    for row in _rows(run):
        taken = [cpu_per_1000(run.good(name, row.workload)) for name in (row.ours, *peers)]
        taken.append(cpu_per_1000(run.good(row.ours, row.workload), load=True))
        yield f"| {row.label} | " + " | ".join("" if cpu is None else f"{cpu:.3g}" for cpu in taken) + " |"


def _latencies(run: Run) -> Iterator[str]:
    rows = [row for row in _rows(run) if f"{MANY} conn." in row.workload]
    if not rows:
        return
    servers = [OURS, *(peer for peer in _peers(run) if any(run.good(peer, row.workload) for row in rows))]
    yield f"\n## With {MANY} connections\n"
    yield "What half of the requests took at the most, and 99 % of them, in ms: the median of the turns.\n"
    yield "| | " + " | ".join(servers) + " |"
    yield "|---" * (len(servers) + 1) + "|"
    for row in rows:
        cells = [run.good(row.ours if name == OURS else name, row.workload) for name in servers]
        texts = (f"{_short(p50_ms(turns))}, {_short(p99_ms(turns))}" if turns else "" for turns in cells)
        yield f"| {row.label} | " + " | ".join(texts) + " |"


def _memory(run: Run) -> Iterator[str]:
    if run.memory:
        yield "\n## Memory\n"
        yield "Peak of all processes of a server together, in MiB, sampled during its turns.\n"
        yield "| " + " | ".join(run.memory) + " |"
        yield "|---" * len(run.memory) + "|"
        yield "| " + " | ".join(f"{peak / _MIB:.0f}" for peak in run.memory.values()) + " |"
    if run.extended:
        yield f"\nNo process of s3gw in the profile extended held more than {run.extended / _MIB:.0f} MiB."
    if run.huge:
        peaks = ", ".join(f"{peak / _MIB:.0f}" for peak in run.huge)
        yield (
            "\nAn object of 5 GiB went up and another came down at the same time, with 64 connections open: "
            f"the processes of s3gw peaked at {peaks} MiB."
        )
    if run.huge_problem:
        yield f"\nAn object of 5 GiB up and down: invalid: `{run.huge_problem}`"


def plot(run: Run, path: Path) -> None:
    """Draw the ratios: a dot for each median, a line for its spread, a stroke for the aim."""
    peers = _peers(run)
    rows = [row for row in _rows(run) if any(run.ratio(row.ours, peer, row.workload) for peer in peers)]
    mpl.rcParams.update(
        {"svg.hashsalt": "s3gw", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9}
    )
    figure, axes = pyplot.subplots(figsize=(8.5, 0.3 * len(rows) + 1.1), layout="constrained")
    for index, peer in enumerate(peers):
        colour = _COLOURS[index % len(_COLOURS)]
        wanted = ratios_wanted(run.kind, peer)
        axes.plot([], [], "o-", color=colour, markersize=4, linewidth=1.2, label=peer)
        for line, row in enumerate(rows):
            height = line + (index - (len(peers) - 1) / 2) * 0.19
            ratio = run.ratio(row.ours, peer, row.workload)
            if ratio is not None:
                axes.plot(ratio[1:], [height] * 2, color=colour, linewidth=1.2)
                axes.plot(ratio[0], height, "o", color=colour, markersize=4)
            if (least := wanted.get((row.ours, row.workload))) is not None:
                axes.plot(least, height, "|", color="black", markersize=7, markeredgewidth=2.4)
                axes.plot(least, height, "|", color=colour, markersize=6, markeredgewidth=1.2)
    axes.plot([], [], "|", color="black", markeredgewidth=2.4, label="aim")
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_yticks(range(len(rows)), [row.label for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.grid(axis="x", linewidth=0.4)
    for line in range(1, len(rows)):
        axes.axhline(line - 0.5, color="#dddddd", linewidth=0.4)
    axes.set_title(f"s3gw {_TITLES[run.kind]}: how many times as fast as the peer", fontsize=10, loc="left")
    figure.legend(loc="outside lower center", ncols=len(peers) + 1, fontsize=8)
    figure.savefig(path, metadata={"Date": None, "Creator": "s3gw bench"}, facecolor="white")
    pyplot.close(figure)
