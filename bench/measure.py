"""Takes turns, and keeps what came out: rates, CPU and memory."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import resource
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.servers import Server, say
from bench.workloads import FRESH_KEYS, GIB, MAKE, SMALL, SMALL_KEYS, Workload, put

_TICKS = os.sysconf("SC_CLK_TCK")
_HUGE = 5 * GIB
_TIMEOUT_S = 900


@dataclass
class Turn:
    """What one server did in one turn; a `problem` makes the cell of the table invalid.

    What half of the requests took at the most, and 99 % of them, is in ms.
    """

    requests: int = 0
    seconds: float = 0.0
    cpu_s: float | None = None
    load_cpu_s: float | None = None
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    problem: str = ""

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


@dataclass
class Run:
    """All that the page shows.

    Attributes:
        kind: ``embedded`` or ``pachd``.
        mode: ``quick`` or ``full``.
        date: In ISO form.
        machine: What it ran on, by topic.
        versions: Of each server, ours first.
        workloads: Names, in order.
        turns: By server and workload.
        memory: Peak of each server, all its processes together, in bytes.
        extended: Peak of a process of ours in the profile extended, all turns long, in bytes; 0 where it
            served nothing.
        huge: Peak of each of our processes with the 5 GiB object, in bytes.
        huge_problem: Why there are no such peaks, where they were asked for.
        unfilled: By server and workload, why there are no turns.
        left_out: Peers that could not be installed.
    """

    kind: str
    mode: str
    date: str
    machine: dict[str, str]
    versions: dict[str, str] = field(default_factory=dict)
    workloads: list[str] = field(default_factory=list)
    turns: dict[str, dict[str, list[Turn]]] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    extended: int = 0
    huge: list[int] = field(default_factory=list)
    huge_problem: str = ""
    unfilled: dict[str, dict[str, str]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def good(self, server: str, workload: str) -> list[Turn]:
        """Give the turns of a cell; none where one of them had a problem."""
        turns = self.turns.get(server, {}).get(workload, [])
        return [] if any(turn.problem for turn in turns) else turns

    def ratio(self, ours: str, peer: str, workload: str) -> tuple[float, float, float] | None:
        """Give the ratio of the medians, and the least and greatest of one turn and the next."""
        left, right = self.good(ours, workload), self.good(peer, workload)
        if not left or not right:
            return None
        pairs = [one.rate / other.rate for one, other in zip(left, right, strict=True)]
        return median(left) / median(right), min(pairs), max(pairs)

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> Run:
        """Read what `save` has written."""
        told: dict[str, Any] = json.loads(path.read_text())
        for cells in told["turns"].values():
            for name, turns in cells.items():
                cells[name] = [Turn(**turn) for turn in turns]
        return cls(**told)


def median(turns: Sequence[Turn]) -> float:
    """Give the median rate."""
    return statistics.median(turn.rate for turn in turns)


def p50_ms(turns: Sequence[Turn]) -> float:
    """Give the median of what half of the requests of a turn took at the most, in ms."""
    return statistics.median(turn.p50_ms for turn in turns)


def p99_ms(turns: Sequence[Turn]) -> float:
    """Give the median of what 99 % of the requests of a turn took at the most, in ms."""
    return statistics.median(turn.p99_ms for turn in turns)


def cpu_per_1000(turns: Sequence[Turn], *, load: bool = False) -> float | None:
    """Give the CPU seconds that 1000 requests took, over all turns."""
    taken = [turn.load_cpu_s if load else turn.cpu_s for turn in turns]
    requests = sum(turn.requests for turn in turns)
    if not requests or None in taken:
        return None
    return 1000 * sum(seconds for seconds in taken if seconds is not None) / requests


class Bench:
    """One run: servers that take turns under one load program.

    Args:
        run: Where the results go.
        program: The load program.
        prefix: Of the names of the buckets.
        servers: Ours first.
        floor: Does once what a request costs at the least, whoever serves it.
    """

    def __init__(
        self,
        run: Run,
        program: Path,
        prefix: str,
        servers: Sequence[Server],
        floor: Callable[[], object] = lambda: None,
    ) -> None:
        self.run = run
        self.prefix = prefix
        self.servers = servers
        self._floor = floor
        self._program = program
        self._fresh = itertools.count(0, FRESH_KEYS)

    def send(self, server: Server, bucket: str, *options: str) -> dict[str, Any]:
        """Run the load program. Raises OSError or SubprocessError where it fails as a whole."""
        command = self.command(server, bucket, *options)
        done = subprocess.run(command, capture_output=True, check=True, timeout=_TIMEOUT_S)  # noqa: S603
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def command(self, server: Server, bucket: str, *options: str) -> list[str]:
        """Give the command of the load program."""
        command = [str(self._program), f"-url={server.url}/{self.prefix}{bucket}", *options]
        if server.keys is not None:
            command += [f"-access={server.keys[0]}", f"-secret={server.keys[1]}"]
        return command

    def must(self, server: Server, bucket: str, *options: str) -> None:
        """Send what has to work, such as what fills a bucket."""
        told = self.send(server, bucket, *options)
        if told["errors"]:
            raise SystemExit(f"bench: {server.name}, {bucket}, {' '.join(options)}: {told['problem']}")

    def measure(self, workloads: Sequence[Workload], rounds: int, seconds: float) -> None:
        """Let the servers take turns at each workload."""
        for number, workload in enumerate(workloads, 1):
            say(f"{number} of {len(workloads)}: {workload.name}")
            self.run.workloads.append(workload.name)
            for _ in range(rounds):
                for one in self.servers:
                    server = one.variants.get(workload.variant, one)
                    if workload.bucket in server.unfilled:
                        why = server.unfilled[workload.bucket]
                        self.run.unfilled.setdefault(server.name, {})[workload.name] = why
                    elif self._takes_part(server, workload):
                        turn = self.turn(server, workload, seconds)
                        cells = self.run.turns.setdefault(server.name, {})
                        cells.setdefault(workload.name, []).append(turn)
                        if turn.problem:
                            say(f"  {server.name}: {turn.problem}")

    def _takes_part(self, server: Server, workload: Workload) -> bool:
        if server.name == self.servers[0].name:
            return True
        if server.is_peer and workload.peers and server.name not in workload.peers:
            return False
        alone = workload.alone or workload.is_floor
        return not alone and (workload.writes or not server.only_writes)

    def turn(self, server: Server, workload: Workload, seconds: float) -> Turn:
        """Let a server take one turn at a workload."""
        try:
            if workload.is_floor:
                return _again_and_again(self._floor, seconds)
            options = [f"-seconds={seconds}", *self._this_turn(workload.options)]
            if workload.prepare:
                by = self._other(server) if workload.elsewhere else server
                told = self.send(by, workload.bucket, *self._this_turn(workload.prepare))
                if told["errors"]:
                    return Turn(problem=f"prepare: {told['problem']}")
                if "-begin" in workload.prepare:
                    options.append(f"-upload={told['upload']}")
            with self._watched(server):
                cpu, load_cpu = cpu_s(server.pid), _children_s()
                told = self.send(server, workload.bucket, *options)
                after, load_after = cpu_s(server.pid), _children_s()
            if workload.tidy:
                tidied = self.send(server, workload.bucket, *workload.tidy)
                server.free()
                if tidied["errors"]:  # what is left would fill the disk for the turns behind it
                    return Turn(problem=f"tidy: {tidied['problem']}")
        except (OSError, subprocess.SubprocessError) as error:
            return Turn(problem=str(error))
        problem = told["problem"]
        size, entries = workload.answer_size, workload.entries
        if not problem and size is not None and told["bytes"] != size * told["requests"]:
            problem = f"{told['requests']} answers of {size} bytes had {told['bytes']}"
        if not problem and entries is not None and told["entries"] != entries:
            problem = f"{told['entries']} entries instead of {entries}"
        used = None if cpu is None or after is None else after - cpu
        loaded = load_after - load_cpu
        times = told["p50_ms"], told["p99_ms"]
        return Turn(told["requests"], told["seconds"], used, loaded, *times, problem=problem)

    def _this_turn(self, options: Sequence[str]) -> list[str]:
        if not any("TURN" in option for option in options):
            return list(options)
        number = str(next(self._fresh))
        return [option.replace("TURN", number) for option in options]

    def _other(self, server: Server) -> Server:
        """Find another one of the same cluster."""
        return self.servers[self.servers.index(server) - 1]

    @contextlib.contextmanager
    def _watched(self, server: Server) -> Iterator[None]:
        """Note the peak of the server's memory."""
        done = threading.Event()

        def watch() -> None:
            while True:
                peak = max(memory(server.pid), self.run.memory.get(server.name, 0))
                if peak:
                    self.run.memory[server.name] = peak
                if server.is_extended:
                    peaks = [_status(process, "VmHWM") for process in tree(server.pid)]
                    self.run.extended = max(self.run.extended, *peaks)
                if done.wait(0.2):
                    return

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def huge(self) -> None:
        """Send 5 GiB up and down at once while 62 more connections read; note each process's peak."""
        ours = self.servers[0]
        say("memory: 5 GiB up, then up and down, with 64 connections open")
        try:
            told = [self.send(ours, bucket, *MAKE) for bucket in ("up", "down")]
            for process in tree(ours.pid):
                with contextlib.suppress(OSError):
                    Path(f"/proc/{process}/clear_refs").write_text("5")  # peaks begin anew
            told += [self.send(ours, "down", *put(_HUGE, 1, 1, "-count=1")), *self._up_and_down(ours)]
            problem = next((one["problem"] for one in told if one["problem"]), "")
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            problem = str(error)
        if problem:
            say(f"  {problem}")
            self.run.huge_problem = problem
        else:
            self.run.huge = [_status(process, "VmHWM") for process in tree(ours.pid)]

    def _up_and_down(self, server: Server) -> list[dict[str, Any]]:
        """Give what the upload, the download and the readers tell."""
        readers = (SMALL, f"-keys={SMALL_KEYS}", "-connections=62", "-pause=100ms")
        commands = [self.command(server, *words) for words in (readers, ("down", "-count=1"))]
        with contextlib.ExitStack() as stack:
            running = []
            for command in commands:
                process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
                running.append(stack.enter_context(process))
                stack.callback(process.terminate)
            up = self.send(server, "up", *put(_HUGE, 1, 1, "-count=1"))
            down = json.loads(running[1].communicate()[0])
            if not down["problem"] and down["bytes"] != _HUGE:
                down["problem"] = f"{down['bytes']} bytes came down"
            running[0].terminate()
            return [up, down, json.loads(running[0].communicate()[0])]


