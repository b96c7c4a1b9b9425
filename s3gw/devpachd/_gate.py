"""What stands before each method: faults on demand, auth, and the codes of errors."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc

from s3gw.devpachd._auth import Auth
from s3gw.devpachd._refusal import Refusal
from s3gw.pfs.interface import PFSError

_SLOWEST_S = 600.0
_OPEN_TO_ALL = frozenset({"Activate", "Authorize", "GetFileTAR", "WhoAmI"})


class Faults:
    """What goes wrong: the file ``faults.json`` beside the data, read whenever it has changed.

    Keys, all of them optional: ``latency_s`` before each answer; ``finish_s`` that a commit takes
    to be finished; ``unavailable`` (true, or the names of methods); ``cut_after`` bytes of a
    GetFile.
    """

    def __init__(self, folder: Path, finish_s: float) -> None:
        self._path = folder / "faults.json"
        self._finish_s = finish_s
        self._lock = threading.Lock()
        self._changed = (0, 0)
        self._values: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        with self._lock:
            try:
                status = self._path.stat()
                changed = (status.st_mtime_ns, status.st_ino)
                if changed != self._changed:
                    self._values, self._changed = json.loads(self._path.read_text()), changed
            except FileNotFoundError:
                self._values, self._changed = {}, (0, 0)
            return self._values.get(name)

    def finish_s(self) -> float:
        """Give the seconds that a commit takes to be finished."""
        given = self["finish_s"]
        return self._finish_s if given is None else float(given)


class Gate(grpc.ServerInterceptor):  # type: ignore[misc]
    """Stands around each method of PFS and of auth."""

    def __init__(self, faults: Faults, auth: Auth) -> None:
        self._faults = faults
        self._auth = auth

    def intercept_service(self, continuation: Any, details: Any) -> Any:
        """Put the gate around a method."""
        handler = continuation(details)
        service, _, method = details.method.rpartition("/")
        if handler is None or service not in {"/pfs_v2.API", "/auth_v2.API"}:
            return handler

        def single(request: Any, context: Any) -> Any:
            with self._around(method, context):
                return inner(request, context)

        def stream(request: Any, context: Any) -> Iterator[Any]:
            with self._around(method, context):
                yield from inner(request, context)

        kind = "stream" if handler.request_streaming else "unary"
        answers = "stream" if handler.response_streaming else "unary"
        inner = getattr(handler, f"{kind}_{answers}")
        make = getattr(grpc, f"{kind}_{answers}_rpc_method_handler")
        return make(
            stream if handler.response_streaming else single,
            handler.request_deserializer,
            handler.response_serializer,
        )

    @contextmanager
    def _around(self, method: str, context: Any) -> Iterator[None]:
        try:
            self._admit(method, context)
            yield
        except Refusal as error:
            context.abort(grpc.StatusCode[error.code], str(error))
        except NotImplementedError:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"method {method} not implemented")
        except PFSError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))

    def _admit(self, method: str, context: Any) -> None:
        time.sleep(min(self._faults["latency_s"] or 0.0, _SLOWEST_S))
        unavailable = self._faults["unavailable"]
        if unavailable is True or (unavailable and method in unavailable):
            raise Refusal("pachd is shutting down", "UNAVAILABLE")
        if method not in _OPEN_TO_ALL:
            self._auth.admit(context)
