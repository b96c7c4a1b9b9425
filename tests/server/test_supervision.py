"""Workers that hang are replaced, and a master that is killed leaves nobody behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from s3gw.server._heartbeat import Heartbeats
from tests.faults.strace import injecting, needs_strace
from tests.server.test_processes import children
from tests.server.test_wire import BIG, Connection, get, put_head
from tests.serving import environment, eventually, serving


def is_alive(pid: int) -> bool:
    """Tell whether a process is there, and not only its status."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def test_a_worker_beats_from_when_it_serves_until_it_is_gone():
    hearts = Heartbeats(2)
    assert hearts.last(1) is None
    began = time.monotonic()
    hearts.beat(1)
    assert began <= hearts.last(1) <= time.monotonic()
    assert hearts.last(0) is None
    hearts.forget(1)
    assert hearts.last(1) is None


@contextmanager
def impatient(folder: Path, *options: str):
    """A gateway that waits for its workers for two seconds; its port, process, and what it logs."""
    code = (
        "import sys; from s3gw.server import _master; _master._SILENCE_S = 2.0; _master._LOOK_S = 0.2;"
        "from s3gw.cli import main; sys.exit(main())"
    )
    arguments = ["serve", "--pfs", f"embedded:{folder}", "--listen", "127.0.0.1:0", *options]
    with (
        open(folder.with_suffix(".log"), "w+") as log,
        subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment(),
        ) as process,
    ):
        port = int(re.search(r"at http://[^ ]+:(\d+)", process.stdout.readline())[1])
        try:
            yield port, process, folder.with_suffix(".log")
        finally:
            process.terminate()
            process.wait(20)


@needs_strace
def test_where_no_process_can_be_started_the_workers_that_are_left_serve_until_one_can(tmp_path):
    with impatient(tmp_path / "pfs", "--workers", "2") as (port, process, log):
        first, second = children(process.pid)
        with injecting(process.pid, "clone,clone3,fork", "error=EAGAIN", tmp_path / "strace"):
            os.kill(first, signal.SIGKILL)
            eventually(lambda: "no worker can be started" in log.read_text())
            with closing(Connection(port)) as connection:
                connection.send(put_head("b.r", 0).replace(b"/b.r/a", b"/b.r"))
                assert connection.response()[0] == 200
            os.kill(second, signal.SIGKILL)  # and once nobody is left
            eventually(lambda: not children(process.pid))
        eventually(lambda: len(children(process.pid)) == 2)
        with closing(Connection(port)) as connection:
            connection.send(put_head("b.r", 3, "k") + b"abc" + get("b.r", "k"))
            assert [connection.response()[0], connection.response()[2]] == [200, b"abc"]


def test_a_worker_that_stops_while_it_holds_the_lock_is_replaced(tmp_path):
    with impatient(tmp_path / "pfs", "--workers", "2") as (port, process, log), ExitStack() as stack:
        with closing(Connection(port)) as connection:
            connection.send(put_head("b.r", 0).replace(b"/b.r/a", b"/b.r"))
            assert connection.response()[0] == 200
        before = set(children(process.pid))
        stopped = min(before)
        os.kill(stopped, signal.SIGSTOP)
        eventually(lambda: not is_alive(stopped))
        eventually(lambda: len(set(children(process.pid)) - before) == 1)
        assert f"worker {stopped} has not answered for 2 s and is killed" in log.read_text()
        for number in range(6):
            connection = stack.enter_context(closing(Connection(port)))
            connection.send(put_head("b.r", 3, f"k{number}") + b"abc" + get("b.r", f"k{number}"))
            assert [connection.response()[0], connection.response()[2]] == [200, b"abc"]


def test_workers_that_were_stopped_together_with_their_master_go_on(tmp_path):
    """A terminal's ^Z, or a machine that sleeps, is no reason to kill anybody."""
    with impatient(tmp_path / "pfs", "--workers", "1") as (port, process, _):
        (worker,) = children(process.pid)
        for pid in (process.pid, worker):
            os.kill(pid, signal.SIGSTOP)
        time.sleep(3)  # longer than a silent worker is waited for
        os.kill(process.pid, signal.SIGCONT)
        time.sleep(1)  # the master looks, and sees an old heartbeat
        os.kill(worker, signal.SIGCONT)
        with closing(Connection(port)) as connection:
            connection.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.response()[0] == 200
        assert children(process.pid) == [worker]


def test_a_master_that_is_killed_takes_its_workers_with_it_at_once(tmp_path):
    """Even those that receive: the port is free for the next one."""
    with serving(tmp_path, "--workers", "2") as gateway, ExitStack() as stack:
        gateway.request("PUT", "/b.r")
        for number in range(4):
            upload = stack.enter_context(closing(Connection(gateway.port)))
            upload.send(put_head("b.r", BIG, f"k{number}") + b"begun")
        pids = children(gateway.process.pid)
        assert len(pids) == 2
        gateway.process.kill()
        gateway.process.wait(10)
        began = time.monotonic()
        eventually(lambda: not any(is_alive(pid) for pid in pids))
        assert time.monotonic() - began < 2
        with serving(tmp_path, "--listen", f"127.0.0.1:{gateway.port}") as again:
            assert again.port == gateway.port
            assert again.request("GET", "/b.r?list-type=2").status == 200
