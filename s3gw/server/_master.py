"""The master process: binds the port, starts the workers, replaces those that die.

It stays small and has one thread, so that a fork is safe at any time. What is served is opened in
the workers, after the fork.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from s3gw.server import _logging
from s3gw.server._balance import Balance, Seat
from s3gw.server._heartbeat import Heartbeats
from s3gw.server._kernel import die_with_parent, raise_descriptor_limit
from s3gw.server._settings import ServerError, Settings
from s3gw.server._worker import run_worker

_ENDS = {signal.SIGTERM, signal.SIGINT}
_SIGNALS = {*_ENDS, signal.SIGCHLD}
_BACKLOG = 1024

# A worker that lives shorter than this died of something that the next one would die of too.
_SHORT_LIFE_S = 5.0
_LONGEST_PAUSE_S = 10.0

# A worker whose loop has not gone round for so long hangs, perhaps with a lock that all others need.
_SILENCE_S = 30.0
_LOOK_S = 2.0

_log = logging.getLogger(__name__)


def serve(settings: Settings, make_app: Callable[[], Any], *, ready: Callable[[str], None]) -> int:
    """Serve until SIGTERM or SIGINT; what is in flight is finished.

    Args:
        settings: Where, and with how many.
        make_app: Makes the WSGI application, in each worker.
        ready: Is told the URL once the first workers are up.

    Returns:
        The exit status, 0.

    Raises:
        ServerError: The port is taken, or a worker cannot make its application.
    """
    _logging.configure(settings.log_format)
    raise_descriptor_limit()
    listener = _listen(settings.host, settings.port, "--listen")
    admin = _listen(*settings.admin, "--admin-listen") if settings.admin else None
    host, port = listener.getsockname()[:2]
    master = _Master(settings, make_app, listener, admin)
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        master.start()
        ready(f"http://{f'[{host}]' if ':' in host else host}:{port}")
        return master.supervise()
    finally:
        master.kill()
        listener.close()
        if admin is not None:
            admin.close()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def _asked_to_end(timeout_s: float) -> bool:
    """Wait for a signal; tell whether it is one that ends the master.

    Where a stopped process goes on, Python may make up a signal that never came: 0, or another one.
    """
    received = signal.sigtimedwait(_SIGNALS, timeout_s)
    return received is not None and received.si_signo in _ENDS


def _listen(host: str, port: int, option: str) -> socket.socket:
    where = f"{host}:{port}"
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ServerError(
                f"{where} is in use: stop what listens there, or choose another {option}"
            ) from error
        raise ServerError(f"cannot listen on {where}: {error.strerror}; choose another {option}") from error


@dataclass(slots=True)
class _Child:
    number: int
    started: float
    pause_s: float


class _Master:
    def __init__(
        self,
        settings: Settings,
        make_app: Callable[[], Any],
        listener: socket.socket,
        admin: socket.socket | None,
    ) -> None:
        self._settings = settings
        self._admin = admin
        self._make_app = make_app
        self._listener = listener
        self._children: dict[int, _Child] = {}
        self._missing: dict[int, float] = {}  # numbers of workers that are to be started, and their pauses
        self._balance = Balance(settings.workers)
        self._heartbeats = Heartbeats(settings.workers)
        self._awake_since = self._looked = time.monotonic()

    def start(self) -> None:
        """Start the first workers, and wait until each has made its application."""
        try:
            reports = [self._fork(number, 0.0) for number in range(self._settings.workers)]
        except OSError as error:
            raise ServerError(f"a worker cannot be started: {error.strerror}") from error
        problems = []
        for report in reports:
            with open(report, "rb") as pipe:
                text = pipe.read().decode()
            if text != "ready":
                problems.append(text or "a worker died while it started; see the log")
        if problems:
            raise ServerError(problems[0])

    def supervise(self) -> int:
        """Replace workers that die or hang, until a signal ends it all."""
        while True:
            if _asked_to_end(_LOOK_S):
                return self._stop()
            self._replace(self._reap())
            self._kill_silent(time.monotonic())

    def _kill_silent(self, now: float) -> None:
        if now - self._looked > 2 * _LOOK_S:  # it was stopped itself, and so were the workers perhaps
            self._awake_since = now
        self._looked = now
        for pid, child in self._children.items():
            beat = self._heartbeats.last(child.number)
            if beat is not None and now - max(beat, self._awake_since) > _SILENCE_S:
                _log.error("worker %d has not answered for %d s and is killed", pid, now - beat)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _stop(self) -> int:
        """Let the workers finish; a second signal, or the end of the grace, ends them at once."""
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + self._settings.grace_s
        while self._children and (left := deadline - time.monotonic()) > 0:
            if _asked_to_end(left):
                break
            self._reap()
        self.kill()
        return 0

    def kill(self) -> None:
        """End what is left of the workers, at once."""
        self._signal(signal.SIGKILL)
        for pid in list(self._children):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
        self._children.clear()

    def _signal(self, number: signal.Signals) -> None:
        for pid in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _reap(self) -> list[tuple[int, int, _Child]]:
        dead = []
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            child = self._children.pop(pid, None)
            if child is not None:
                self._balance.set_gone(child.number)
                self._heartbeats.forget(child.number)
                dead.append((pid, os.waitstatus_to_exitcode(status), child))
        return dead

    def _replace(self, dead: list[tuple[int, int, _Child]]) -> None:
        """Start others in the place of the dead; what fails is tried again with each look."""
        for pid, status, child in dead:
            short = time.monotonic() - child.started < _SHORT_LIFE_S
            pause_s = min(max(0.1, 2 * child.pause_s), _LONGEST_PAUSE_S) if short else 0.0
            _log.warning("worker %d ended with status %d; another starts in %.1f s", pid, status, pause_s)
            self._missing[child.number] = pause_s
        for number, pause_s in list(self._missing.items()):
            try:
                os.close(self._fork(number, pause_s))
            except OSError as error:
                _log.error("no worker can be started, which will be tried again: %s", error)
                return
            del self._missing[number]

    def _fork(self, number: int, pause_s: float) -> int:
        """Start a worker; the result is the pipe on which it says ``ready``, or what is wrong."""
        report, tell = os.pipe()
        sys.stdout.flush()
        master = os.getpid()
        try:
            pid = os.fork()
        except OSError:
            os.close(report)
            os.close(tell)
            raise
        if pid:
            os.close(tell)
            self._children[pid] = _Child(number, time.monotonic() + pause_s, pause_s)
            return report
        os.close(report)
        status = 1
        try:
            die_with_parent(master)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            seat = Seat(self._balance, self._heartbeats, number)
            sockets = (self._listener, self._admin, seat)
            status = run_worker(self._settings, self._make_app, *sockets, tell, pause_s)
        except BaseException:
            _log.exception("the worker fails")
        finally:
            _logging.flush_at_end()
            os._exit(status)
