"""strace: what a process asks of the system, and answers that a disk would give on a bad day."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.serving import eventually


@functools.cache
def _problem() -> str:
    """Tell why strace cannot be used, if it cannot."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, text=True) as child:
        command = ["strace", "-f", "-p", str(child.pid), "-e", "inject=fsync:error=EIO"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
            assert tracer.stderr is not None
            line = tracer.stderr.readline()
            tracer.terminate()
            tracer.communicate()
        child.communicate("\n")
    return "" if "attached" in line else f"strace may not trace here: {line.strip()}"


needs_strace = pytest.mark.skipif(bool(_problem()), reason=_problem() or "it can be used")


@contextmanager
def injecting(pid: int, call: str, what: str, log: Path) -> Iterator[None]:
    """Change what a call of a process comes to, in each of its threads; `what` as strace has it."""
    command = [
        "strace",
        "-f",
        "-p",
        str(pid),
        "-o",
        str(log),
        "-e",
        f"trace={call}",
        "-e",
        f"inject={call}:{what}",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        line = tracer.stderr.readline()
        assert "attached" in line, line
        try:
            yield
        finally:
            tracer.terminate()
            tracer.communicate(timeout=20)


def workers_of(master: int) -> list[int]:
    """List the processes that a process has started."""
    with contextlib.suppress(FileNotFoundError):
        return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()]
    return []


def a_worker_of(master: int) -> int:
    """Give a worker of a gateway, when there is one."""
    eventually(lambda: workers_of(master))
    return workers_of(master)[0]


def run_traced(strace: list[str], program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program of Python under strace; coverage, which writes files too, leaves it alone."""
    command = ["strace", "-f", *strace, sys.executable, "-c", program, *arguments]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=plain)


def count_calls(program: str, calls: str, *arguments: str) -> list[str]:
    """Run a program of Python; the lines of strace between its two writes of a line ``mark``."""
    done = run_traced(["-e", f"trace={calls},write"], program, *arguments)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    first, last = (number for number, line in enumerate(lines) if 'write(1, "mark' in line)
    return [line for line in lines[first + 1 : last] if "write(" not in line and "resumed" not in line]
