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

from s3gw.devpachd._names import FILE_SETS, Repo
from s3gw.devpachd._refusal import Refusal
from s3gw.pfs.interface import PFSError

_SLOWEST_S = 600.0
_TOKEN = "authn-token"  # noqa: S105
_OWNER = "owner"
_READS = frozenset({
    "REPO_READ",
    "REPO_INSPECT_COMMIT",
    "REPO_LIST_COMMIT",
    "REPO_LIST_BRANCH",
    "REPO_LIST_FILE",
    "REPO_INSPECT_FILE",
})  # fmt: skip
_PERMISSIONS = {
    "reader": _READS,
    "writer": _READS | {"REPO_WRITE", "REPO_CREATE_BRANCH", "REPO_DELETE_BRANCH", "REPO_DELETE"},
}
_ROLES = {"reader": "repoReader", "writer": "repoOwner"}
_OPEN_TO_ALL = frozenset({"GetFileTAR", "WhoAmI"})


class Faults:
    """What goes wrong: the file ``faults.json`` beside the data, read whenever it has changed.

    Keys, all of them optional: ``latency_s`` before each answer; ``finish_s`` that a commit takes
    to be finished; ``unavailable`` (true, or the names of methods); ``cut_after`` bytes of a
    GetFile; ``tokens`` (token -> ``reader`` or ``writer``), which turns auth on.
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


class Auth:
    """Who may do what: everybody everything, until there are tokens."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def caller(self, context: Any) -> str:
        """Give the role of the caller."""
        tokens = self._faults["tokens"]
        if tokens is None:
            return _OWNER
        given = [value for key, value in context.invocation_metadata() if key == _TOKEN]
        if not given:
            raise Refusal("no authentication token (try logging in)", "UNAUTHENTICATED")
        if len(given) > 1:
            raise Refusal("multiple authentication token keys found in context")
        if given[0] not in tokens:
            text = "provided auth token is corrupted or has expired (try logging in again)"
            raise Refusal(text, "UNAUTHENTICATED")
        role: str = tokens[given[0]]
        return role

    def user(self, context: Any) -> str:
        """Give the name of the caller."""
        self.check_active()
        return f"robot:{self.caller(context)}"

    def roles(self) -> dict[str, str]:
        """Give the role that each user has on every repo."""
        self.check_active()
        return {f"robot:{role}": _ROLES[role] for role in self._faults["tokens"].values()}

    def check_active(self) -> None:
        """Refuse what there is with tokens alone."""
        if self._faults["tokens"] is None:
            raise Refusal("the auth service is not activated", "UNIMPLEMENTED")

    def may(self, context: Any, permission: str) -> bool:
        """Tell whether the caller has a permission on every repo."""
        role = self.caller(context)
        return role == _OWNER or permission in _PERMISSIONS[role]

    def check(self, context: Any, repo: Repo, *permissions: str) -> None:
        """Refuse a caller without the permissions; nobody but admins has any on file sets."""
        if repo.name == FILE_SETS and self.caller(context) != _OWNER:
            raise Refusal(f"no role binding exists for REPO {repo}")
        if not all(self.may(context, permission) for permission in permissions):
            text = (
                f"is not authorized to perform this operation - needs permissions [{' '.join(permissions)}]"
            )
            hint = "Run `pachctl auth roles-for-permission` to find roles that grant a given permission."
            raise Refusal(f"{self.user(context)} {text} on REPO {repo}. {hint}", "PERMISSION_DENIED")


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
            self._auth.caller(context)
