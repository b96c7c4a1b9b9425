"""``/healthz`` and ``/readyz`` on a port of their own: S3's paths stay S3's.

Every worker answers on the one port, each for itself: an answer proves that a worker lives.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from s3gw.server._waitress import serve_wsgi

# A cluster that restarts is told by 503 and SlowDown; only what lasts takes the pod out of service.
_PATIENCE_S = 15.0

_log = logging.getLogger(__name__)


class Readiness:
    """Whether the PFS can be used; it does not flap when that fails for a moment."""

    def __init__(self, check: Callable[[], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._check = check
        self._clock = clock
        self._good: float | None = None

    def problem(self) -> str | None:
        """Tell what keeps this worker from serving, None where nothing does."""
        now = self._clock()
        try:
            self._check()
        except Exception as error:
            if self._good is not None and now - self._good < _PATIENCE_S:
                return None
            return str(error) or repr(error)
        self._good = now
        return None


def serve_admin(listener: socket.socket, check: Callable[[], None]) -> None:
    """Answer on `listener` in a thread, until the process ends."""
    readiness = Readiness(check)

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        status, text = "200 OK", "ok"
        if path == "/readyz":
            problem = readiness.problem()
            if problem is not None:
                status, text = "503 Service Unavailable", f"not ready: {problem}"
        elif path != "/healthz":
            status, text = "404 Not Found", "here are /healthz and /readyz"
        body = f"{text}\n".encode()
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
        start_response(status, headers)
        return [body]

    threading.Thread(target=serve_wsgi, args=(application, listener, 2), name="admin", daemon=True).start()