def _again_and_again(work: Callable[[], object], seconds: float) -> Turn:
    began, number = time.monotonic(), 0
    while number == 0 or time.monotonic() - began < seconds:
        work()
        number += 1
    return Turn(number, time.monotonic() - began)


@contextlib.contextmanager
def bare_writes(path: Path, size: int) -> Iterator[Callable[[], None]]:
    """Give what writes a block into a file, each time behind the last and to the disk itself."""
    room = 4096 * size
    path.write_bytes(bytes(room))
    data, offsets = os.urandom(size), itertools.cycle(range(0, room, size))
    with path.open("r+b", buffering=0) as file:
        os.fsync(file.fileno())

        def write() -> None:
            os.pwrite(file.fileno(), data, next(offsets))
            os.fdatasync(file.fileno())

        yield write


def tree(pid: int | None) -> list[int]:
    """Find a process and all below it; none where there is no /proc."""
    if pid is None:
        return []
    parents = {int(path.name): fields[1] for path in Path("/proc").glob("[0-9]*") if (fields := _stat(path))}
    found = [pid] if pid in parents else []
    for process in found:
        found += [child for child, parent in parents.items() if int(parent) == process]
    return found


def cpu_s(pid: int | None) -> float | None:
    """Give the CPU seconds that a process and all below it have used; None where that is not known."""
    stats = [fields for process in tree(pid) if (fields := _stat(Path(f"/proc/{process}")))]
    # those of children that have ended are the parent's
    return sum(int(field) for fields in stats for field in fields[11:15]) / _TICKS if stats else None


def memory(pid: int | None) -> int:
    """Give the bytes that a process and all below it hold; what they share counts once."""
    return sum(_status(process, "Pss", "smaps_rollup") for process in tree(pid))


def _status(pid: int, name: str, file: str = "status") -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return 0


def _stat(process: Path) -> list[str]:
    """Give the fields of a stat file from the state on: the name before may hold anything."""
    with contextlib.suppress(OSError):
        return (process / "stat").read_text().rpartition(") ")[2].split()
    return []


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
